package maker

import (
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// RetinaFace recognises the exports of biubug6's face detector: offsets, probabilities and landmarks, 4, 2 and 10
// numbers for each prior.
//
// biubug6/Pytorch_Retinaface, convert_to_onnx.py and detect.py.
var RetinaFace = register(Maker{Name: "RetinaFace", Place: InNames, Tell: func(f File) (*Metadata, error) {
	if !f.hasInputs("input0") || len(f.Outputs) != 3 {
		return nil, nil
	}
	var widths []int
	for _, o := range f.Outputs {
		_, columns, _ := o.rows()
		widths = append(widths, columns)
	}
	slices.Sort(widths)
	if !slices.Equal(widths, []int{2, 4, 10}) {
		return nil, nil
	}
	return &Metadata{By: exporterWords("RetinaFace's exporter"), Detector: &detect.Spec{Decoder: "retinaface"},
		Prep: f.prepOfSize(imgio.Prep{Fit: imgio.Stretch, Filter: imgio.CV2, Mean: [3]float32{104, 117, 123},
			Scale: each(1), Order: "BGR"}, 0)}, nil
}})
