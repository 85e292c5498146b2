package engine

import (
	"context"
	"fmt"
	"image"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/aims"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/inputs"
)

// valuesReader returns the [aims.ValuesFn] for an input. It runs a forward pass for every tensor that is asked for.
func (s *session) valuesReader(ctx context.Context, b *device.Backend, in inputs.Input) aims.ValuesFn {
	return func(tensor string, second image.Image) ([]int, []float32, error) {
		see := in
		if second != nil {
			var err error
			if see, err = in.Second(s.model.Card(), second); err != nil {
				return nil, nil, err
			}
		}
		return s.forward(ctx, b, see, tensor)
	}
}

// forward runs the model on an input and returns the shape and the values of a tensor.
func (s *session) forward(ctx context.Context, b *device.Backend, in inputs.Input, tensor string) ([]int, []float32,
	error) {
	prog, err := s.cachedProgram(fmt.Sprintf("forward %v %q", in.Dims, tensor), func() (*device.Program, error) {
		return s.newProgram(b, func(scope *model.Scope, inputs []*Node) []*Node {
			return []*Node{s.model.Build(scope, inputs[0], nil, []string{tensor}).Outputs[tensor]}
		})
	})
	if err != nil {
		return nil, nil, err
	}
	out, err := prog.Call(ctx, append(s.values.Tensors(), tensors.FromFlatDataAndDimensions(in.Values, in.Dims...))...)
	if err != nil {
		return nil, nil, device.Wrap(err, "running %s on %s", s.model.Card().Name, b.Name)
	}
	dims := out[0].Shape().Dimensions
	values, err := device.Floats(out[0])
	return dims, values, err
}
