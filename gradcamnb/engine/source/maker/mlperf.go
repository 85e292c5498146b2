package maker

import (
	"encoding/json"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// MLPerf recognises the exports of MLPerf's SSD, which the ONNX model zoo has as ssd-12, too. The outputs are boxes of
// the unit square, class numbers and scores, after the model's own suppression.
//
// mlcommons/inference, vision/classification_and_detection/python/dataset.py (pre_process_coco_resnet34); onnx/models,
// validated/vision/object_detection_segmentation/ssd/README.md.
var MLPerf = register(Maker{Name: "MLPerf", Place: InNames, Tell: func(f File) (*Metadata, error) {
	if !f.hasInputs("image") || !f.hasOutputs("bboxes", "labels", "scores") {
		return nil, nil
	}
	return &Metadata{By: exporterWords("MLPerf's SSD"),
		Detector: &detect.Spec{Decoder: "end-to-end", Threshold: 0.5, Outputs: []string{"bboxes", "scores", "labels"},
			Numbers: json.RawMessage(`{"unit": true}`)},
		Prep: f.prepOfSize(imgio.Prep{Fit: imgio.Stretch, Mean: imagenetMean, Scale: imagenetScale, Order: "RGB"}, 1200)}, nil
}})
