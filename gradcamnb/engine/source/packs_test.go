package source

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// Large constant matrices that are multiplied by 49 rows, and so are stored transposed, agree with the sum of all terms
// in float64. So does their gradient, since a linear function has s(x) = <grad s, x>.
func TestPackedMatrices(t *testing.T) {
	conv := func(in, side, out, kernel, stride, pad int) *protos.ModelProto {
		p, s := int64(pad), int64(stride)
		m := convolution([]int{1, in, side, side}, []int{out, in, kernel, kernel}, picture([]int{out, in, kernel, kernel}),
			[]int64{p, p, p, p})
		m.Graph.Node[0].Attribute = append(m.Graph.Node[0].Attribute,
			&protos.AttributeProto{Name: "strides", Type: protos.AttributeProto_INTS, Ints: []int64{s, s}})
		return m
	}
	product := convolution([]int{1, 1, 49, 768}, []int{768, 768}, picture([]int{768, 768}), nil)
	product.Graph.Node[0].OpType, product.Graph.Node[0].Attribute = "MatMul", nil
	for name, c := range map[string]struct {
		model  *protos.ModelProto
		weight string // that the rewritten graph has
		want   func(x, w []float32) []float64
	}{
		"pointwise": {conv(512, 7, 1024, 1, 1, 0), "w@o,hwi", convolved(512, 7, 1024, 1, 1, 0)},
		"patch":     {conv(256, 14, 512, 2, 2, 0), "w@o,hwi", convolved(256, 14, 512, 2, 2, 0)},
		"3x3":       {conv(256, 7, 256, 3, 1, 1), "w@o,hwi", convolved(256, 7, 256, 3, 1, 1)},
		"strided":   {conv(256, 13, 256, 3, 2, 1), "w@o,hwi", convolved(256, 13, 256, 3, 2, 1)},
		"MatMul": {product, "w@transpose[1 0]", func(x, w []float32) []float64 {
			out := make([]float64, 49*768)
			for i := range out {
				for k := range 768 {
					out[i] += float64(x[i/768*768+k]) * float64(w[k*768+i%768])
				}
			}
			return out
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var input []int
			for _, d := range c.model.Graph.Input[0].Type.GetTensorType().Shape.Dim {
				input = append(input, int(d.GetDimValue()))
			}
			g, err := onnxnorm.Normalise(t.Context(), c.model, input, onnxnorm.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := g.Weights[c.weight]; !ok {
				t.Fatalf("no weight %s, so the matrix is not stored transposed", c.weight)
			}
			c.model.Graph.Input[0].Name = "picture" // of which x is a tensor that a gradient can be taken at
			c.model.Graph.Node = slices.Insert(c.model.Graph.Node, 0,
				&protos.NodeProto{OpType: "Identity", Input: []string{"picture"}, Output: []string{"x"}})
			file := golden.Save(t, c.model)
			x := picture(input)
			exact := c.want(x, c.model.Graph.Initializer[0].FloatData)
			want := make([]float32, len(exact))
			for i, v := range exact {
				want[i] = float32(v)
			}
			onBackends(t, func(t *testing.T, b compute.Backend, o onnxnorm.Options) {
				m, err := ONNXWith(file, o)
				if err != nil {
					t.Fatal(err)
				}
				c := newCheck(t, b, m)
				if d := difference(c.values(x), want); !(d < 1e-5) {
					t.Errorf("differs by %g of the largest value", d)
				}
				s, grad := c.scored(x)
				var sum, terms float64
				for i, v := range x {
					term := float64(grad[c.lastIndex(i)]) * float64(v)
					sum, terms = sum+term, terms+math.Abs(term)
				}
				if !(math.Abs(sum-s) <= 1e-5*terms) || terms == 0 {
					t.Errorf("the score is %g and <gradient, x> %g", s, sum)
				}
			})
		})
	}
}

// convolved returns the convolution of x [in, side, side] with w [out, in, kernel, kernel].
func convolved(in, side, out, kernel, stride, pad int) func(x, w []float32) []float64 {
	return func(x, w []float32) []float64 {
		to := (side+2*pad-kernel)/stride + 1
		y := make([]float64, out*to*to)
		for at := range y {
			o, row, col := at/(to*to), at/to%to*stride-pad, at%to*stride-pad
			for i := range in {
				for k := range kernel * kernel {
					r, c := row+k/kernel, col+k%kernel
					if r >= 0 && r < side && c >= 0 && c < side {
						y[at] += float64(x[(i*side+r)*side+c]) * float64(w[(o*in+i)*kernel*kernel+k])
					}
				}
			}
		}
		return y
	}
}
