package source

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// Operators of the first opsets give what they gave then. The picture has the numbers 1 to 8: 2 channels of 2 rows and
// 2 columns, of one length so that a wrong axis is no error. All is worked by hand after ONNX's changelog of operators.
func TestFirstOpsets(t *testing.T) {
	named := func(n *protos.NodeProto) *protos.NodeProto {
		n.Domain = "ai.onnx"
		return n
	}
	number := func(name string, v float32) *protos.AttributeProto {
		return &protos.AttributeProto{Name: name, Type: protos.AttributeProto_FLOAT, F: v}
	}
	at := func(axis int64) []*protos.AttributeProto {
		return []*protos.AttributeProto{whole("broadcast", 1), whole("axis", axis)}
	}
	tens := initializer("b", false, []int64{2}, 10, 20)
	selu := func(scale float64) float64 { return scale * 1.6732 * (math.Exp(-1) - 1) }
	for name, c := range map[string]struct {
		opset int64
		nodes []*protos.NodeProto
		given []*protos.TensorProto
		want  []float64
	}{
		"a number for each channel": {6, []*protos.NodeProto{reading(nodeOf("Add", "image", "y", at(1)...), "b")},
			[]*protos.TensorProto{tens}, []float64{11, 12, 13, 14, 25, 26, 27, 28}},
		"of a domain that is named": {6, []*protos.NodeProto{named(reading(nodeOf("Add", "image", "y", at(1)...), "b"))},
			[]*protos.TensorProto{tens}, []float64{11, 12, 13, 14, 25, 26, 27, 28}},
		"for each row": {1, []*protos.NodeProto{reading(nodeOf("Add", "image", "y", at(2)...), "b")},
			[]*protos.TensorProto{tens}, []float64{11, 12, 23, 24, 15, 16, 27, 28}},
		"counted from the end": {6, []*protos.NodeProto{reading(nodeOf("Sub", "image", "y", at(-2)...), "b")},
			[]*protos.TensorProto{tens}, []float64{-9, -8, -17, -16, -5, -4, -13, -12}},
		"no axis, so the last": {6, []*protos.NodeProto{reading(nodeOf("Mul", "image", "y", whole("broadcast", 1)), "b")},
			[]*protos.TensorProto{tens}, []float64{10, 40, 30, 80, 50, 120, 70, 160}},
		"of constants": {6, []*protos.NodeProto{reading(nodeOf("Mul", "ones", "a", at(0)...), "b"),
			reading(nodeOf("Add", "image", "y"), "a")},
			[]*protos.TensorProto{tens, initializer("ones", false, []int64{2, 2}, 1, 1, 1, 1)},
			[]float64{11, 12, 23, 24, 15, 16, 27, 28}},
		// the sums of the channels are 10 and 26
		"computed of the picture": {1, []*protos.NodeProto{
			nodeOf("ReduceSum", "image", "sums", intsAttr("axes", 0, 2, 3), whole("keepdims", 0)),
			reading(nodeOf("Sub", "image", "y", at(1)...), "sums")},
			nil, []float64{-9, -8, -7, -6, -21, -20, -19, -18}},
		"greater than a number for each channel": {1, []*protos.NodeProto{
			reading(nodeOf("Greater", "image", "above", at(1)...), "b"),
			nodeOf("Cast", "above", "y",
				&protos.AttributeProto{Name: "to", Type: protos.AttributeProto_STRING, S: []byte("FLOAT")})},
			[]*protos.TensorProto{initializer("b", false, []int64{2}, 2, 7)}, []float64{0, 0, 1, 1, 0, 0, 0, 1}},
		"channels are joined": {1, []*protos.NodeProto{reading(nodeOf("Concat", "image", "a"), "image"),
			nodeOf("ReduceSum", "a", "y", intsAttr("axes", 2, 3), whole("keepdims", 0))}, nil, []float64{10, 26, 10, 26}},
		"scaled up": {1, []*protos.NodeProto{nodeOf("ReduceSum", "image", "a", intsAttr("axes", 1)),
			nodeOf("Upsample", "a", "y", number("height_scale", 1), number("width_scale", 2))}, nil,
			[]float64{6, 6, 8, 8, 10, 10, 12, 12}},
		// of the sums 6 and 8, 10 and 12; a row's second half reads nothing beyond the last column
		"scaled up, bilinear": {1, []*protos.NodeProto{nodeOf("ReduceSum", "image", "a", intsAttr("axes", 1)),
			nodeOf("Upsample", "a", "y", number("height_scale", 1), number("width_scale", 2),
				&protos.AttributeProto{Name: "mode", Type: protos.AttributeProto_STRING, S: []byte("bilinear")})}, nil,
			[]float64{6, 7, 8, 8, 10, 11, 12, 12}},
		// (x - mean) / sqrt(var) * 2 + 1, where the means are 1 to 8 but for the last, which is 7, and the variances 4
		"batch norm of each number": {7, []*protos.NodeProto{reading(nodeOf("BatchNormalization", "image", "y",
			whole("spatial", 0), number("epsilon", 0)), "twos", "ones", "means", "fours")},
			[]*protos.TensorProto{initializer("twos", false, []int64{2, 2, 2}, 2, 2, 2, 2, 2, 2, 2, 2),
				initializer("ones", false, []int64{2, 2, 2}, 1, 1, 1, 1, 1, 1, 1, 1),
				initializer("means", false, []int64{2, 2, 2}, 1, 2, 3, 4, 5, 6, 7, 7),
				initializer("fours", false, []int64{2, 2, 2}, 4, 4, 4, 4, 4, 4, 4, 4)},
			[]float64{1, 1, 1, 1, 1, 1, 1, 2}},
		"numbers of Selu": {1, []*protos.NodeProto{nodeOf("ReduceMin", "image", "one", intsAttr("axes", 1, 2, 3)),
			nodeOf("Neg", "one", "minus"), nodeOf("Selu", "minus", "y")}, nil, []float64{selu(1.0507)}},
		"numbers of Selu since": {6, []*protos.NodeProto{nodeOf("ReduceMin", "image", "one", intsAttr("axes", 1, 2, 3)),
			nodeOf("Neg", "one", "minus"),
			nodeOf("Selu", "minus", "y", number("gamma", 2), number("alpha", 1.6732))}, nil,
			[]float64{selu(2)}},
		// the mean of all is 4.5
		"no variance": {1, []*protos.NodeProto{nodeOf("MeanVarianceNormalization", "image", "y",
			whole("across_channels", 1), whole("normalize_variance", 0))}, nil,
			[]float64{-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5}},
		// over all, the variance is (3.5^2 + 2.5^2 + 1.5^2 + 0.5^2) / 4 = 5.25
		"across channels": {1, []*protos.NodeProto{
			nodeOf("MeanVarianceNormalization", "image", "a", whole("across_channels", 1)),
			nodeOf("ReduceMax", "a", "y", intsAttr("axes", 1, 2, 3))}, nil, []float64{3.5 / math.Sqrt(5.25)}},
		// of a channel, it is (1.5^2 + 0.5^2) / 2 = 1.25
		"channel by channel": {1, []*protos.NodeProto{nodeOf("MeanVarianceNormalization", "image", "a"),
			nodeOf("ReduceMax", "a", "y", intsAttr("axes", 2, 3))}, nil,
			[]float64{1.5 / math.Sqrt(1.25), 1.5 / math.Sqrt(1.25)}},
		"Affine": {1, []*protos.NodeProto{nodeOf("Affine", "image", "y", number("alpha", 2), number("beta", -1))}, nil,
			[]float64{1, 3, 5, 7, 9, 11, 13, 15}},
		"Scale": {1, []*protos.NodeProto{nodeOf("Scale", "image", "y", number("scale", 3))}, nil,
			[]float64{3, 6, 9, 12, 15, 18, 21, 24}},
		"ImageScaler": {1, []*protos.NodeProto{nodeOf("ImageScaler", "image", "y", number("scale", 2),
			&protos.AttributeProto{Name: "bias", Type: protos.AttributeProto_FLOATS, Floats: []float32{-1, 100}})}, nil,
			[]float64{1, 3, 5, 7, 110, 112, 114, 116}},
		"ScaledTanh": {1, []*protos.NodeProto{nodeOf("ReduceMin", "image", "one", intsAttr("axes", 1, 2, 3)),
			nodeOf("ScaledTanh", "one", "y", number("alpha", 2), number("beta", 0.5))}, nil, []float64{2 * math.Tanh(0.5)}},
		"ParametricSoftplus": {1, []*protos.NodeProto{nodeOf("ReduceMin", "image", "one", intsAttr("axes", 1, 2, 3)),
			nodeOf("ParametricSoftplus", "one", "y", number("alpha", 2), number("beta", 0.5))}, nil,
			[]float64{2 * math.Log(1+math.Exp(0.5))}},
		// none on the left, one row at the top, one column on the right, none below
		"Crop": {1, []*protos.NodeProto{nodeOf("Crop", "image", "y", intsAttr("border", 0, 1, 1, 0))}, nil, []float64{3, 7}},
		// one column on the left, and 2 rows and a column from there
		"Crop to a size": {1, []*protos.NodeProto{nodeOf("Crop", "image", "y", intsAttr("border", 1, 0, 0, 0),
			intsAttr("scale", 2, 1))}, nil, []float64{2, 4, 6, 8}},
	} {
		of := counting(c.opset, []int{1, 2, 2, 2}, c.nodes, c.given)
		onBackends(t, func(t *testing.T, b compute.Backend, _ onnxnorm.Options) {
			got, err := of.compute(b)
			if err != nil {
				t.Fatal(name, err)
			}
			for i, w := range c.want {
				if len(got) != len(c.want) || !(math.Abs(got[i]-w) <= 1e-5*math.Max(1, math.Abs(w))) {
					t.Fatalf("%s: %v, want %v", name, got, c.want)
				}
			}
		})
	}
}

// What the first opsets would have done in training, and operands that do not fit, are refused.
func TestFirstOpsetsAreRefused(t *testing.T) {
	for want, n := range map[string]*protos.NodeProto{
		"training mode": reading(nodeOf("BatchNormalization", "image", "y", whole("spatial", 0), whole("is_test", 0)),
			"w", "w", "w", "w"),
		"does not fit at axis 3": reading(nodeOf("Add", "image", "y", whole("broadcast", 1), whole("axis", 3)), "w"),
	} {
		of := counting(6, []int{1, 2, 2, 2}, []*protos.NodeProto{n},
			[]*protos.TensorProto{initializer("w", false, []int64{2, 2, 2}, 1, 1, 1, 1, 1, 1, 1, 1)})
		onBackends(t, func(t *testing.T, b compute.Backend, _ onnxnorm.Options) {
			_, err := of.compute(b)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
		})
	}
}
