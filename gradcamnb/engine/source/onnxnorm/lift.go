package onnxnorm

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"
)

// UnliftedName returns the name of the tensor that replaces the file's own input after [Lift].
func UnliftedName(picture string) string { return picture + "@without" }

// Lift adds an axis of length 1 to the declared input of the picture, and removes it again before the nodes that read
// the picture.
func Lift(m *protos.ModelProto, picture string, at int) {
	within := UnliftedName(picture)
	readFrom(m.Graph.Node, picture, within)
	for _, v := range m.Graph.Input {
		if v.Name == picture {
			one := &protos.TensorShapeProto_Dimension{Value: &protos.TensorShapeProto_Dimension_DimValue{DimValue: 1}}
			shape := v.GetType().GetTensorType().GetShape()
			shape.Dim = slices.Insert(shape.Dim, at, one)
		}
	}
	squeeze := &protos.NodeProto{OpType: "Squeeze", Input: []string{picture}, Output: []string{within}}
	const axesAreInput = 13 // the opset
	if Opset(m) < axesAreInput {
		squeeze.Attribute = []*protos.AttributeProto{attrInts("axes", []int{at})}
	} else {
		axes := picture + "@axis"
		m.Graph.Initializer = append(m.Graph.Initializer, &protos.TensorProto{Name: axes, Dims: []int64{1},
			DataType: int32(protos.TensorProto_INT64), Int64Data: []int64{int64(at)}})
		squeeze.Input = append(squeeze.Input, axes)
	}
	m.Graph.Node = slices.Insert(m.Graph.Node, 0, squeeze)
}

// readFrom makes nodes, and those of their inner graphs, read another tensor.
func readFrom(nodes []*protos.NodeProto, name, other string) {
	for _, n := range nodes {
		for i, in := range n.Input {
			if in == name {
				n.Input[i] = other
			}
		}
		for _, a := range n.Attribute {
			for _, g := range graphsIn(a) {
				readFrom(g.Node, name, other)
			}
		}
	}
}

// Stack makes a model's input of five axes one of four, in which the axes at and at+1, so many slices of a volume and
// their rows, are one, and gives the nodes that read it the five again:
//
//	[b, c, slices * h, w] -> [b, c, slices, h, w]
func Stack(m *protos.ModelProto, picture string, at, slicesIn int) error {
	if Opset(m) < shapeIsInput {
		return fmt.Errorf("the file is of opset %d, and volumes are read from opset %d on: convert it", Opset(m), shapeIsInput)
	}
	within := UnliftedName(picture)
	readFrom(m.Graph.Node, picture, within)
	for _, v := range m.Graph.Input {
		if v.Name != picture {
			continue
		}
		shape := v.GetType().GetTensorType().GetShape()
		all := &protos.TensorShapeProto_Dimension{}
		if rows := shape.Dim[at+1].GetDimValue(); rows > 0 {
			all.Value = &protos.TensorShapeProto_Dimension_DimValue{DimValue: rows * int64(slicesIn)}
		}
		shape.Dim = slices.Replace(shape.Dim, at, at+2, all)
	}
	var nodes []*protos.NodeProto
	number := 0
	name := func() string { number++; return fmt.Sprintf("%s@slices%d", picture, number) }
	constant := func(values ...int) string {
		t := &protos.TensorProto{Name: name(), Dims: []int64{int64(len(values))},
			DataType: int32(protos.TensorProto_INT64)}
		for _, v := range values {
			t.Int64Data = append(t.Int64Data, int64(v))
		}
		m.Graph.Initializer = append(m.Graph.Initializer, t)
		return t.Name
	}
	node := func(op string, inputs ...string) string {
		n := &protos.NodeProto{OpType: op, Input: inputs, Output: []string{name()}}
		if op == "Concat" {
			n.Attribute = []*protos.AttributeProto{attrInt("axis", 0)}
		}
		nodes = append(nodes, n)
		return n.Output[0]
	}
	shape := node("Shape", picture)
	part := func(from, to int) string { return node("Gather", shape, constant(countUp(to)[from:]...)) }
	whole := node("Concat", part(0, at), constant(slicesIn), node("Div", part(at, at+1), constant(slicesIn)), part(at+1, 4))
	nodes = append(nodes, &protos.NodeProto{OpType: "Reshape", Input: []string{picture, whole}, Output: []string{within}})
	m.Graph.Node = slices.Concat(nodes, m.Graph.Node)
	return nil
}

// shapeIsInput is the opset from which on Reshape takes the shape as an input.
const shapeIsInput = 5
