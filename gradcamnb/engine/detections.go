package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detections"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/inputs"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/place"
)

// Detect returns what the model finds in each picture.
func (s *session) Detect(ctx context.Context, r gradcamnb.Request) ([][]heatmap.Detection, error) {
	s, in, err := s.prepareInput(ctx, r)
	if err != nil {
		return nil, err
	}
	d, err := s.detect(ctx, in, r.Reading)
	if err != nil {
		return nil, err
	}
	return d.Detections(), nil
}

// checkReading returns an error if a request says how detections are read and none of its targets is one: the reading
// would be ignored.
func checkReading(how gradcamnb.Reading, targets []gradcamnb.Target) error {
	if how == (gradcamnb.Reading{}) || slices.ContainsFunc(targets, gradcamnb.Target.IsDetection) {
		return nil
	}
	return fmt.Errorf("%s says how detections are read, but the target %s is no detection: leave it out, or explain a detection with %s",
		place.Words("gradcamnb.Read", "--decoder, --threshold or --nms"), targets[0],
		place.Words("gradcamnb.Detection(1)", "--target detection:1"))
}

func (s *session) detect(ctx context.Context, in inputs.Input, how gradcamnb.Reading) (*detections.Findings, error) {
	reads, err := detections.Readers(ctx, s.model, in.Dims, how)
	var unfit *detections.UnfitError
	if err != nil && !errors.As(err, &unfit) {
		return nil, err
	}
	b, end, err := s.engine.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	giveBack, err := device.Borrow(s.model.Store(), b)
	if err != nil {
		return nil, err
	}
	search := detections.Search{Model: s.model, Input: in, Say: s.sayOnce, Run: s.programRunner(ctx, b)}
	if unfit != nil {
		return nil, errors.Join(search.Explain(unfit), giveBack())
	}
	d, err := search.Choose(reads)
	return d, errors.Join(err, giveBack())
}

// programRunner returns [session.runKept] on a backend.
func (s *session) programRunner(ctx context.Context, b *device.Backend) func(string, device.Graph,
	...*tensors.Tensor) ([]device.Array, error) {
	return func(key string, graph device.Graph, inputs ...*tensors.Tensor) ([]device.Array, error) {
		return s.runKept(ctx, b, key, graph, inputs...)
	}
}

// runKept runs the program of a key and returns its outputs. If ctx ends, it returns the error of ctx. The program is
// kept.
func (s *session) runKept(ctx context.Context, b *device.Backend, key string, graph device.Graph,
	inputs ...*tensors.Tensor) ([]device.Array, error) {
	prog, err := s.cachedProgram(key, func() (*device.Program, error) { return s.newProgram(b, graph) })
	if err != nil {
		return nil, err
	}
	inputs = append(s.values.Tensors(), inputs...)
	for _, t := range inputs {
		defer t.MustFinalizeAll()
	}
	out, err := prog.Pass(ctx, inputs...)
	if err != nil {
		return nil, device.Wrap(err, "running %s on %s", s.model.Card().Name, b.Name)
	}
	var arrays []device.Array
	for _, t := range out {
		dims := t.Shape().Dimensions
		values, err := device.Floats(t)
		if err != nil {
			return nil, err
		}
		arrays = append(arrays, device.Array{Dims: dims, Values: values})
	}
	return arrays, ctx.Err()
}
