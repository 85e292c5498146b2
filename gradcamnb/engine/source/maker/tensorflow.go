package maker

import (
	"encoding/json"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// TensorFlow recognises the exports of TensorFlow's object detection API. The input is a picture of any size as bytes,
// which the model scales itself. The outputs are boxes (y0, x0, y1, x1 of the unit square), scores and class numbers.
//
// tensorflow/models, research/object_detection/exporter_lib_v2.py.
var TensorFlow = register(Maker{Name: "TensorFlow", Place: InNames, Tell: func(f File) (*Metadata, error) {
	var names []string
	for _, role := range []string{"detection_boxes", "detection_scores", "detection_classes"} {
		for _, o := range f.Outputs {
			if name, _, _ := strings.Cut(o.Name, ":"); name == role {
				names = append(names, o.Name)
			}
		}
	}
	if len(names) != 3 {
		return nil, nil
	}
	return &Metadata{By: exporterWords("TensorFlow's object detection API"),
		Detector: &detect.Spec{Decoder: "end-to-end", Outputs: names,
			Numbers: json.RawMessage(`{"order": "yxyx", "unit": true}`)},
		Prep: f.prepOfSize(imgio.Prep{Fit: imgio.Stretch, Scale: each(1), Order: "RGB"}, 0)}, nil
}})
