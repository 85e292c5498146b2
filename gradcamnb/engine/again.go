package engine

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/inputs"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/metrics"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/plans"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// rerun explains one picture of a plan again, with something changed; see [metrics.Probe].
type rerun struct {
	session *session
	backend *device.Backend
	plan    plans.Plan // of a batch of 1, at the classes that were explained
	input   inputs.Input
}

// newRerun returns a rerun of picture i. It returns nil if one pass cannot explain the picture again: because a method
// draws masks, or because the target is a detection.
func (r run) newRerun(i int) *rerun {
	if !r.plan.Repeatable() {
		return nil
	}
	return &rerun{r.session.forPicture(i), r.backend, r.plan.Picture(i, r.found), r.input.Picture(i)}
}

// explain returns a map for each map of the picture, in their order, and the model's scores.
func (g *rerun) explain(ctx context.Context, c metrics.Change) (maps []*heatmap.Map, scores []float32, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	p, in := g.plan, g.input
	if c.Class {
		if p, err = p.ChangeClass(); err != nil {
			return nil, nil, err
		}
	}
	if c.Picture != nil {
		in.Values = slices.Clone(in.Values)
		c.Picture(in.Values)
	}
	var out []*tensors.Tensor
	switch {
	case c.Shift != 0:
		in.Values = slices.Clone(in.Values)
		for i := range in.Values {
			in.Values[i] += c.Shift
		}
		out, err = g.run(ctx, p, in, g.session.shiftedProgram(c.Shift))
	case !c.Weights:
		out, err = g.run(ctx, p, in, g.session.program)
	default:
		err = doWithRandomWeights(g.session.model, c.Top, c.Seed, func() error {
			var err error
			out, err = g.run(ctx, p, in, g.programOfWeights)
			return err
		})
	}
	if err != nil {
		return nil, nil, err
	}
	results, _, err := p.Results(g.session.model.Card(), out, in, g.backend.Name)
	if err != nil {
		return nil, nil, err
	}
	return results[0].Maps, results[0].Scores, nil
}

func (g *rerun) run(ctx context.Context, p plans.Plan, in inputs.Input,
	program func(*device.Backend, plans.Plan) (*device.Program, error)) ([]*tensors.Tensor, error) {
	prog, err := program(g.backend, p)
	if err != nil {
		return nil, err
	}
	out, err := g.session.call(ctx, g.backend, prog, p, in)
	if err != nil {
		return nil, device.Wrap(err, "explaining %s again on %s", g.session.model.Card().Name, g.backend.Name)
	}
	return out, nil
}

// programOfWeights returns the plan's program if that takes the weights as arguments. If a program holds the weights as
// constants, it returns a new one that is not kept.
func (g *rerun) programOfWeights(b *device.Backend, p plans.Plan) (*device.Program, error) {
	if !b.Capabilities().PreferConstantsForVariables {
		return g.session.program(b, p)
	}
	return g.session.newProgramOf(b, p)
}

// doWithRandomWeights runs do while the values of each of the model's weights are permuted. It permutes the weights in
// the last layers, a share top of the layers that have weights, or all weights if top is 0.
func doWithRandomWeights(m source.Model, top float64, seed uint64, do func() error) (err error) {
	all := findWeights(m, top)
	if len(all) == 0 {
		return errors.New("the model has no weights that could be made random")
	}
	for _, v := range all {
		old, failed := v.Value()
		var values []float32
		if failed == nil {
			values, failed = tensors.CopyFlatData[float32](old)
		}
		if failed != nil {
			return fmt.Errorf("reading the weights: %w", device.Root(failed))
		}
		h := fnv.New64a()
		_, _ = h.Write([]byte(v.Path())) // never an error
		draw := rand.New(rand.NewPCG(seed, h.Sum64()))
		draw.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
		random := tensors.FromFlatDataAndDimensions(values, v.Shape().Dimensions...)
		if failed := v.SetValuePreservingOld(random); failed != nil {
			return fmt.Errorf("changing the weights: %w", device.Root(failed))
		}
		defer func() {
			if back := v.SetValuePreservingOld(old); err == nil && back != nil {
				err = fmt.Errorf("restoring the weights: %w", device.Root(back))
			}
			random.MustFinalizeAll()
		}()
	}
	return do()
}

// findWeights returns the weights in the last layers of a model, a share top of them, or all weights if top is 0.
func findWeights(m source.Model, top float64) []*model.Variable {
	var all []*model.Variable
	var depths []int // of each of them
	for v := range m.Store().IterVariables() {
		if !v.HasValue() || v.Shape().DType != dtypes.Float32 || v.Shape().Size() <= 1 {
			continue
		}
		all, depths = append(all, v), append(depths, m.Depth(v.Path()))
	}
	layers := slices.Compact(slices.Sorted(slices.Values(depths)))
	if len(layers) > 0 && layers[0] < 0 { // not the model's weights, such as the state of an optimiser
		layers = layers[1:]
	}
	if top == 0 || len(layers) == 0 {
		return all
	}
	from := layers[max(0, len(layers)-max(1, int(math.Ceil(top*float64(len(layers))))))]
	var out []*model.Variable
	for i, v := range all {
		if depths[i] >= from {
			out = append(out, v)
		}
	}
	return out
}
