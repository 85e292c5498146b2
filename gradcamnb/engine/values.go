package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/inputs"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// Values holds every tensor of a model that depends on the picture, for one input.
type Values struct {
	Input       gradcamnb.Tensor            // the picture as the model takes it
	Picture     string                      // name of the input that is the picture; empty if the model is no ONNX file
	OtherInputs map[string]gradcamnb.Tensor // values of the inputs besides the picture
	Tensors     []Value                     // in the order of execution
	Backend     string                      // that computed them

	model source.BoundModel
}

// Value is one tensor, in the model's own axis order.
type Value struct {
	Name, Op, Module string // of the tensor, the operator that makes it and its module
	gradcamnb.Tensor
}

// Values runs a model forward on a request's picture or tensor and returns every tensor that depends on it. The command
// gradcam check compares them with those of another runtime.
func (e *Engine) Values(ctx context.Context, ref string, r gradcamnb.Request) (*Values, error) {
	s, err := e.model(ctx, ref, func() (source.Model, error) { return source.Open(ctx, ref, e.say) })
	if err != nil {
		return nil, err
	}
	if s, err = s.bindInputs(r); err != nil {
		return nil, err
	}
	in, err := inputs.Prepare(s.model.Card(), r, s.usualPreset(ctx), s.sayOnce)
	if err != nil {
		return nil, err
	}
	layers, err := s.model.Layers(ctx, in.Dims, "")
	if err != nil {
		return nil, err
	}
	b, end, err := e.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	v := &Values{Input: gradcamnb.Tensor{Dims: in.Dims, Values: in.Values}, OtherInputs: map[string]gradcamnb.Tensor{},
		Backend: b.Name, model: s.values}
	v.Picture = source.PictureInput(s.model)
	for name, given := range s.values.Values() {
		v.OtherInputs[name] = gradcamnb.Tensor{Dims: given.Dims, Values: given.Values}
	}
	var names []string
	for _, l := range layers {
		names = append(names, l.Name)
	}
	giveBack, err := device.Borrow(s.model.Store(), b)
	if err != nil {
		return nil, err
	}
	out, err := s.runKept(ctx, b, fmt.Sprint("values ", in.Dims), func(scope *model.Scope, inputs []*Node) []*Node {
		built := s.model.Build(scope, inputs[0], nil, names)
		var nodes []*Node
		for _, name := range names {
			nodes = append(nodes, ConvertDType(built.Outputs[name], dtypes.Float32))
		}
		return nodes
	}, tensors.FromFlatDataAndDimensions(in.Values, in.Dims...))
	if err := errors.Join(err, giveBack()); err != nil {
		return nil, err
	}
	for i, l := range layers {
		v.Tensors = append(v.Tensors, Value{l.Name, l.Op, l.Path, gradcamnb.Tensor{Dims: out[i].Dims, Values: out[i].Values}})
	}
	return v, nil
}

// ONNX returns the model as an ONNX file whose outputs are the same tensors.
func (v *Values) ONNX() ([]byte, error) {
	var names []string
	for _, t := range v.Tensors {
		names = append(names, t.Name)
	}
	return source.Expose(v.model, v.Input.Dims, names)
}
