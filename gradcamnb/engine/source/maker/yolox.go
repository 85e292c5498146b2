package maker

import (
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// YOLOX recognises the exports of YOLOX: [batch, cells, 5 + classes], raw, or decoded by --decode_in_inference. A graph
// with an Exp is decoded.
//
// YOLOX 0.3.0, tools/export_onnx.py, demo/ONNXRuntime/onnx_inference.py and yolox/data/data_augment.py (preproc).
var YOLOX = register(Maker{Name: "YOLOX", Place: InNames, Tell: func(f File) (*Metadata, error) {
	if !f.hasInputs("images") || !f.hasOutputs("output") {
		return nil, nil
	}
	n, columns, ok := f.Outputs[0].rows()
	if !ok || columns < 6 || n != f.cells(8, 16, 32) {
		return nil, nil
	}
	decoder := "yolox"
	if f.Ops["Exp"] {
		decoder = "yolov5"
	}
	return &Metadata{By: exporterWords("YOLOX's exporter"), Detector: &detect.Spec{Decoder: decoder, Threshold: 0.3, NMS: 0.45},
		Prep: f.prepOfSize(imgio.Prep{Fit: imgio.Letterbox, At: imgio.CornerDown, Pad: 114, Filter: imgio.CV2, Scale: each(1),
			Order: "BGR"}, 0)}, nil
}})
