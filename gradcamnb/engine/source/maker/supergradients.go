package maker

import (
	"encoding/json"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// SuperGradients knows the exports of YOLO-NAS with their preparation and suppression inside: of its batch format
// pred_boxes [batch, n, 4], pred_scores and pred_classes [batch, n], and of its flat format rows [n, 7] of picture,
// corners, score and class. They take pictures of the input's size as they are.
//
// super-gradients 3.7.1, training/utils/export_utils.py and module_interfaces/exportable_detector.py (export).
var SuperGradients = register(Maker{Name: "super-gradients", Place: InNames, Tell: func(f File) (*Metadata, error) {
	named := func(name string) string {
		for _, o := range f.Outputs {
			if o.Name == name || strings.HasSuffix(o.Name, "_"+name) {
				return o.Name
			}
		}
		return ""
	}
	boxes, scores, classes := named("pred_boxes"), named("pred_scores"), named("pred_classes")
	flat := named("flat_predictions")
	t := &Metadata{By: exporterWords("super-gradients' exporter"),
		Prep: f.prepOfSize(imgio.Prep{Fit: imgio.Stretch, Filter: imgio.CV2, Scale: each(1), Order: "RGB"}, 640)}
	switch {
	case boxes != "" && scores != "" && classes != "":
		t.Detector = &detect.Spec{Decoder: "end-to-end", Outputs: []string{boxes, scores, classes}}
	case flat != "":
		t.Detector = &detect.Spec{Decoder: "end-to-end", Outputs: []string{flat},
			Numbers: json.RawMessage(`{"columns": "picture x0 y0 x1 y1 score class"}`)}
	default:
		return nil, nil
	}
	return t, nil
}})
