package engine

import (
	"context"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/aims"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/inputs"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/plans"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// run is one explanation on its way: a request with its plan, and its results so far. The plan's program runs first
// ([run.compute]). The stations after it ([run.perturb], [run.measure]) add to the results.
type run struct {
	*session
	backend *device.Backend
	plan    plans.Plan
	request gradcamnb.Request
	want    measurement // what the request wants measured
	input   inputs.Input
	found   []aims.Outcome // of each of the plan's aims
	results []*heatmap.Result
}

// compute runs the plan's program and makes results of its outputs.
func (r *run) compute(ctx context.Context, clock *stopwatch) error {
	if _, _, _, err := source.Batch(ctx, r.model, r.input.Dims, r.plan.Wants()); err != nil {
		return err
	}
	if doubt := source.Doubt(r.model); doubt != "" {
		r.sayOnce(doubt)
	}
	prog, err := r.program(r.backend, r.plan)
	if err != nil {
		return err
	}
	clock.lap("import")
	out, err := r.call(ctx, r.backend, prog, r.plan, r.input)
	if err != nil {
		if without := source.ExplainGradientError(r.model, r.input.Dims, r.plan.Cuts(), r.plan.Wants(), err); without != nil {
			return without
		}
		return device.Wrap(err, "explaining %s%s on %s", r.model.Card().Name, r.plan.Places(), r.backend.Name)
	}
	clock.lap("run") // the first run of a program compiles it, too
	r.results, r.found, err = r.plan.Results(r.model.Card(), out, r.input, r.backend.Name)
	if err != nil {
		return err
	}
	if err := r.checkSound(ctx, r.results); err != nil {
		return err
	}
	clock.lap("collect")
	for _, res := range r.results {
		res.Timings = clock.laps
		if r.runs != nil {
			res.Backend = device.ONNXRuntime
		}
	}
	return nil
}

// finish adds to the results what takes further passes: maps of forward-only methods and metrics. If it fails, the
// results hold what there is so far.
func (r run) finish(ctx context.Context, clock *stopwatch) error {
	if len(r.plan.Forward) > 0 {
		err := r.perturb(ctx)
		clock.lap("perturb")
		if err != nil {
			return err
		}
	}
	if !r.request.Measuring.IsEmpty() {
		err := r.measure(ctx)
		clock.lap("measure")
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// forPicture returns the run for one of its pictures: the model's other inputs have that picture's values.
func (r run) forPicture(i int) run {
	r.session = r.session.forPicture(i)
	return r
}
