package maker

import (
	"encoding/json"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
)

// YOLOv6 recognises the exports of Meituan's YOLOv6: one candidate for each cell, [batch, cells, 5 + classes], with an
// objectness of 1.
//
// meituan/YOLOv6 at 0.4.1, deploy/ONNX/export_onnx.py and yolov6/data/data_augment.py (letterbox).
var YOLOv6 = register(Maker{Name: "YOLOv6", Place: InNames, Tell: func(f File) (*Metadata, error) {
	if !f.hasInputs("images") || !f.hasOutputs("outputs") {
		return nil, nil
	}
	o := f.Outputs[0]
	if n, columns, ok := o.rows(); ok && (columns < 6 || n != f.cells(8, 16, 32) && n != f.cells(8, 16, 32, 64)) {
		return nil, nil
	} else if !ok && (len(o.Dims) != 3 || o.Dims[2] >= 0 && o.Dims[2] < 6) { // of any batch the exporter leaves rows open
		return nil, nil
	}
	return &Metadata{By: exporterWords("YOLOv6's exporter"), Prep: letterboxPrep(f),
		Detector: &detect.Spec{Decoder: "yolov5", Numbers: json.RawMessage(`{"objectness": false}`)}}, nil
}})
