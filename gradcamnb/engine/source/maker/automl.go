package maker

import (
	"encoding/json"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// AutoML recognises the exports of Google's EfficientDet. The input is a picture as bytes, which the model prepares
// itself. The output is rows [batch, n, 7] of picture, y0, x0, y1, x1, score and class, in pixels of that picture.
//
// google/automl, efficientdet/inference.py (ServingDriver).
var AutoML = register(Maker{Name: "AutoML", Place: InNames, Tell: func(f File) (*Metadata, error) {
	if len(f.Outputs) != 1 || f.Inputs[0].Type != "uint8" {
		return nil, nil
	}
	o := f.Outputs[0]
	if name, _, _ := strings.Cut(o.Name, ":"); name != "detections" || len(o.Dims) != 3 || o.Dims[2] != 7 {
		return nil, nil
	}
	return &Metadata{By: exporterWords("EfficientDet's exporter"),
		Detector: &detect.Spec{Decoder: "end-to-end", Numbers: json.RawMessage(`{"columns": "picture y0 x0 y1 x1 score class"}`)},
		Prep:     f.prepOfSize(imgio.Prep{Fit: imgio.Stretch, Scale: each(1), Order: "RGB"}, 0)}, nil
}})
