package engine

import (
	"cmp"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// assemble makes one result a picture of the program's outputs, whose order is
// that of [explained.outputs], and tells what the aims resolved to.
func assemble(c source.Card, p plan, out []*tensors.Tensor, in input, b *backend) (results []*heatmap.Result, found []aimed, err error) {
	batch := p.input[0]
	results = make([]*heatmap.Result, batch)
	for i := range results {
		results[i] = &heatmap.Result{Frame: in.frames[i], Model: c.Name, SHA256: c.SHA256, Backend: b.name, Versions: versions()}
		if in.pictures != nil {
			results[i].Picture = in.pictures[i]
		}
	}
	var failed error
	next := func() *tensors.Tensor {
		t := out[0]
		out = out[1:]
		return t
	}
	floats := func() []float32 {
		t := next()
		defer t.MustFinalizeAll()
		v, err := tensors.CopyFlatData[float32](t)
		failed = cmp.Or(failed, err)
		return v
	}
	ints := func() []int32 {
		t := next()
		defer t.MustFinalizeAll()
		v, err := tensors.CopyFlatData[int32](t)
		failed = cmp.Or(failed, err)
		return v
	}

	if dims := out[0].Shape().Dimensions; len(dims) == 2 {
		scores := floats()
		for i, r := range results {
			r.Top = top(row(scores, i, batch), c.Labels, 5)
		}
	} else {
		next().MustFinalizeAll()
	}
	height, width := p.picture(c.Layout)
	for _, a := range p.aims {
		score, index := floats(), ints()
		if failed != nil {
			return nil, nil, fmt.Errorf("reading the results: %w", failed)
		}
		found = append(found, aimed{score, index})
		if len(p.methods) == 0 {
			continue
		}
		for _, l := range p.layers {
			for _, method := range p.methods {
				raw, full := floats(), floats()
				if failed != nil {
					return nil, nil, fmt.Errorf("reading the results: %w", failed)
				}
				for i, r := range results {
					m := &heatmap.Map{
						Grid:  heatmap.Grid{W: width, H: height, Values: row(full, i, batch)},
						Raw:   heatmap.Grid{W: l.Grid[1], H: l.Grid[0], Values: row(raw, i, batch)},
						Layer: layerName(l), Method: method.Name, Unit: method.Unit,
					}
					m.Field = field(l)
					a.sign(m, c, score[i], int(index[i]))
					r.Maps = append(r.Maps, m)
				}
			}
		}
	}
	return results, found, nil
}

// aimed is what an aim resolved to for each picture.
type aimed struct {
	score []float32
	index []int32
}

// sign writes onto a map what is known about its target, and what is wrong with it.
func (a aim) sign(m *heatmap.Map, c source.Card, score float32, index int) {
	m.ScoreUnit, m.Unit = a.unit(), cmp.Or(m.Unit, a.unit())
	m.Target, m.Index, m.Score = a.describe(index), index, score
	if a.labelled(c) {
		m.Class = label(c.Labels, index)
	}
	m.Diagnosis = m.Diagnose()
}

// row is a copy of picture i's part of a batch of values.
func row(values []float32, i, batch int) []float32 {
	n := len(values) / batch
	return slices.Clone(values[i*n : (i+1)*n])
}

// field is the receptive field of a layer in the result's order, x before y.
func field(l source.Layer) *heatmap.Field {
	if l.Field == nil {
		return nil
	}
	turned := func(v [2]float64) [2]float64 { return [2]float64{v[1], v[0]} }
	return &heatmap.Field{Lo: turned(l.Field.Lo), Hi: turned(l.Field.Hi), Step: turned(l.Field.Step), Gated: l.Field.Gated}
}

// layerName is the module path, where there is one, and the tensor's name.
func layerName(l source.Layer) string {
	if l.Path == "" || l.Path == l.Name {
		return l.Name
	}
	return l.Path + " (" + l.Name + ")"
}

func (a aim) describe(index int) string {
	if a.box != nil {
		return a.words
	}
	if a.rank > 0 {
		return fmt.Sprintf("%s, class %d", a.words, index)
	}
	return fmt.Sprintf("%s %d", a.words, index)
}

// labelled tells whether the target's index is a class of the model's labels.
func (a aim) labelled(c source.Card) bool { return a.box != nil || a.tensor == c.Outputs[0] }

func label(labels []string, i int) string {
	if i < 0 || i >= len(labels) {
		return ""
	}
	return labels[i]
}

// top lists the n best classes of one picture.
func top(scores []float32, labels []string, n int) []heatmap.Prediction {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	probability := probabilities(scores)
	var out []heatmap.Prediction
	for _, i := range order[:min(n, len(order))] {
		out = append(out, heatmap.Prediction{Index: i, Label: label(labels, i), Score: scores[i], Probability: probability[i]})
	}
	return out
}

// probabilities is the softmax of logits. Scores that lie in [0, 1] already are
// taken as they are where they sum to one, and are no distribution (NaN) elsewhere,
// as the scores of a tagger are not.
func probabilities(scores []float32) []float32 {
	out := slices.Clone(scores)
	var sum float64
	unit := true
	for _, v := range scores {
		sum += float64(v)
		unit = unit && v >= 0 && v <= 1
	}
	if unit && math.Abs(sum-1) < 1e-3 {
		return out
	}
	highest := slices.Max(scores)
	sum = 0
	for i, v := range scores {
		out[i] = float32(math.Exp(float64(v - highest)))
		sum += float64(out[i])
	}
	for i := range out {
		out[i] /= float32(sum)
		if unit {
			out[i] = float32(math.NaN())
		}
	}
	return out
}

// versions are those of the modules that the numbers depend on.
var versions = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return out
	}
	for _, m := range append(info.Deps, &info.Main) {
		if strings.HasPrefix(m.Path, "github.com/gomlx/") || strings.HasPrefix(m.Path, "github.com/gradcam-go/") {
			out[m.Path] = m.Version
		}
	}
	return out
})
