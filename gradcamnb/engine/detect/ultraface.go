package detect

import (
	"encoding/json"

	. "github.com/gomlx/gomlx/core/graph"
)

// UltraFace reads a face detector with two outputs: probabilities [batch, n, 2] of
// background and face, and boxes [batch, n, 4] as x0, y0, x1, y1 of the unit square.
//
// Linzaer, "Ultra-Light-Fast-Generic-Face-Detector-1MB", run_video_face_detect_onnx.py; its
// pictures are (p - 127) / 128, stretched.
var UltraFace = register(Decoder{
	Name:    "ultraface",
	Outputs: "two outputs: probabilities [batch, n, 2] of background and face, and boxes [batch, n, 4] of the unit square",
	Spec:    Spec{Threshold: 0.7, NMS: 0.3},
	New: func(data json.RawMessage, _ int) (Head, error) {
		return ultraFace{}, numbers(data, &struct{}{})
	},
})

type ultraFace struct{}

func (ultraFace) Check(outputs [][]int, _ [2]int) error {
	if err := count(outputs, 2, "two outputs: probabilities [batch, n, 2] and boxes [batch, n, 4]"); err != nil {
		return err
	}
	if err := checkShape("probabilities", outputs[0], -1, -1, 2); err != nil {
		return err
	}
	return checkShape("boxes", outputs[1], -1, outputs[0][1], 4)
}

func (ultraFace) Decode(outputs []*Node, picture [2]int) Candidates {
	return Candidates{Boxes: scaleToPixels(outputs[1], picture), Scores: sliceLast(outputs[0], 1, 2)}
}
