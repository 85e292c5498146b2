package maker

import (
	"encoding/json"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// RFDETR recognises the exports of Roboflow's RF-DETR: boxes [batch, queries, 4] and class logits [batch, queries,
// classes], and mask logits [batch, queries, h, w] of its segmentation models.
//
// roboflow/rf-detr 1.3.0, rfdetr/deploy/export.py and rfdetr/detr.py (predict).
var RFDETR = register(Maker{Name: "RF-DETR", Place: InNames, Tell: func(f File) (*Metadata, error) {
	if !f.hasInputs("input") || len(f.Outputs) < 2 || f.Outputs[0].Name != "dets" || f.Outputs[1].Name != "labels" {
		return nil, nil
	}
	if d := f.Outputs[0].Dims; len(d) != 3 || d[2] != 4 || len(f.Outputs[1].Dims) != 3 {
		return nil, nil
	}
	spec := &detect.Spec{Decoder: "rt-detr", Numbers: json.RawMessage(`{"first": "boxes"}`), Outputs: []string{"dets", "labels"}}
	if masks, ok := f.output("masks"); ok && len(masks.Dims) == 4 {
		spec.Decoder, spec.Outputs = "rt-detr-seg", []string{"dets", "labels", "masks"}
	}
	return &Metadata{By: exporterWords("RF-DETR's exporter"), Detector: spec,
		Prep: f.prepOfSize(imgio.Prep{Fit: imgio.Stretch, Mean: imagenetMean, Scale: imagenetScale, Order: "RGB"}, 560)}, nil
}})
