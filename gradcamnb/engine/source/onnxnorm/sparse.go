package onnxnorm

import (
	"fmt"

	"github.com/gomlx/compute-onnx/support/protos"
)

// Densify writes out the sparse tensors of a model in full: initializers, and values of Constant. bytes is the size of
// the file; a larger file may hold more numbers in this way.
func Densify(m *protos.ModelProto, bytes int64) error {
	d := densifier{left: constantsFor(bytes)}
	return d.graph(m.GetGraph(), 0)
}

type densifier struct{ left int } // numbers that may still be written out

func (d *densifier) graph(g *protos.GraphProto, depth int) error {
	if g == nil || depth > deepest {
		return nil
	}
	for _, s := range g.SparseInitializer {
		t, err := d.dense(s)
		if err != nil {
			return err
		}
		g.Initializer = append(g.Initializer, t)
	}
	g.SparseInitializer = nil
	for _, n := range g.Node {
		for _, a := range n.Attribute {
			if err := d.attribute(a, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *densifier) attribute(a *protos.AttributeProto, depth int) error {
	if a.SparseTensor != nil {
		t, err := d.dense(a.SparseTensor)
		if err != nil {
			return err
		}
		a.Name, a.Type, a.T, a.SparseTensor = "value", protos.AttributeProto_TENSOR, t, nil
	}
	if err := d.graph(a.G, depth+1); err != nil {
		return err
	}
	for _, g := range a.Graphs {
		if err := d.graph(g, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// dense returns a sparse tensor in full: zeros, except at the places that its indices name. An index is one number that
// counts row by row, or one number for each axis.
func (d *densifier) dense(s *protos.SparseTensorProto) (*protos.TensorProto, error) {
	name := s.GetValues().GetName()
	bad := func(what string) error { return fmt.Errorf("the sparse tensor %q %s: the file is damaged", name, what) }
	dims := convert(s.Dims, func(d int64) int { return int(d) })
	if s.Values == nil || s.Indices == nil || !isPlausible(dims) {
		return nil, bad(fmt.Sprintf("has the shape %v, or no values", dims))
	}
	if d.left -= size(dims); d.left < 0 {
		return nil, fmt.Errorf("the sparse tensors of the file, up to %q of the shape %v, stand for more numbers than a file of this size may hold", name, dims)
	}
	values, err := decode(s.Values, rawData(s.Values))
	if err != nil {
		return nil, err
	}
	at, ok := locateValues(s.Indices, size(values.dims), dims)
	if !ok {
		return nil, bad(fmt.Sprintf("has %d values and other indices, or one outside its shape %v", size(values.dims), dims))
	}
	out := &protos.TensorProto{Name: name, Dims: s.Dims}
	switch typ := s.Values.DataType; {
	case !values.isInt:
	case typ == int32(protos.TensorProto_INT64):
		out.DataType, out.Int64Data = typ, make([]int64, size(dims))
		for k, v := range values.ints {
			out.Int64Data[at[k]] = v
		}
		return out, nil
	case typ == int32(protos.TensorProto_UINT64), typ == int32(protos.TensorProto_UINT32):
		out.DataType, out.Uint64Data = typ, make([]uint64, size(dims))
		for k, v := range values.ints {
			out.Uint64Data[at[k]] = uint64(v)
		}
		return out, nil
	default: // truth values and whole numbers of up to 32 bits
		out.DataType, out.Int32Data = typ, make([]int32, size(dims))
		for k, v := range values.ints {
			out.Int32Data[at[k]] = int32(v)
		}
		return out, nil
	}
	out.DataType, out.FloatData = int32(protos.TensorProto_FLOAT), make([]float32, size(dims))
	for k, v := range values.floats() {
		out.FloatData[at[k]] = v
	}
	return out, nil
}

// locateValues returns the places of n values in a tensor, counted row by row; ok is false if there are not n of them,
// or if one lies outside.
func locateValues(indices *protos.TensorProto, n int, dims []int) (out []int, ok bool) {
	at, err := decode(indices, rawData(indices))
	if err != nil || !at.isInt {
		return nil, false
	}
	steps, lengths := []int{1}, []int{size(dims)}
	if len(at.dims) == 2 {
		steps, lengths = strides(dims), dims
	}
	if len(at.ints) != n*len(steps) {
		return nil, false
	}
	out = make([]int, n)
	for k := range out {
		for i, step := range steps {
			place := at.ints[k*len(steps)+i]
			if place < 0 || place >= int64(lengths[i]) {
				return nil, false
			}
			out[k] += int(place) * step
		}
	}
	return out, true
}
