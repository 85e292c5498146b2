package engine

import (
	"fmt"
	"image"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/internal/fault"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
)

// looking is the [look] at an input, with a forward pass of its own for every tensor that
// is asked for.
func (s *session) looking(b *backend, in input) look {
	return func(tensor string, second image.Image) ([]int, []float32, error) {
		see := in
		if second != nil {
			var err error
			if see, err = s.second(in, second); err != nil {
				return nil, nil, err
			}
		}
		return s.forward(b, see, tensor)
	}
}

// second is a second picture as the model's input, of the size of the first.
func (s *session) second(in input, picture image.Image) (input, error) {
	c := s.model.Card()
	if c.Prep == nil && in.prep == nil {
		return input{}, fault.Errorf(fault.ErrNoPreprocessing, "nothing says how to prepare the second picture for the model %s", c.Name)
	}
	prep := in.prep
	if prep == nil {
		prep = c.Prep
	}
	prep, err := prepFor(c, prep)
	if err != nil {
		return input{}, err
	}
	values, frame, err := prep.Tensor(picture, c.Layout)
	if err != nil {
		return input{}, fmt.Errorf("preparing the second picture: %w", err)
	}
	dims := slices.Clone(in.dims)
	dims[0] = 1
	if got := []int{frame.ModelH, frame.ModelW}; !slices.Contains(dims, got[0]) || !slices.Contains(dims, got[1]) {
		return input{}, fmt.Errorf("the second picture is prepared as %d x %d pixels, and the first one has the shape %v", got[1], got[0], in.dims)
	}
	return input{dims: dims, values: values}, nil
}

// forward is the value of a tensor.
func (s *session) forward(b *backend, in input, tensor string) ([]int, []float32, error) {
	prog, err := s.kept(fmt.Sprintf("forward %v %q", in.dims, tensor), func() (*program, error) {
		return s.newProgram(b, func(scope *model.Scope, inputs []*Node) []*Node {
			return []*Node{s.model.Build(scope, inputs[0], nil, []string{tensor}).Outputs[tensor]}
		})
	})
	if err != nil {
		return nil, nil, err
	}
	out, err := prog.call(append(asArguments(s.values.Tensors()), tensors.FromFlatDataAndDimensions(in.values, in.dims...)))
	if err != nil {
		return nil, nil, device.Wrap(err, "running %s on %s", s.model.Card().Name, b.Name)
	}
	defer out[0].MustFinalizeAll()
	values, err := tensors.CopyFlatData[float32](out[0])
	return out[0].Shape().Dimensions, values, err
}
