package detect

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
)

// EndToEnd reads models that end in their own non-maximum suppression and return a fixed
// number of boxes. There is one output [batch, n, 6] of rows x0, y0, x1, y1, score, class in
// pixels of the model's input (YOLO v10, exports with suppression built in), or there are
// three: boxes [batch, n, 4], scores [batch, n] and class numbers [batch, n]. If the three
// have another order, "outputs" of the sidecar names them in this one. If boxes are read in another way, "order" and
// "unit" say so. Unused rows have the score zero. If a row has other numbers, "columns" names them, for example
// "picture x0 y0 x1 y1 class score". A score is multiplied by the "objectness" if there is one, and other names are
// skipped.
var EndToEnd = register(Decoder{
	Name:    "end-to-end",
	Outputs: "one output [batch, n, 6]: x0, y0, x1, y1, score, class; or three: boxes [batch, n, 4], scores [batch, n], class numbers [batch, n]",
	Spec:    Spec{Threshold: 0.25, NMS: 1},
	Preset:  "yolo",
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := endToEnd{boxFormat: boxFormat{Order: "xyxy"}, Classes: countOrMany(classes)}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		if h.Classes < 1 {
			return nil, errNoClasses
		}
		for _, name := range rowOfSix {
			if h.Columns != "" && !slices.Contains(strings.Fields(h.Columns), name) {
				return nil, fmt.Errorf(`"columns" are %q and have no %s`, h.Columns, name)
			}
		}
		return h, h.check()
	},
})

// rowOfSix has the names of the numbers of a usual row.
var rowOfSix = []string{"x0", "y0", "x1", "y1", "score", "class"}

type endToEnd struct {
	boxFormat
	Classes int    `json:"classes"`
	Columns string `json:"columns"`
}

// columns returns the names of the numbers of a row.
func (h endToEnd) columns() []string {
	if h.Columns == "" {
		return rowOfSix
	}
	return strings.Fields(h.Columns)
}

func (h endToEnd) Check(outputs [][]int, _ [2]int) error {
	switch len(outputs) {
	case 1:
		return checkShape("the output", outputs[0], -1, -1, len(h.columns()))
	case 3:
		if err := checkShape("boxes", outputs[0], -1, -1, 4); err != nil {
			return err
		}
		n := outputs[0][1]
		return errors.Join(checkShape("scores", outputs[1], -1, n), checkShape("class numbers", outputs[2], -1, n))
	}
	return count(outputs, 1, "one output [batch, n, 6] or three, boxes, scores and class numbers")
}

func (h endToEnd) Decode(outputs []*Node, picture [2]int) Candidates {
	var boxes, scores, classes *Node
	if len(outputs) == 1 {
		at := func(name string) *Node { return takeLast(outputs[0], slices.Index(h.columns(), name)) }
		boxes = Stack([]*Node{at("x0"), at("y0"), at("x1"), at("y1")}, -1)
		scores, classes = at("score"), at("class")
		if slices.Contains(h.columns(), "objectness") {
			scores = Mul(scores, at("objectness"))
		}
	} else {
		boxes, scores, classes = outputs[0], outputs[1], outputs[2]
	}
	return Candidates{Boxes: h.read(boxes, picture), Scores: oneHot(classes, h.Classes), Numbers: classes,
		Objectness: scores}
}
