package aims

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/target"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
)

// Outcome is what an aim came to for each picture.
type Outcome struct {
	Score    []float32  // of each picture, in the target's unit
	Index    []int32    // the class of each picture
	standing []standing // of each picture's element; nil if the target is no element among others
}

// standing is the place of an element among all elements of its output.
type standing struct {
	rank, elements int
	probability    float32
	head           string               // name of the output, if it is not the first
	top            []heatmap.Prediction // the best values of that output
}

// HasHead tells whether the aim is an element of another output than the first. The program then returns the values of
// that output, too.
func (a Aim) HasHead(first string) bool {
	return a.elements && a.box == nil && a.fn == nil && a.Tensors[0] != first && len(a.Shape) == 2
}

// Read returns the outcome of the aim from what the program returned: the scores, the indices and, if the aim has a
// head, the head's values.
func (a Aim) Read(scores, indices *tensors.Tensor, heads []*tensors.Tensor,
	results []*heatmap.Result) (out Outcome, err error) {
	score, err1 := device.Floats(scores)
	index, err2 := device.Ints(indices)
	if err := cmp.Or(err1, err2); err != nil {
		return Outcome{}, err
	}
	out = Outcome{Score: score, Index: index}
	var head []float32
	for _, t := range heads {
		if head, err = device.Floats(t); err != nil {
			return Outcome{}, err
		}
	}
	for i, r := range results {
		scores := r.Scores
		if head != nil {
			scores = device.Row(head, i, len(results))
		}
		if !a.elements || a.box != nil || len(a.Shape) != 2 || len(scores) == 0 {
			break
		}
		var s standing
		switch {
		case len(scores) == 1:
			s = a.findLoneStanding(scores[0], score[i], index[i])
		case int(index[i]) < len(scores):
			s = a.findStanding(scores, int(index[i]))
		default:
			return out, nil
		}
		if head != nil {
			s.head, s.top = a.Words, a.read.top(scores, a.Labels, a.Words, 5)
		}
		out.standing = append(out.standing, s)
	}
	return out, nil
}

// findStanding returns the place of an element among all elements of its output. If scores are equal, the first element
// comes first. The probability is that of the softmax, or a tag's own.
func (a Aim) findStanding(scores []float32, index int) standing {
	s := standing{rank: 1, elements: len(scores)}
	for i, v := range scores {
		if v > scores[index] || v == scores[index] && i < index {
			s.rank++
		}
	}
	s.probability = a.read.probabilities(scores)[index]
	return s
}

// findLoneStanding returns the place of an output's only number. If the number is a logit, the target is one of two
// classes, and its score is the logit of that class: it has the probability 1 / (1 + exp(-score)). Otherwise it has no
// place.
func (a Aim) findLoneStanding(number, score float32, class int32) standing {
	if a.scored.Name != target.Binary.Name {
		return standing{probability: a.read.probabilities([]float32{number})[0]}
	}
	s := standing{rank: 1, elements: 2, probability: float32(1 / (1 + math.Exp(-float64(score))))}
	if score < 0 || score == 0 && class == 1 { // class 0 comes first
		s.rank = 2
	}
	return s
}

// Sign fills in a map of a picture with what is known about its target, and with its diagnosis. unit is the unit of the
// map's values, unless the map has one.
func (a Aim) Sign(m *heatmap.Map, picture int, found Outcome, unit string) {
	if a.box != nil {
		m.Box = a.box.boxes[picture]
	}
	index := int(found.Index[picture])
	m.ScoreUnit, m.Unit = a.ScoreUnit(), cmp.Or(m.Unit, unit)
	m.Target, m.Index, m.Score = a.describe(index), index, found.Score[picture]
	m.AskedRank, m.Found, m.Note = a.Rank, a.Found, a.Note
	if !a.Whole {
		m.Class = kind.LabelOf(a.Labels, index)
	}
	if found.standing != nil {
		s := found.standing[picture]
		m.Rank, m.Classes, m.Probability, m.Head, m.Top = s.rank, s.elements, s.probability, s.head, s.top
	}
	m.Diagnosis = joinDiagnoses(m.Diagnosis, m)
}

// joinDiagnoses returns the diagnosis of a map after what its method says about the signs of its values; said may be
// empty. The method knows why a map is nowhere positive. If the values are zeros or no numbers, signs say nothing.
func joinDiagnoses(said string, m *heatmap.Map) string {
	isNone := func(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) }
	isLit := func(v float32) bool { return v > 0 }
	isSigned := func(v float32) bool { return v != 0 }
	values, own := m.Raw.Values, m.Diagnose()
	switch {
	case slices.ContainsFunc(values, isNone) || !slices.ContainsFunc(values, isSigned):
		return own
	case said != "" && !slices.ContainsFunc(values, isLit):
		return said
	}
	return strings.TrimSpace(said + " " + own)
}

func (a Aim) describe(index int) string {
	if a.box != nil || a.Whole {
		return a.Words
	}
	if a.Index == nil {
		return fmt.Sprintf("%s, class %d", a.Words, index)
	}
	return fmt.Sprintf("%s %d", a.Words, index)
}
