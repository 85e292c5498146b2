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
	at, err := decode(s.Indices, inGraph(s.Indices))
	if err != nil {
		return nil, err
	}
	n := size(values.dims)
	axes := 1
	if len(at.dims) == 2 {
		axes = len(dims)
	}
	if !at.isInt || len(at.ints) != n*axes {
		return nil, bad(fmt.Sprintf("has %d values and indices of the shape %v", n, at.dims))
	}
	out := &protos.TensorProto{Name: name, Dims: s.Dims}
	steps := []int{1}
	if axes > 1 {
		steps = strides(dims)
	}
	place := func(k int) int {
		p := 0
		for i, step := range steps {
			p += int(at.ints[k*axes+i]) * step
		}
		return p
	}
	for k := range n {
		if p := place(k); p < 0 || p >= size(dims) {
			return nil, bad("names a place outside its shape")
		}
	}
	if values.isInt {
		out.DataType, out.Int64Data = int32(protos.TensorProto_INT64), make([]int64, size(dims))
		for k, v := range values.ints {
			out.Int64Data[place(k)] = v
		}
		return out, nil
	}
	out.DataType, out.FloatData = int32(protos.TensorProto_FLOAT), make([]float32, size(dims))
	for k, v := range values.floats() {
		out.FloatData[place(k)] = v
	}
	return out, nil
}
