package engine

import (
	"context"
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/fault"
)

// checkSound returns an error if a score is NaN or infinite, and says why: the model's weights are NaN, as after a
// training that diverged, or a GoMLX model's function makes NaN from numbers. It looks for the reason only in that
// case. A NaN score of another class is an error, too, since no class can be the best beside it.
func (r run) checkSound(ctx context.Context, results []*heatmap.Result) error {
	for _, one := range results {
		other := slices.IndexFunc(one.Scores, func(s float32) bool { return s != s })
		own := slices.ContainsFunc(one.Maps, func(m *heatmap.Map) bool {
			return math.IsNaN(float64(m.Score)) || math.IsInf(float64(m.Score), 0)
		})
		if other < 0 && !own {
			continue
		}
		if err := source.CheckWeights(r.model); err != nil {
			return err
		}
		if err := r.findUnsound(ctx); err != nil {
			return err
		}
		if !own { // otherwise the map's diagnosis says it
			return fmt.Errorf("model %s: score %d of %d is no number (NaN) for this picture, so no class is the best: look for weights that are no numbers, or for an operator that overflows",
				r.model.Card().Name, other, len(one.Scores))
		}
	}
	return nil
}

// findUnsound returns an error that names the first layer of a GoMLX model that has NaN or infinite values for the
// input. It returns nil if there is none.
func (r run) findUnsound(ctx context.Context) error {
	if _, ok := source.GraphName(r.model); !ok {
		return nil
	}
	layers, err := r.model.Layers(ctx, r.input.Dims, "")
	if err != nil {
		return err
	}
	names := make([]string, len(layers))
	for i, l := range layers {
		names[i] = l.Name
	}
	prog, err := r.newProgram(r.backend, func(scope *model.Scope, inputs []*Node) []*Node {
		all := r.model.Build(scope, inputs[0], nil, names).Outputs
		out := make([]*Node, len(names))
		for i, name := range names {
			if n := all[name]; n.DType().IsFloat() {
				out[i] = LogicalAny(Not(IsFinite(n)))
			} else {
				out[i] = Const(n.Graph(), false)
			}
		}
		return out
	})
	if err != nil {
		return err
	}
	in := tensors.FromFlatDataAndDimensions(r.input.Values, r.input.Dims...)
	out, err := prog.Call(ctx, append(r.values.Tensors(), in)...)
	if err != nil {
		return device.Wrap(err, "looking for what is no number in %s on %s", r.model.Card().Name, r.backend.Name)
	}
	unsound := make([]bool, len(out))
	for i, t := range out { // all are read, and given back at once
		unsound[i] = tensors.ToScalar[bool](t)
		t.MustFinalizeAll()
	}
	for i, l := range layers {
		if unsound[i] {
			at := ""
			if l.Made != "" {
				at = ", made at " + l.Made + ","
			}
			return &fault.FunctionError{Model: r.model.Card().Name, Line: l.Made, Scope: l.Scope, Text: fmt.Sprintf(
				"model %s: its layer %s %v%s is the first that holds NaN or infinity for this picture, so its scores are no numbers: its weights are numbers, so look for a logarithm or a root of what is not positive, a division by 0, or an exponential of a large number there",
				r.model.Card().Name, l.Name, l.Shape, at)}
		}
	}
	return nil
}
