package source

import (
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// This file tells along which axis a tensor's probabilities are those of classes that exclude each other.

// sameAxes are the operators whose output has the axes of their input, or of the input that is no constant.
var sameAxes = map[string]bool{"Identity": true, "Cast": true, "Dropout": true, "Clip": true, "Exp": true, "Log": true,
	"Add": true, "Sub": true, "Slice": true, "Split": true, "GatherElements": true, "Tile": true, "Resize": true,
	"Upsample": true, "QuantizeLinear": true, "DequantizeLinear": true, "AveragePool": true, "MaxPool": true,
	"GlobalAveragePool": true, "GlobalMaxPool": true}

// shapesOf returns the shapes of the tensors in a list of the model's layers that holds the tensor; nil if no list that
// was made does.
func (m *onnxModel) shapesOf(tensor string) map[string][]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, layers := range m.layers {
		if !slices.ContainsFunc(layers, func(l Layer) bool { return l.Name == tensor }) {
			continue
		}
		out := map[string][]int{}
		for _, l := range layers {
			out[l.Name] = l.Shape
		}
		return out
	}
	return nil
}

// exclude tells whether the probabilities along an axis of a tensor exclude each other: a softmax along that axis made
// them. It is false if the shapes of the tensors between are not known.
func (e endings) exclude(tensor string, axis int) bool {
	dims := e.shapes[tensor]
	for range deepest {
		n := e.made[tensor]
		axis = onnxnorm.CountFromStart(axis, len(dims))
		if n == nil || axis < 0 || axis >= len(dims) {
			return false
		}
		if over, ok := e.normalisedAxes(n, len(dims)); ok {
			return slices.Contains(over, axis)
		}
		tensor = n.Input[0]
		if len(n.Input) == 2 && sameAxes[n.OpType] && e.consts[tensor] != nil {
			tensor = n.Input[1]
		}
		before := e.shapes[tensor]
		if before == nil && sameAxes[n.OpType] { // it is no layer
			before = dims
		}
		var ok bool
		if axis, ok = e.axisBefore(n, before, dims, axis); !ok {
			return false
		}
		dims = before
	}
	return false
}

// mixesPictures tells whether a node takes a softmax over the pictures of a batch. It makes 1 of every number of a
// picture that is alone, and no probabilities of classes.
func (e endings) mixesPictures(n *protos.NodeProto) bool {
	rank := len(e.shapes[n.Output[0]])
	axes, ok := e.normalisedAxes(n, rank)
	return ok && rank > 1 && slices.Equal(axes, []int{0})
}

// normalisedAxes returns the axes along which a node, whose output has so many, makes numbers that add up to 1, or
// their logarithms; ok is false if it makes none.
func (e endings) normalisedAxes(n *protos.NodeProto, rank int) (axes []int, ok bool) {
	switch n.OpType {
	case "Softmax", "LogSoftmax", "QLinearSoftmax":
		first := onnxnorm.CountFromStart(intAttr(n, "axis", e.softmaxAxis), rank)
		for axis := first; axis < rank && (axis == first || e.softmaxAxis >= 0); axis++ {
			axes = append(axes, axis)
		}
		return axes, true
	case "Div", "Mul", "Sub":
		sum := e.writtenSum(n)
		if sum == nil {
			return nil, false
		}
		for _, axis := range givenInts(sum, "axes", e.consts) {
			axes = append(axes, onnxnorm.CountFromStart(axis, rank))
		}
		return axes, true
	}
	return nil, false
}

// writtenSum returns the sum in a softmax, or a log-softmax, that is written out; nil if a node makes none.
func (e endings) writtenSum(n *protos.NodeProto) *protos.NodeProto {
	below := n.Input[1]
	if n.OpType == "Sub" {
		if _, ok := e.logSoftmax(n); !ok {
			return nil
		}
		if sum := e.maker(below, "ReduceLogSumExp"); sum != nil {
			return sum
		}
		return e.maker(e.maker(below, "Log").Input[0], "ReduceSum")
	}
	if _, ok := e.softmax(n); !ok {
		return nil
	}
	if n.OpType == "Mul" {
		below = e.maker(below, "Reciprocal").Input[0]
	}
	return e.maker(below, "ReduceSum")
}

// axisBefore returns the axis of a node's input, of shape from, that an axis of its output, of shape to, is a part of.
func (e endings) axisBefore(n *protos.NodeProto, from, to []int, axis int) (int, bool) {
	var gone []int
	switch n.OpType {
	case "Reshape", "Flatten", "Squeeze", "Unsqueeze":
		return axisWithin(from, to, axis)
	case "Transpose":
		perm := attrInts(n, "perm")
		if perm == nil {
			return len(to) - 1 - axis, true
		}
		if len(perm) != len(to) {
			return 0, false
		}
		return perm[axis], true
	case "Gather":
		gone = []int{intAttr(n, "axis", 0)}
	case "ReduceMean", "ReduceMax", "ReduceMin":
		gone = givenInts(n, "axes", e.consts)
	default:
		return axis, sameAxes[n.OpType] && len(from) == len(to)
	}
	if len(from) == len(to) {
		return axis, true
	}
	for i := range gone {
		gone[i] = onnxnorm.CountFromStart(gone[i], len(from))
	}
	for i := range from {
		if !slices.Contains(gone, i) {
			if axis == 0 {
				return i, len(from) == len(to)+len(gone)
			}
			axis--
		}
	}
	return 0, false
}

// axisWithin returns the axis of a tensor of shape from that holds an axis of the tensor of shape to that was made of
// it without another order of its values.
func axisWithin(from, to []int, axis int) (int, bool) {
	inner, below := 1, 1
	for _, d := range to[axis+1:] {
		inner *= d
	}
	outer := inner * to[axis]
	for i := len(from) - 1; i >= 0; i-- {
		above := below * from[i]
		if from[i] > 1 && below <= inner && outer <= above {
			return i, true
		}
		below = above
	}
	return 0, false
}
