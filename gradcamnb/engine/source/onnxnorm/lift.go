package onnxnorm

import (
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
	if opset(m) < axesAreInput {
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
