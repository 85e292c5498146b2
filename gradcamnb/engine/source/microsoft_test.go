package source

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// ownOperator is a graph of operators of onnxruntime's own with what comes out, worked out by hand.
type ownOperator struct {
	nodes   []*protos.NodeProto
	weights []*protos.TensorProto
	dims    []int // of x and y
	x, y    []float64
}

func ownNode(op string, inputs []string, output string, attributes ...*protos.AttributeProto) *protos.NodeProto {
	n := nodeOf(op, inputs[0], output)
	n.Domain, n.Input, n.Attribute = "com.microsoft", inputs, attributes
	return n
}

// Attention with queries and keys of zeros is the mean of the values that count: of the tokens (1, 3) and (5, 7) it is
// (3, 5), for a causal first token (1, 3), and with the second key masked (1, 3) for both.
//
// QLinearSoftmax of 0 and 2 in steps of ln(3)/2, which are 0 and ln 3, is 1/4 and 3/4, in steps of 1/256.
//
// GroupNorm of (1, 3), one group and channels last, is (-1, 1), scaled by 2 and moved by 1; before SiLU, t sigmoid(t).
func TestOperatorsOfOnnxruntime(t *testing.T) {
	values := initializer("w", false, []int64{2, 6}, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1)
	zeros := initializer("zeros", false, []int64{1, 2, 2}, 0, 0, 0, 0)
	mask := initializer("mask", true, []int64{1, 2}, 1, 0)
	pair, tokens := []int{1, 2, 2}, []float64{1, 3, 5, 7}
	step := math.Log(3) / 2
	silu := func(v float64) float64 { return v / (1 + math.Exp(-v)) }
	epsilon := &protos.AttributeProto{Name: "epsilon", Type: protos.AttributeProto_FLOAT, F: 0}
	affine := []*protos.TensorProto{initializer("scale", false, []int64{2}, 2, 2),
		initializer("shift", false, []int64{2}, 1, 1)}
	for name, c := range map[string]ownOperator{
		"Attention": {nodes: []*protos.NodeProto{
			ownNode("Attention", []string{"x", "w"}, "y", wholeAttribute("num_heads", 1))},
			weights: []*protos.TensorProto{values}, dims: pair, x: tokens, y: []float64{3, 5, 3, 5}},
		"Attention, causal": {nodes: []*protos.NodeProto{
			ownNode("Attention", []string{"x", "w"}, "y", wholeAttribute("num_heads", 2), wholeAttribute("unidirectional", 1))},
			weights: []*protos.TensorProto{values}, dims: pair, x: tokens, y: []float64{1, 3, 3, 5}},
		"MultiHeadAttention, masked": {nodes: []*protos.NodeProto{
			ownNode("MultiHeadAttention", []string{"zeros", "zeros", "x", "", "mask"}, "y", wholeAttribute("num_heads", 1))},
			weights: []*protos.TensorProto{zeros, mask}, dims: pair, x: tokens, y: []float64{1, 3, 1, 3}},
		"GroupNorm": {nodes: []*protos.NodeProto{ownNode("GroupNorm", []string{"x", "scale", "shift"}, "y", epsilon,
			wholeAttribute("groups", 1))}, weights: affine, dims: []int{1, 1, 1, 2}, x: []float64{1, 3}, y: []float64{-1, 3}},
		"GroupNorm, SiLU": {nodes: []*protos.NodeProto{ownNode("GroupNorm", []string{"x", "scale", "shift"}, "y", epsilon,
			wholeAttribute("groups", 1), wholeAttribute("activation", 1))},
			weights: affine, dims: []int{1, 1, 1, 2}, x: []float64{1, 3}, y: []float64{silu(-1), silu(3)}},
		"QLinearSoftmax": {nodes: []*protos.NodeProto{
			quantising("QuantizeLinear", []string{"x", "in", "zero"}, "q"),
			ownNode("QLinearSoftmax", []string{"q", "in", "zero", "out", "zero"}, "p", wholeAttribute("axis", 1),
				wholeAttribute("opset", 13)),
			quantising("DequantizeLinear", []string{"p", "out", "zero"}, "y")},
			weights: []*protos.TensorProto{initializer("in", false, nil, step), initializer("out", false, nil, 1./256),
				{Name: "zero", DataType: int32(protos.TensorProto_UINT8), Int32Data: []int32{0}}},
			dims: []int{1, 2}, x: []float64{0, 2 * step}, y: []float64{0.25, 0.75}},
	} {
		t.Run(name, func(t *testing.T) {
			model := backendCase{
				inputs:  []numbers{{name: "x", dims: c.dims, values: c.x, real: true, step: 1e-6}},
				outputs: []numbers{{dims: c.dims, values: c.y, real: true, step: 1e-6}},
				proto: &protos.ModelProto{
					IrVersion:   8,
					OpsetImport: []*protos.OperatorSetIdProto{{Version: 17}, {Domain: "com.microsoft", Version: 1}},
					Graph: &protos.GraphProto{Name: "g", Input: []*protos.ValueInfoProto{onnxnorm.Declare("x", c.dims)},
						Output: []*protos.ValueInfoProto{{Name: "y"}}, Node: c.nodes, Initializer: c.weights},
				},
			}
			onBackends(t, func(t *testing.T, b compute.Backend, _ onnxnorm.Options) {
				if verdict, err := (bench{b}).compare(model); verdict != "pass" {
					t.Errorf("%s, %v", verdict, err)
				}
			})
		})
	}
}

func quantising(op string, inputs []string, output string) *protos.NodeProto {
	n := nodeOf(op, inputs[0], output)
	n.Input = inputs
	return n
}
