package detect

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// DistanceMaps reads the outputs of detectors without anchors as they leave the heads: for each stride s, or for all of
// them, class scores, the distances of four sides and perhaps an objectness or centerness, with which the scores are
// multiplied. An output has one of the shapes
//
//	[batch, numbers, h, w], [batch, h, w, numbers], [batch, cells, numbers], [batch, numbers, cells]
//
// and one output may hold the distances and then the class scores, as in YOLO v8 to v12. Outputs may have any order.
// A cell (c, r) and its distances d, of left, top, right and bottom, are the box
//
//	((c + m) s - s d_0, (r + m) s - s d_1, (c + m) s + s d_2, (r + m) s + s d_3),  m = 1/2
//
// If an output has r + 1 numbers for each side, they are the logits of the distances 0 to r, as in [NanoDet]. With
// "corner": true m is 0, as in NanoDet-Plus and RTMDet, and with "pixels": true d is in pixels, as FCOS and RTMDet have
// it in MMDetection. "activation" is for logits; the objectness then gets a sigmoid. If both distances and scores can be
// either, "first" says whether "boxes", the distances, or "scores" come first.
//
// Tian et al. 2019, "FCOS: Fully Convolutional One-Stage Object Detection" (section 3.1); MMDetection 3.3.0,
// mmdet/models/task_modules/coders/distance_point_bbox_coder.py; Ultralytics 8.4.190, ultralytics/nn/modules/head.py.
var DistanceMaps = register(Decoder{
	Name:    "distance-maps",
	Outputs: "of every stride, or of all, class scores, distances of four sides and perhaps an objectness, in any order",
	Spec:    Spec{Threshold: 0.25, NMS: 0.5},
	Asked:   true,
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := distanceMaps{classes: classes}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		return h, errors.Join(h.checkScores(), h.checkFirst())
	},
})

type distanceMaps struct {
	scoreFormat
	firstOutput
	Pixels  bool `json:"pixels"` // distances are in pixels, and not in strides
	Corner  bool `json:"corner"` // distances are from the corner of the cell, and not from its middle
	classes int
}

// level has the outputs of the same cells.
type level struct {
	strides                       []int
	scores, distances, objectness *levelOutput // the first two may be one output; objectness is nil if there is none
	bins                          int          // numbers of a side
}

// levels returns the outputs by their cells, those of the finest first, or an error if they cannot be read.
func (h distanceMaps) levels(outputs [][]int, picture [2]int) (levels []level, err error) {
	var unlaid error
	for _, across := range []bool{true, false} {
		all, no := layAll(outputs, across, 1, picture)
		if no != nil {
			unlaid = no
			continue
		}
		if levels, no = h.group(all); no == nil {
			return levels, nil
		}
		err = cmp.Or(err, no)
	}
	return nil, cmp.Or(err, unlaid)
}

// group returns the levels of some outputs. Those of a single stride are more likely something else.
func (h distanceMaps) group(all []levelOutput) ([]level, error) {
	var out []level
	for _, of := range byStrides(all) {
		l, err := h.level(of)
		if err != nil {
			return nil, err
		}
		if len(out) > 0 && (l.bins != out[0].bins || h.classesOf(l) != h.classesOf(out[0]) ||
			(l.objectness == nil) != (out[0].objectness == nil)) {
			return nil, fmt.Errorf("the outputs of the strides %v and %v have different numbers for a cell", out[0].strides, l.strides)
		}
		out = append(out, l)
	}
	if len(out) == 1 && len(out[0].strides) == 1 {
		return nil, fmt.Errorf("the outputs have cells of stride %d alone", out[0].strides[0])
	}
	return out, nil
}

// level returns which of the outputs of the same cells is what.
func (h distanceMaps) level(of []levelOutput) (l level, err error) {
	l.strides = of[0].strides
	if len(of) == 1 {
		return h.shared(&of[0])
	}
	if one := slices.IndexFunc(of, func(o levelOutput) bool { return o.numbers == 1 }); len(of) == 3 && one >= 0 {
		objectness := of[one]
		l.objectness = &objectness
		of = slices.Delete(slices.Clone(of), one, one+1)
	}
	if len(of) != 2 {
		return l, fmt.Errorf("stride %d has %d outputs, and should have scores, distances and perhaps an objectness of 1 number for a cell",
			l.strides[0], len(of))
	}
	fits := func(i int, usual []int) bool {
		n := of[i].numbers
		return n%4 == 0 && (usual == nil || slices.Contains(usual, n/4)) && (h.classes == 0 || of[1-i].numbers == h.classes)
	}
	for _, usual := range [][]int{{1, 8, 16, 17}, nil} { // numbers of a side
		if first, second := fits(0, usual), fits(1, usual); first || second {
			i, err := h.choose(first, second)
			l.distances, l.scores, l.bins = &of[i], &of[1-i], of[i].numbers/4
			return l, err
		}
	}
	return l, fmt.Errorf("of the outputs of stride %d, with %d and %d numbers for a cell, none has distances of four sides beside scores of the classes",
		l.strides[0], of[0].numbers, of[1].numbers)
}

