package engine

import (
	"context"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// run is one explanation on its way: a request that is planned, and what there is of it so far. The
// plan's program comes first ([run.compute]); the stations after it ([run.perturb], [run.measure]) write
// into its results.
type run struct {
	*session
	backend *backend
	plan    plan
	request gradcamnb.Request
	input   input
	found   []aimed // what the plan's aims resolved to
	results []*heatmap.Result
}

// compute runs the plan's program and makes results of what it gives.
func (r *run) compute(clock *stopwatch) error {
	if _, _, _, err := source.Batch(r.model, r.input.dims, r.plan.wants()); err != nil {
		return err
	}
	prog, err := r.program(r.backend, r.plan)
	if err != nil {
		return err
	}
	clock.lap("import")
	out, err := prog.run(r.values.Tensors(), r.input.values, r.plan)
	if err != nil {
		return device.Wrap(err, "explaining %s at %s on %s", r.model.Card().Name, r.plan.places(), r.backend.Name)
	}
	clock.lap("run") // the first run of a program compiles it, too
	r.results, r.found, err = assemble(r.model.Card(), r.plan, out, r.input, r.backend)
	if err != nil {
		return err
	}
	if err := r.sound(r.results); err != nil {
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

// finish adds to the results what takes passes of its own. They have what there is so far if it fails.
func (r run) finish(ctx context.Context, clock *stopwatch) error {
	if len(r.plan.forward) > 0 {
		err := r.perturb(ctx)
		clock.lap("perturb")
		if err != nil {
			return err
		}
	}
	if how := r.request.Measuring; len(how.Metrics) > 0 || how.Trust {
		err := r.measure(ctx)
		clock.lap("measure")
		return err
	}
	return nil
}

// ofPicture is the run in front of one of its pictures, whose other inputs have that picture's
// values.
func (r run) ofPicture(i int) run {
	r.session = r.session.ofPicture(i)
	return r
}
