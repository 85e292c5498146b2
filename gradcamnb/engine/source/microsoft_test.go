package source

import (
	"math"
	"slices"
	"strings"
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
// Of (1, 3) and (5, 7) only the second counts if the keys end at 2 and begin at 1, and of (2, 2) and (4, 4) only the
// first if they end at 1 and begin at 0. The mask has the ends first, as in onnxruntime 1.32.0.
//
// SkipGroupNorm adds (0, 0) to each (1, 3) of the first picture and (4, 2) to each (0, 0) of the second.
//
// FusedGemm with weights of the identity is its activation alone: Elu, alpha (exp(x) - 1) below 0.
//
// MatMulNBits: of 4 bits, (9, 10) and (7, 8) less 8 in steps of 0.5 and 2 are (0.5, 1) and (-2, 0), times (3, 4) 5.5
// and -6; less 9 and 7, (0, 0.5) and (0, 2), 2 and 8, and with a bias 3 and 7. Of 8 bits, (129, 130) and (128, 127)
// less 128 are (1, 2) and (0, -1), whose columns have the steps of the other block, (100, 10) and (2, 1): 380 and -4.
//
// DynamicQuantizeLinear: 85.625 is 255 steps of 85.625/255 in float32, which is not 85.625 * (1/255); 15.949755 lies
// nearer to 48 of the first steps, and to 47 of the second. onnxruntime 1.32.0 gives 48.
//
// GroupNorm of (1, 3), one group and channels last, is (-1, 1), scaled by 2 and moved by 1; before SiLU, t sigmoid(t).
func TestOperatorsOfOnnxruntime(t *testing.T) {
	values := initializer("w", false, []int64{2, 6}, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1)
	zeros := initializer("zeros", false, []int64{1, 2, 2}, 0, 0, 0, 0)
	mask := initializer("mask", true, []int64{1, 2}, 1, 0)
	bounds := initializer("bounds", true, []int64{4}, 2, 1, 1, 0)
	skip := initializer("skip", false, []int64{2, 2}, 0, 0, 4, 2)
	pair, tokens := []int{1, 2, 2}, []float64{1, 3, 5, 7}
	step := math.Log(3) / 2
	silu := func(v float64) float64 { return v / (1 + math.Exp(-v)) }
	epsilon := &protos.AttributeProto{Name: "epsilon", Type: protos.AttributeProto_FLOAT, F: 0}
	affine := []*protos.TensorProto{initializer("scale", false, []int64{2}, 2, 2),
		initializer("shift", false, []int64{2}, 1, 1)}
	bytes := func(name string, dims []int64, v ...int32) *protos.TensorProto {
		return &protos.TensorProto{Name: name, DataType: int32(protos.TensorProto_UINT8), Dims: dims, Int32Data: v}
	}
	nbits := func(bits, block int, inputs ...string) []*protos.NodeProto {
		return []*protos.NodeProto{ownNode("MatMulNBits", append([]string{"x"}, inputs...), "y", wholeAttribute("K", 2),
			wholeAttribute("N", 2), wholeAttribute("bits", bits), wholeAttribute("block_size", block))}
	}
	quantise := nodeWith("DynamicQuantizeLinear", []string{"x"}, "q")
	quantise.Output = []string{"q", "step", "middle"}
	dynamic := []*protos.NodeProto{quantise, nodeWith("DequantizeLinear", []string{"q", "step", "middle"}, "y")}
	four := []*protos.TensorProto{bytes("four", []int64{2, 1, 2}, 9|10<<4, 0, 7|8<<4, 0),
		initializer("steps", false, []int64{2}, 0.5, 2), bytes("middles", []int64{2}, 9, 7),
		initializer("bias", false, []int64{2}, 1, -1)}
	eight := []*protos.TensorProto{bytes("eight", []int64{2, 2, 1}, 129, 130, 128, 127),
		initializer("steps", false, []int64{4}, 10, 100, 1, 2), initializer("blocks", true, []int64{2}, 1, 0)}
	for name, c := range map[string]ownOperator{
		"MatMulNBits": {nodes: nbits(4, 4, "four", "steps"), weights: four, dims: []int{1, 2}, x: []float64{3, 4},
			y: []float64{5.5, -6}},
		"MatMulNBits, zero points, a bias": {nodes: nbits(4, 4, "four", "steps", "middles", "", "bias"), weights: four,
			dims: []int{1, 2}, x: []float64{3, 4}, y: []float64{3, 7}},
		"MatMulNBits, blocks in another order": {nodes: nbits(8, 1, "eight", "steps", "", "blocks"), weights: eight,
			dims: []int{1, 2}, x: []float64{3, 4}, y: []float64{380, -4}},
		"DynamicQuantizeLinear": {nodes: dynamic, dims: []int{1, 2}, x: []float64{15.949755, 85.625},
			y: []float64{16.117647, 85.625}},
		"DynamicQuantizeLinear of zeros": {nodes: dynamic, dims: []int{1, 2}, x: []float64{0, 0}, y: []float64{0, 0}},
		"Attention": {nodes: []*protos.NodeProto{
			ownNode("Attention", []string{"x", "w"}, "y", wholeAttribute("num_heads", 1))},
			weights: []*protos.TensorProto{values}, dims: pair, x: tokens, y: []float64{3, 5, 3, 5}},
		"Attention, causal": {nodes: []*protos.NodeProto{
			ownNode("Attention", []string{"x", "w"}, "y", wholeAttribute("num_heads", 2), wholeAttribute("unidirectional", 1))},
			weights: []*protos.TensorProto{values}, dims: pair, x: tokens, y: []float64{1, 3, 3, 5}},
		"Attention, ends and starts": {nodes: []*protos.NodeProto{
			ownNode("Attention", []string{"x", "w", "", "bounds"}, "y", wholeAttribute("num_heads", 1))},
			weights: []*protos.TensorProto{values, bounds}, dims: []int{2, 2, 2},
			x: append(slices.Clone(tokens), 2, 2, 4, 4), y: []float64{5, 7, 5, 7, 2, 2, 2, 2}},
		"SkipGroupNorm, skip of channels": {nodes: []*protos.NodeProto{ownNode("SkipGroupNorm",
			[]string{"x", "scale", "shift", "skip"}, "y", epsilon, wholeAttribute("groups", 1))},
			weights: append([]*protos.TensorProto{skip}, affine...), dims: []int{2, 1, 2, 2},
			x: []float64{1, 3, 1, 3, 0, 0, 0, 0}, y: []float64{-1, 3, -1, 3, 3, -1, 3, -1}},
		"MultiHeadAttention, masked": {nodes: []*protos.NodeProto{
			ownNode("MultiHeadAttention", []string{"zeros", "zeros", "x", "", "mask"}, "y", wholeAttribute("num_heads", 1))},
			weights: []*protos.TensorProto{zeros, mask}, dims: pair, x: tokens, y: []float64{1, 3, 1, 3}},
		"GroupNorm": {nodes: []*protos.NodeProto{ownNode("GroupNorm", []string{"x", "scale", "shift"}, "y", epsilon,
			wholeAttribute("groups", 1))}, weights: affine, dims: []int{1, 1, 1, 2}, x: []float64{1, 3}, y: []float64{-1, 3}},
		"GroupNorm, SiLU": {nodes: []*protos.NodeProto{ownNode("GroupNorm", []string{"x", "scale", "shift"}, "y", epsilon,
			wholeAttribute("groups", 1), wholeAttribute("activation", 1))},
			weights: affine, dims: []int{1, 1, 1, 2}, x: []float64{1, 3}, y: []float64{silu(-1), silu(3)}},
		"FusedGemm, Elu": {nodes: []*protos.NodeProto{ownNode("FusedGemm", []string{"x", "unit"}, "y",
			&protos.AttributeProto{Name: "activation", Type: protos.AttributeProto_STRING, S: []byte("Elu")},
			&protos.AttributeProto{Name: "activation_alpha", Type: protos.AttributeProto_FLOAT, F: 2})},
			weights: []*protos.TensorProto{initializer("unit", false, []int64{2, 2}, 1, 0, 0, 1)},
			dims:    []int{1, 2}, x: []float64{-1, 3}, y: []float64{2 * math.Expm1(-1), 3}},
		"QLinearSoftmax": {nodes: []*protos.NodeProto{
			nodeWith("QuantizeLinear", []string{"x", "in", "zero"}, "q"),
			ownNode("QLinearSoftmax", []string{"q", "in", "zero", "out", "zero"}, "p", wholeAttribute("axis", 1),
				wholeAttribute("opset", 13)),
			nodeWith("DequantizeLinear", []string{"p", "out", "zero"}, "y")},
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

// What these operators cannot do is refused with what it is: a mask of another batch, or of packed pictures, and
// rotation.
func TestOperatorsOfOnnxruntimeRefused(t *testing.T) {
	weights := []*protos.TensorProto{initializer("w", false, []int64{2, 6}, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1),
		initializer("zeros", false, []int64{1, 2, 2}, 0, 0, 0, 0), initializer("two", true, []int64{2}, 2, 1),
		initializer("packed", true, []int64{5}, 2, 0, 1, 0, 2), initializer("others", true, []int64{3, 2}, 1, 1, 1, 1, 1, 1),
		initializer("four", true, []int64{1}, 4), initializer("cube", true, []int64{3, 2, 2}, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)}
	one := wholeAttribute("num_heads", 1)
	many := func(mask string) *protos.NodeProto {
		return ownNode("MultiHeadAttention", []string{"zeros", "zeros", "x", "", mask}, "y", one)
	}
	own := func(mask string, more ...*protos.AttributeProto) *protos.NodeProto {
		return ownNode("Attention", []string{"x", "w", "", mask}, "y", append(more, one)...)
	}
	for _, c := range []struct {
		node  *protos.NodeProto
		want  string
		other bool // for a batch of two, of a file for one
	}{
		{many("two"), "mask has the shape [2]", false},
		{many("two"), "mask has the shape [2]", true},
		{many("packed"), "mask has the shape [5]", false},
		{many("others"), "mask has the shape [3 2]", false},
		{own("packed"), "mask has the shape [5]", false},
		{own("others"), "mask has the shape [3 2]", false},
		{own("cube"), "mask has the shape [3 2 2]", false},
		{own("", wholeAttribute("do_rotary", 1)), "do_rotary", false},
		{ownNode("GroupNorm", []string{"one", "two", "two"}, "y", wholeAttribute("groups", 1)), "the shape [4]", false},
	} {
		dims, options := []int{1, 2, 2}, onnxnorm.Options{Needs: []string{"y"}}
		if c.other {
			dims = []int{2, 2, 2}
			options.OwnBatch, options.Own = 1, map[string][]int{"x": {1, 2, 2}, "zeros": {1, 2, 2}, "y": {1, 2, 2}}
		}
		_, err := onnxnorm.Normalise(t.Context(), &protos.ModelProto{
			IrVersion:   8,
			OpsetImport: []*protos.OperatorSetIdProto{{Version: 17}, {Domain: "com.microsoft", Version: 1}},
			Graph: &protos.GraphProto{Name: "g", Input: []*protos.ValueInfoProto{onnxnorm.Declare("x", dims)},
				Output: []*protos.ValueInfoProto{{Name: "y"}}, Initializer: weights,
				Node: []*protos.NodeProto{nodeWith("Reshape", []string{"x", "four"}, "one"), c.node}},
		}, dims, options)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.node.OpType) {
			t.Errorf("%s: the error is %v, want %q", c.node.OpType, err, c.want)
		}
	}
}

func nodeWith(op string, inputs []string, output string) *protos.NodeProto {
	n := nodeOf(op, inputs[0], output)
	n.Input = inputs
	return n
}
