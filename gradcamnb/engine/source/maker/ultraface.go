package maker

import (
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// UltraFace recognises the exports of Linzaer's face detectors: probabilities [batch, n, 2] and boxes [batch, n, 4].
//
// Linzaer, "Ultra-Light-Fast-Generic-Face-Detector-1MB", convert_to_onnx.py and run_video_face_detect_onnx.py.
var UltraFace = register(Maker{Name: "UltraFace", Place: InNames, Tell: func(f File) (*Metadata, error) {
	if !f.hasInputs("input") || !f.hasOutputs("scores", "boxes") {
		return nil, nil
	}
	_, scores, ok := f.Outputs[0].rows()
	_, boxes, ok2 := f.Outputs[1].rows()
	if !ok || !ok2 || scores != 2 || boxes != 4 {
		return nil, nil
	}
	return &Metadata{By: exporterWords("UltraFace's exporter"), Detector: &detect.Spec{Decoder: "ultraface"},
		Prep: f.prepOfSize(imgio.Prep{Fit: imgio.Stretch, Filter: imgio.CV2, Mean: each(127), Scale: each(128),
			Order: "RGB"}, 0),
	}, nil
}})
