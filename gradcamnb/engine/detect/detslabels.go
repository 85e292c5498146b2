package detect

import (
	"encoding/json"
	"errors"

	. "github.com/gomlx/gomlx/core/graph"
)

// DetsLabels reads the outputs of models that MMDeploy exports from MMDetection, after their
// own suppression: "dets" [batch, n, 5] of x0, y0, x1, y1 in pixels of the model's input and
// score, and "labels" [batch, n], the class numbers.
//
// MMDeploy 1.3.1, mmdeploy/codebase/mmdet/models/dense_heads/base_dense_head.py.
var DetsLabels = register(Decoder{
	Name:    "dets-labels",
	Outputs: "two outputs: [batch, n, 5] of x0, y0, x1, y1, score, and class numbers [batch, n]",
	Spec:    Spec{Threshold: 0.3, NMS: 1},
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := detsLabels{Classes: countOrMany(classes)}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		if h.Classes < 1 {
			return nil, errNoClasses
		}
		return h, nil
	},
})

type detsLabels struct {
	Classes int `json:"classes"`
}

// manyClasses is the number of classes that are assumed if it is not known.
const manyClasses = 2048

func countOrMany(classes int) int {
	if classes < 1 {
		return manyClasses
	}
	return classes
}

func (detsLabels) Check(outputs [][]int, _ [2]int) error {
	if err := count(outputs, 2, "two outputs: [batch, n, 5] and class numbers [batch, n]"); err != nil {
		return err
	}
	if err := checkShape("the first output", outputs[0], -1, -1, 5); err != nil {
		return err
	}
	return errors.Join(checkShape("class numbers", outputs[1], -1, outputs[0][1]))
}

func (h detsLabels) Decode(outputs []*Node, _ [2]int) Candidates {
	return Candidates{Boxes: sliceLast(outputs[0], 0, 4), Objectness: takeLast(outputs[0], 4),
		Scores: oneHot(outputs[1], h.Classes), Numbers: outputs[1]}
}
