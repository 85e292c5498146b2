package maker

import (
	"encoding/json"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
)

// OpenVINO recognises the layer DetectionOutput of Caffe and OpenVINO: one output [1, 1, n, 7] of rows picture, class,
// score, x0, y0, x1, y1, with boxes of the unit square. Classes count from 1, since 0 is the background: labels begin
// with it. An output [1, 1, 7, 7] may as well be a map, and is not taken.
//
// openvinotoolkit/openvino 2024.0, docs of the operator DetectionOutput-8.
var OpenVINO = register(Maker{Name: "OpenVINO", Place: InNames, Tell: func(f File) (*Metadata, error) {
	if len(f.Outputs) != 1 {
		return nil, nil
	}
	if d := f.Outputs[0].Dims; len(d) != 4 || d[0] > 1 || d[1] != 1 || d[2] == 7 || d[3] != 7 {
		return nil, nil
	}
	return &Metadata{By: "whose output has the shape of Caffe's and OpenVINO's DetectionOutput, in which class 0 is the background " +
		"(labels begin with it)",
		Detector: &detect.Spec{Decoder: "end-to-end",
			Numbers: json.RawMessage(`{"columns": "picture class score x0 y0 x1 y1", "unit": true}`)}}, nil
}})
