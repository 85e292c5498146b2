package maker

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// NanoDet recognises the exports of NanoDet and NanoDet-Plus: one output [batch, cells, classes + 32] for 3 or 4
// strides.
//
// NanoDet 1.0.0, tools/export_onnx.py and config/nanodet-plus-m_416.yml (keep_ratio: False).
var NanoDet = register(Maker{Name: "NanoDet", Place: InNames, Tell: func(f File) (*Metadata, error) {
	if !f.hasInputs("data") || !f.hasOutputs("output") {
		return nil, nil
	}
	n, columns, ok := f.Outputs[0].rows()
	if !ok || columns < 33 {
		return nil, nil
	}
	for _, strides := range [][]int{{8, 16, 32, 64}, {8, 16, 32}} {
		if n != f.cells(strides...) {
			continue
		}
		numbers := fmt.Sprintf(`{"strides": %s}`, strings.ReplaceAll(fmt.Sprint(strides), " ", ", "))
		return &Metadata{By: exporterWords("NanoDet's exporter"),
			Detector: &detect.Spec{Decoder: "nanodet", Numbers: json.RawMessage(numbers)},
			Prep: f.prepOfSize(imgio.Prep{Fit: imgio.Stretch, Filter: imgio.CV2, Order: "BGR",
				Mean: [3]float32{103.53, 116.28, 123.675}, Scale: [3]float32{57.375, 57.12, 58.395}}, 0)}, nil
	}
	return nil, nil
}})
