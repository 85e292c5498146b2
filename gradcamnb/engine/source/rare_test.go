package source

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// Rare operators give what is worked by hand of the picture 1 to 12, of 3 rows and 4 columns.
func TestRareOperators(t *testing.T) {
	const right = math.Pi / 2
	for name, c := range map[string]struct {
		nodes []*protos.NodeProto
		given []*protos.TensorProto
		want  []float64
	}{
		// The first region is all of the picture: 2 cells of 3 rows end at ceil(1.5) = 2 and 3, and begin at 0 and 1. The
		// second is columns 2 to 3 of rows 1 to 1, and of its 2 rows both are that one.
		"MaxRoiPool": {
			[]*protos.NodeProto{reading(nodeOf("MaxRoiPool", "image", "y", intsAttr("pooled_shape", 2, 2)), "rois")},
			[]*protos.TensorProto{initializer("rois", false, []int64{2, 5}, 0, 0, 0, 3, 2, 0, 2.4, 0.6, 3, 1.2)},
			[]float64{6, 8, 10, 12, 7, 8, 7, 8},
		},
		// One column behind, which is the largest value.
		"Pad by a computed value": {
			[]*protos.NodeProto{reading(nodeOf("ReduceMax", "image", "most", whole("keepdims", 0))),
				reading(nodeOf("Pad", "image", "y"), "pads", "most")},
			[]*protos.TensorProto{initializer("pads", true, []int64{8}, 0, 0, 0, 0, 0, 0, 0, 1)},
			[]float64{1, 2, 3, 4, 12, 5, 6, 7, 8, 12, 9, 10, 11, 12, 12},
		},
		// The logarithm of 0 is no number to multiply others with; the clip makes -1 of it.
		"Pad by a computed infinity": {
			[]*protos.NodeProto{reading(nodeOf("Sub", "image", "zeros"), "image"),
				reading(nodeOf("ReduceMax", "zeros", "zero", whole("keepdims", 0))), nodeOf("Log", "zero", "least"),
				reading(nodeOf("Pad", "image", "padded"), "pads", "least"), reading(nodeOf("Clip", "padded", "y"), "floor")},
			[]*protos.TensorProto{initializer("pads", true, []int64{8}, 0, 0, 0, 0, 0, 0, 0, 1),
				initializer("floor", false, nil, -1)},
			[]float64{1, 2, 3, 4, -1, 5, 6, 7, 8, -1, 9, 10, 11, 12, -1},
		},
		// No diagonal lies so far off: from there on there is nothing, or all.
		"Trilu from beyond the last column": {
			[]*protos.NodeProto{reading(nodeOf("Trilu", "image", "y"), "k")},
			[]*protos.TensorProto{{Name: "k", DataType: int32(protos.TensorProto_INT64), Int64Data: []int64{math.MaxInt64}}},
			make([]float64, 12),
		},
		"Trilu from before the first row": {
			[]*protos.NodeProto{reading(nodeOf("Trilu", "image", "y"), "k")},
			[]*protos.TensorProto{initializer("k", true, nil, math.MinInt64)},
			[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
		},
		"Unique of constants": {
			[]*protos.NodeProto{reading(nodeOf("Unique", "twice", "once")),
				reading(nodeOf("Gather", "image", "y", whole("axis", 2)), "once")},
			[]*protos.TensorProto{initializer("twice", true, []int64{4}, 2, 0, 2, 0)},
			[]float64{1, 2, 3, 4, 9, 10, 11, 12},
		},
		// A quotient by zero, as torch writes atan2 in a column where the second number is 0, and numbers without a square.
		"Atan of infinity": {
			[]*protos.NodeProto{reading(nodeOf("Sub", "image", "zeros"), "image"),
				reading(nodeOf("Div", "signs", "infinite"), "zeros"), nodeOf("Atan", "infinite", "y")},
			[]*protos.TensorProto{initializer("signs", false, []int64{4}, 1, -1, 2, -2)},
			[]float64{right, -right, right, -right, right, -right, right, -right, right, -right, right, -right},
		},
		"Atan of large numbers": {
			[]*protos.NodeProto{reading(nodeOf("Mul", "image", "large"), "scales"), nodeOf("Atan", "large", "y")},
			[]*protos.TensorProto{initializer("scales", false, []int64{4}, 1e19, -1e25, 1e10, -1e37)},
			[]float64{right, -right, right, -right, right, -right, right, -right, right, -right, right, -right},
		},
		// Of two updates for one place the second stays.
		"ScatterElements, two for one place": {
			[]*protos.NodeProto{reading(nodeOf("ScatterElements", "image", "y", whole("axis", 3)), "columns", "updates")},
			[]*protos.TensorProto{initializer("columns", true, []int64{1, 1, 3, 2}, 0, 0, 1, 3, 2, -2),
				initializer("updates", false, []int64{1, 1, 3, 2}, 20, 30, 40, 50, 60, 70)},
			[]float64{30, 2, 3, 4, 5, 40, 7, 50, 9, 10, 70, 12},
		},
		"ScatterND, two for one row": {
			[]*protos.NodeProto{reading(nodeOf("ScatterND", "image", "y"), "rows", "updates")},
			[]*protos.TensorProto{initializer("rows", true, []int64{3, 3}, 0, 0, 2, 0, 0, 2, 0, 0, 0),
				initializer("updates", false, []int64{3, 4}, 1, 1, 1, 1, 20, 21, 22, 23, 30, 31, 32, 33)},
			[]float64{30, 31, 32, 33, 5, 6, 7, 8, 20, 21, 22, 23},
		},
		// All four windows around the 6 have it as their largest, the other two have zeros alone, and it is put back once.
		"MaxUnpool, windows overlap": {
			[]*protos.NodeProto{reading(nodeOf("Mul", "image", "peak"), "one"),
				{OpType: "MaxPool", Input: []string{"peak"}, Output: []string{"most", "at"},
					Attribute: []*protos.AttributeProto{intsAttr("kernel_shape", 2, 2)}},
				reading(nodeOf("MaxUnpool", "most", "y", intsAttr("kernel_shape", 2, 2)), "at")},
			[]*protos.TensorProto{initializer("one", false, []int64{3, 4}, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)},
			[]float64{0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0},
		},
		// Of 4 columns the window covers 3. The places count in rows of 4, as asked.
		"MaxUnpool, a shape is asked": {
			[]*protos.NodeProto{
				{OpType: "MaxPool", Input: []string{"image"}, Output: []string{"most", "at"},
					Attribute: []*protos.AttributeProto{intsAttr("kernel_shape", 1, 3), intsAttr("strides", 1, 2)}},
				reading(nodeOf("MaxUnpool", "most", "y", intsAttr("kernel_shape", 1, 3), intsAttr("strides", 1, 2)), "at",
					"shape")},
			[]*protos.TensorProto{initializer("shape", true, []int64{4}, 1, 1, 3, 4)},
			[]float64{0, 0, 3, 0, 0, 0, 7, 0, 0, 0, 11, 0},
		},
		// XLA multiplies with 1/41, which makes less than 1 of 41.
		"Div of whole numbers": {
			[]*protos.NodeProto{nodeOf("Cast", "image", "whole", whole("to", int64(protos.TensorProto_INT32))),
				reading(nodeOf("Mul", "whole", "many"), "step"), reading(nodeOf("Div", "many", "y"), "step")},
			[]*protos.TensorProto{wholeOf(protos.TensorProto_INT32, 41)},
			[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
		},
		"Floor of a quotient": {
			[]*protos.NodeProto{reading(nodeOf("Mul", "image", "many"), "step"), reading(nodeOf("Div", "many", "few"), "step"),
				nodeOf("Floor", "few", "y")},
			[]*protos.TensorProto{initializer("step", false, nil, 41)},
			[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
		},
		// Of 41 times 1 to 12, by -41.
		"Mod of whole numbers": {
			[]*protos.NodeProto{nodeOf("Cast", "image", "whole", whole("to", int64(protos.TensorProto_INT32))),
				reading(nodeOf("Mul", "whole", "many"), "step"), reading(nodeOf("Mod", "many", "y"), "step")},
			[]*protos.TensorProto{wholeOf(protos.TensorProto_INT32, -41)}, make([]float64, 12),
		},
		"Sub of bytes": {
			[]*protos.NodeProto{nodeOf("Cast", "image", "whole", whole("to", int64(protos.TensorProto_UINT8))),
				reading(nodeOf("Sub", "whole", "y"), "step")},
			[]*protos.TensorProto{wholeOf(protos.TensorProto_UINT8, 5)},
			[]float64{252, 253, 254, 255, 0, 1, 2, 3, 4, 5, 6, 7},
		},
		// Of -1 to -4, -5 to -8 and -9 to -12, without the halves.
		"ReduceMean of whole numbers": {
			[]*protos.NodeProto{nodeOf("Cast", "image", "whole", whole("to", int64(protos.TensorProto_INT32))),
				nodeOf("Neg", "whole", "below"), reading(nodeOf("ReduceMean", "below", "y"), "axes")},
			[]*protos.TensorProto{initializer("axes", true, []int64{1}, 3)}, []float64{-2, -6, -10},
		},
		// 4 columns in 3 pieces are 2, 2 and none.
		"Split, nothing left": {
			[]*protos.NodeProto{
				{OpType: "Split", Input: []string{"image"}, Output: []string{"a", "b", "c"},
					Attribute: []*protos.AttributeProto{whole("axis", 3), whole("num_outputs", 3)}},
				{OpType: "Concat", Input: []string{"b", "c", "a"}, Output: []string{"y"},
					Attribute: []*protos.AttributeProto{whole("axis", 3)}},
			}, nil, []float64{3, 4, 1, 2, 7, 8, 5, 6, 11, 12, 9, 10},
		},
	} {
		of := counting(18, []int{1, 1, 3, 4}, c.nodes, c.given)
		onBackends(t, func(t *testing.T, b compute.Backend, _ onnxnorm.Options) {
			got, err := of.compute(b)
			if err != nil {
				t.Fatal(name, err)
			}
			for i, w := range c.want {
				if len(got) != len(c.want) || !(math.Abs(got[i]-w) <= 1e-6) {
					t.Fatalf("%s: %v, want %v", name, got, c.want)
				}
			}
		})
	}
}

// wholeOf returns the initializer "step", one whole number of a type.
func wholeOf(kind protos.TensorProto_DataType, v int32) *protos.TensorProto {
	return &protos.TensorProto{Name: "step", DataType: int32(kind), Int32Data: []int32{v}}
}
