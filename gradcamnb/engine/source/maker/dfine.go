package maker

import (
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// DFINE recognises the exports of D-FINE, of DEIM and of RT-DETR's own repository. The inputs are the picture and a
// size (width first) that the boxes are scaled to. The outputs are the class numbers, boxes and scores of the best
// queries.
//
// Peterande/D-FINE, tools/deployment/export_onnx.py and tools/inference/onnx_inf.py; lyuwenyu/RT-DETR,
// rtdetrv2_pytorch/tools/export_onnx.py and src/zoo/rtdetr/rtdetr_postprocessor.py.
var DFINE = register(Maker{Name: "D-FINE", Place: InNames, Tell: func(f File) (*Metadata, error) {
	if !f.hasInputs("images", "orig_target_sizes") || !f.hasOutputs("labels", "boxes", "scores") {
		return nil, nil
	}
	const usual = 640
	prep := f.prepOfSize(imgio.Prep{Fit: imgio.Stretch, Scale: each(255), Order: "RGB"}, usual)
	return &Metadata{By: exporterWords("the exporter of D-FINE, DEIM and RT-DETR"), Prep: prep,
		Detector: &detect.Spec{Decoder: "end-to-end", Threshold: 0.4, Outputs: []string{"boxes", "scores", "labels"}},
		Inputs: map[string]Value{
			"orig_target_sizes": {[]int{1, 2}, []float32{float32(prep.Width), float32(prep.Height)}},
		}}, nil
}})
