package engine

import (
	"cmp"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/target"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// aimed is what an aim resolved to for each picture.
type aimed struct {
	score    []float32
	index    []int32
	standing []standing // nil if the target is no element among others
}

// standing is where an element stands among those of its output.
type standing struct {
	rank, elements int
	probability    float32
	head           string               // the output, if it is another one than the first
	top            []heatmap.Prediction // its best values then
}

// hasHead tells whether the aim is an element of another output than the first, whose values the
// program then gives back, too.
func (a aim) hasHead(first string) bool {
	return a.elements && a.box == nil && a.fn == nil && a.Tensors[0] != first && len(a.Shape) == 2
}

// resolved reads what the program gave of the aim.
func (a aim) resolved(from explainedAim[*tensors.Tensor], results []*heatmap.Result) (out aimed, err error) {
	score, err1 := floatsOf(from.score)
	index, err2 := valuesOf[int32](from.index)
	if err := cmp.Or(err1, err2); err != nil {
		return aimed{}, err
	}
	out = aimed{score: score, index: index}
	var head []float32
	for _, t := range from.head {
		if head, err = floatsOf(t); err != nil {
			return aimed{}, err
		}
	}
	for i, r := range results {
		scores := r.Scores
		if head != nil {
			scores = row(head, i, len(results))
		}
		if !a.elements || a.box != nil || len(a.Shape) != 2 || len(scores) < 2 || int(index[i]) >= len(scores) {
			break
		}
		s := a.stands(scores, int(index[i]))
		if head != nil {
			s.head, s.top = a.Words, a.read.top(scores, a.Labels, 5)
		}
		out.standing = append(out.standing, s)
	}
	return out, nil
}

// stands says where an element stands among all of its output, of equal ones the first before the
// others. Its probability is that of the softmax, or of a tag its own.
func (a aim) stands(scores []float32, index int) standing {
	s := standing{rank: 1, elements: len(scores)}
	for i, v := range scores {
		if v > scores[index] || v == scores[index] && i < index {
			s.rank++
		}
	}
	s.probability = a.read.probabilities(scores, a.measured.Name == target.TagProbability.Name)[index]
	return s
}

// sign writes onto a map of a picture what is known about its target, and what is wrong
// with it. The unit is that of what the map was made from.
func (a aim) sign(m *heatmap.Map, picture int, found aimed, unit string) {
	if a.box != nil {
		m.Box = a.box.boxes[picture]
	}
	index := int(found.index[picture])
	m.ScoreUnit, m.Unit = a.unit(), cmp.Or(m.Unit, unit)
	m.Target, m.Index, m.Score = a.describe(index), index, found.score[picture]
	m.AskedRank, m.Note = a.Rank, a.Note
	if !a.Whole {
		m.Class = label(a.Labels, index)
	}
	if found.standing != nil {
		s := found.standing[picture]
		m.Rank, m.Classes, m.Probability, m.Head, m.Top = s.rank, s.elements, s.probability, s.head, s.top
	}
	m.Diagnosis = m.Diagnose()
}

func (a aim) describe(index int) string {
	if a.box != nil || a.Whole {
		return a.Words
	}
	if a.Index == nil {
		return fmt.Sprintf("%s, class %d", a.Words, index)
	}
	return fmt.Sprintf("%s %d", a.Words, index)
}
