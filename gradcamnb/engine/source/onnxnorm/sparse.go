package onnxnorm

import (
	"fmt"

	"github.com/gomlx/compute-onnx/support/protos"
)

// Densify writes the sparse tensors of a model out in full: initializers, and values of Constant.
func Densify(m *protos.ModelProto) error { return densifyGraph(m.GetGraph(), 0) }

func densifyGraph(g *protos.GraphProto, depth int) error {
	if g == nil || depth > deepest {
		return nil
	}
	for _, s := range g.SparseInitializer {
		t, err := dense(s)
		if err != nil {
			return err
		}
		g.Initializer = append(g.Initializer, t)
	}
	g.SparseInitializer = nil
	for _, n := range g.Node {
		for _, a := range n.Attribute {
			if err := densifyAttribute(a, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

func densifyAttribute(a *protos.AttributeProto, depth int) error {
	if a.SparseTensor != nil {
		t, err := dense(a.SparseTensor)
		if err != nil {
			return err
		}
		a.Name, a.Type, a.T, a.SparseTensor = "value", protos.AttributeProto_TENSOR, t, nil
	}
	if err := densifyGraph(a.G, depth+1); err != nil {
		return err
	}
	for _, g := range a.Graphs {
		if err := densifyGraph(g, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// dense is a sparse tensor in full: zeros but for the values at the places that its indices name, each one number that
// counts row by row, or one number an axis.
func dense(s *protos.SparseTensorProto) (*protos.TensorProto, error) {
	name := s.GetValues().GetName()
	bad := func(what string) error { return fmt.Errorf("the sparse tensor %q %s: the file is damaged", name, what) }
	dims := convert(s.Dims, func(d int64) int { return int(d) })
	if s.Values == nil || s.Indices == nil || !plausible(dims) || size(dims) > mostFolded {
		return nil, bad(fmt.Sprintf("has the shape %v, or no values", dims))
	}
	values, err := decode(s.Values, inGraph(s.Values))
	if err != nil {
		return nil, err
	}
	at, ok := placesOf(s.Indices, size(values.dims), dims)
	if !ok {
		return nil, bad(fmt.Sprintf("has %d values and other indices, or one outside its shape %v", size(values.dims), dims))
	}
	out := &protos.TensorProto{Name: name, Dims: s.Dims}
	if values.isInt {
		out.DataType, out.Int64Data = int32(protos.TensorProto_INT64), make([]int64, size(dims))
		for k, v := range values.ints {
			out.Int64Data[at[k]] = v
		}
		return out, nil
	}
	out.DataType, out.FloatData = int32(protos.TensorProto_FLOAT), make([]float32, size(dims))
	for k, v := range values.floats() {
		out.FloatData[at[k]] = v
	}
	return out, nil
}

// placesOf are the places of n values in a tensor, counted row by row; ok is false if there are not n of them, or one
// lies outside.
func placesOf(indices *protos.TensorProto, n int, dims []int) (out []int, ok bool) {
	at, err := decode(indices, inGraph(indices))
	if err != nil || !at.isInt {
		return nil, false
	}
	steps := []int{1}
	if len(at.dims) == 2 {
		steps = strides(dims)
	}
	if len(at.ints) != n*len(steps) {
		return nil, false
	}
	out = make([]int, n)
	for k := range out {
		for i, step := range steps {
			out[k] += int(at.ints[k*len(steps)+i]) * step
		}
		if out[k] < 0 || out[k] >= size(dims) {
			return nil, false
		}
	}
	return out, true
}
