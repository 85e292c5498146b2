package maker

import (
	"encoding/json"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// YOLOv7 recognises the exports of YOLOv7, and of YOLOv5 before it wrote metadata into its files. The output has three
// anchors for each cell, [batch, 3 cells, 5 + classes], or with --end2end what the file's suppression leaves, [n, 7].
//
// WongKinYiu/yolov7 at v0.1, export.py and utils/datasets.py (letterbox).
var YOLOv7 = register(Maker{Name: "YOLOv7", Place: InNames, Tell: func(f File) (*Metadata, error) {
	if !f.hasInputs("images") || len(f.Outputs) == 0 || f.Outputs[0].Name != "output" || f.Props["stride"] != "" {
		return nil, nil
	}
	t := &Metadata{By: exporterWords("YOLOv7's exporter"), Prep: letterboxPrep(f)}
	o := f.Outputs[0]
	if len(f.Outputs) == 1 && len(o.Dims) == 2 && o.Dims[1] == 7 {
		t.Detector = &detect.Spec{Decoder: "end-to-end",
			Numbers: json.RawMessage(`{"columns": "picture x0 y0 x1 y1 class score"}`)}
		return t, nil
	}
	n, columns, ok := o.rows()
	if !ok || columns < 6 || n != 3*f.cells(8, 16, 32) && n != 3*f.cells(8, 16, 32, 64) {
		return nil, nil
	}
	t.Detector = &detect.Spec{Decoder: "yolov5", Outputs: []string{o.Name}}
	return t, nil
}})

// letterboxPrep returns how YOLO v5, v6 and v7 prepare pictures, which is as Ultralytics does.
func letterboxPrep(f File) *imgio.Prep {
	return f.prepOfSize(imgio.Prep{Fit: imgio.Letterbox, At: imgio.Ultralytics, Pad: 114, Filter: imgio.CV2,
		Scale: each(255), Order: "RGB"}, 640)
}