// shared returns the level of an output that holds distances and then scores.
func (h distanceMaps) shared(o *levelOutput) (level, error) {
	const usual = 16 // bins
	l := level{strides: o.strides, scores: o, distances: o, bins: usual}
	if h.classes > 0 {
		l.bins = (o.numbers - h.classes) / 4
	}
	if n := h.classesOf(l); l.bins < 1 || n < 1 || h.classes > 0 && n != h.classes {
		return l, fmt.Errorf("%d numbers of a cell of stride %d are not 4 or more distances and a score for each class",
			o.numbers, l.strides[0])
	}
	return l, nil
}

// classesOf returns how many classes the scores of a level have.
func (h distanceMaps) classesOf(l level) int {
	if l.scores == l.distances {
		return l.scores.numbers - 4*l.bins
	}
	return l.scores.numbers
}

// hintDistances returns words on outputs that may be what [DistanceMaps] reads, with the spec that would read them.
// They are empty if the outputs have other shapes.
func hintDistances(outputs [][]int, picture [2]int, classes int) string {
	h := distanceMaps{classes: classes}
	levels, err := h.levels(outputs, picture)
	first := ""
	if err != nil { // perhaps since distances and scores are as wide
		h.First = "scores"
		levels, err = h.levels(outputs, picture)
		first = `, "first": "scores" or "boxes" for what comes first`
	}
	if err != nil {
		return ""
	}
	sums := ""
	if levels[0].objectness != nil {
		sums = `; if the outputs of one number are sums of scores, as in files for RKNN, leave them out of "outputs"`
	}
	return fmt.Sprintf(`they may be scores for %d classes and distances of four sides from each cell, of a detector without anchors: `+
		`if so, write "detector": {"decoder": "distance-maps"}, with "numbers": {"activation": "sigmoid"} if scores are logits, `+
		`"pixels": true if distances are in pixels and not in strides%s, and "corner": true if they are from the cell's corner%s`,
		h.classesOf(levels[0]), first, sums)
}

func (h distanceMaps) Check(outputs [][]int, picture [2]int) error {
	_, err := h.levels(outputs, picture)
	return err
}

func (h distanceMaps) Decode(outputs []*Node, picture [2]int) Candidates {
	levels, _ := h.levels(shapesOf(outputs), picture) // which passed Check
	var boxes, scores, objectness []*Node
	for _, l := range levels {
		distances, of := l.distances.rows(outputs), l.scores.rows(outputs)
		if l.scores == l.distances {
			distances, of = sliceLast(distances, 0, 4*l.bins), sliceLast(of, 4*l.bins, 0)
		}
		boxes, scores = append(boxes, h.boxes(distances, l, picture)), append(scores, h.probabilities(of))
		if l.objectness != nil {
			o := l.objectness.rows(outputs)
			if h.Activation != "" {
				o = Sigmoid(o)
			}
			objectness = append(objectness, Squeeze(o, -1))
		}
	}
	c := Candidates{Boxes: Concatenate(boxes, 1), Scores: Concatenate(scores, 1)}
	if objectness != nil {
		c.Objectness = Concatenate(objectness, 1)
	}
	return c
}

// boxes returns the boxes of the distances [batch, cells, 4 bins] of a level.
func (h distanceMaps) boxes(distances *Node, l level, picture [2]int) *Node {
	column, row, stride := cells(distances.Graph(), picture, l.strides)
	point := Concatenate([]*Node{column, row}, -1)
	if !h.Corner {
		point = AddScalar(point, 0.5)
	}
	point = Mul(point, stride)
	if l.bins > 1 {
		distances = expected(distances, l.bins)
	}
	if !h.Pixels {
		distances = Mul(distances, stride)
	}
	lo, hi := Sub(point, sliceLast(distances, 0, 2)), Add(point, sliceLast(distances, 2, 4))
	return Concatenate([]*Node{lo, hi}, -1)
}
