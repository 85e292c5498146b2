package maker

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Ultralytics reads what Ultralytics' exporter writes into a file: imgsz is [height, width], names is a Python
// dictionary by class. Its predictor letterboxes with grey 114 and divides by 255. A file of any size gets the
// smallest rectangle of whole strides. For a classifier it scales the shorter side and cuts out the middle.
//
// Ultralytics 8.4.190, ultralytics/engine/exporter.py and predictor.py (pre_transform), data/augment.py (LetterBox) and
// models/yolo/classify/predict.py.
var Ultralytics = register(Maker{Name: "Ultralytics", Place: InFile, Tell: func(f File) (*Metadata, error) {
	props := f.Props
	if props["stride"] == "" || props["names"] == "" {
		return nil, nil
	}
	t := &Metadata{By: "as Ultralytics wrote into it", Labels: readNames(props["names"])}
	if v := props["version"]; v != "" {
		t.By = "as Ultralytics " + v + " wrote into it"
	}
	height, width := f.size()
	var size []int
	if json.Unmarshal([]byte(props["imgsz"]), &size) == nil && len(size) == 2 && (height < 0 || width < 0) {
		height, width = size[0], size[1]
	}
	p := imgio.Prep{Width: width, Height: height, Fit: imgio.Letterbox, Pad: 114, At: imgio.Ultralytics, Filter: imgio.CV2,
		Scale: [3]float32{255, 255, 255}, Order: "RGB"}
	if props["task"] == "classify" {
		p.Fit, p.At, p.Pad, p.Filter, p.Resize = imgio.Crop, imgio.Middle, 0, imgio.Bilinear, min(height, width)
	}
	if h, w := f.size(); h < 0 && w < 0 && p.Fit == imgio.Letterbox {
		p.Stride, _ = strconv.Atoi(props["stride"]) // its predictor's "rect", for files of any size
	}
	t.Prep = &p
	t.Ended = props["end2end"] == "True" || strings.Contains(props["args"], "'nms': True")
	// Overlapping boxes are suppressed at the predictor's threshold, and not at all if the head has one box for each
	// object.
	if f.isYOLOv5Seg(len(t.Labels)) { // without a word of the task
		t.Detector = &detect.Spec{Decoder: "yolov5-seg"}
		return t, nil
	}
	if t.Detector = ultralyticsHead(props, t.Ended); t.Detector != nil {
		t.Detector.NMS = map[bool]float64{false: 0.7, true: 1}[props["end2end"] == "True"]
	}
	return t, nil
}})

// isYOLOv5Seg tells whether the outputs are those of YOLOv5's instances: rows [batch, n, 5 + classes + k], and
// prototypes [batch, k, h, w].
func (f File) isYOLOv5Seg(classes int) bool {
	if f.Props["task"] != "" || len(f.Outputs) != 2 || len(f.Outputs[1].Dims) != 4 {
		return false
	}
	_, columns, ok := f.Outputs[0].rows()
	return ok && classes > 0 && columns == 5+classes+f.Outputs[1].Dims[1]
}

// ultralyticsHead returns how the outputs are read; nil if they are no detections. If the file ends in its own
// suppression, boxes have corners.
func ultralyticsHead(props map[string]string, ended bool) *detect.Spec {
	order, more := "", ""
	if ended {
		order, more = `{"order": "xyxy"}`, `, "order": "xyxy"`
	}
	switch props["task"] {
	case "":
		if ended {
			return &detect.Spec{Decoder: "yolov8", Numbers: json.RawMessage(order)}
		}
	case "detect":
		return &detect.Spec{Decoder: "yolov8", Numbers: json.RawMessage(order)}
	case "segment":
		return &detect.Spec{Decoder: "yolo-seg", Numbers: json.RawMessage(order)}
	case "pose":
		var shape []int
		if json.Unmarshal([]byte(props["kpt_shape"]), &shape) == nil && len(shape) == 2 {
			numbers := fmt.Sprintf(`{"points": %d, "values": %d%s}`, shape[0], shape[1], more)
			return &detect.Spec{Decoder: "yolo-pose", Numbers: json.RawMessage(numbers)}
		}
	case "obb":
		return &detect.Spec{Decoder: "yolo-obb"}
	}
	return nil
}
