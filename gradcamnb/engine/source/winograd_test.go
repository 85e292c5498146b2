package source

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute-onnx/support/protos"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// A 3x3 convolution with a quarter of its multiplications agrees with the full sum in float64, also if the sides are no
// multiples of four and the padding is lopsided.
func TestWinograd(t *testing.T) {
	const in, out = 128, 96
	for _, c := range []struct{ n, h, w, top, left, bottom, right int }{{4, 12, 8, 1, 1, 1, 1}, {12, 5, 7, 0, 2, 1, 0},
		{16, 9, 3, 1, 1, 1, 1}, {48, 3, 10, 0, 0, 0, 0}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			x, w := picture([]int{c.n, in, c.h, c.w}), picture([]int{out, in, 3, 3})
			net := convolution([]int{c.n, in, c.h, c.w}, []int{out, in, 3, 3}, w,
				[]int64{int64(c.top), int64(c.left), int64(c.bottom), int64(c.right)})
			usesWinograd(t, net, []int{c.n, in, c.h, c.w})
			file := golden.Save(t, net)
			oh, ow := c.h+c.top+c.bottom-2, c.w+c.left+c.right-2
			want := make([]float64, c.n*out*oh*ow)
			var terms float64 // the largest SUM |x w|, of which rounding errors are a part
			for at := range want {
				b, o, y, col := at/(out*oh*ow), at/(oh*ow)%out, at/ow%oh, at%ow
				var sum float64
				for i := range in {
					for k := range 9 {
						r, s := y+k/3-c.top, col+k%3-c.left
						if r >= 0 && r < c.h && s >= 0 && s < c.w {
							v := float64(x[((b*in+i)*c.h+r)*c.w+s]) * float64(w[(o*in+i)*9+k])
							want[at], sum = want[at]+v, sum+math.Abs(v)
						}
					}
				}
				terms = max(terms, sum)
			}
			onBackends(t, func(t *testing.T, b compute.Backend, o onnxnorm.Options) {
				m, err := ONNXWith(file, o)
				if err != nil {
					t.Fatal(err)
				}
				got := outputs(t, b, m, []int{c.n, in, c.h, c.w}, x)["y"]
				var d float64
				for i, v := range want {
					d = max(d, math.Abs(float64(got[i])-v))
				}
				if !(d < 1e-6*terms) || len(got) != len(want) {
					t.Errorf("differs by %g of the sum of its terms' magnitudes", d/terms)
				}
				t.Logf("differs by %g of the sum of its terms' magnitudes", d/terms)
			})
		})
	}
}

// Sums of whole numbers are exact, so a convolution of integers has no form that would round them.
func TestNoWinogradOfIntegers(t *testing.T) {
	m := convolution([]int{1, 128, 32, 32}, []int{128, 128, 3, 3}, picture([]int{128, 128, 3, 3}), []int64{1, 1, 1, 1})
	usesWinograd(t, m, []int{1, 128, 32, 32})
	m.Graph.Node[0].OpType = "ConvInteger"
	g, err := onnxnorm.Normalise(t.Context(), m, []int{1, 128, 32, 32}, onnxnorm.Options{Winograd: true})
	if err != nil {
		t.Fatal(err)
	}
	for name := range g.Weights {
		if strings.Contains(name, "@winograd") {
			t.Errorf("the convolution reads %s", name)
		}
	}
}

// A convolution that a gradient goes through keeps the plain form: of two convolutions, that is the one after the
// layer.
func TestWinogradOnlyBeforeTheLayer(t *testing.T) {
	w := picture([]int{128, 128, 3, 3})
	m := convolution([]int{1, 128, 32, 32}, []int{128, 128, 3, 3}, w, []int64{1, 1, 1, 1})
	second := proto.Clone(m.Graph.Initializer[0]).(*protos.TensorProto)
	second.Name = "w2"
	m.Graph.Initializer = append(m.Graph.Initializer, second)
	node := proto.Clone(m.Graph.Node[0]).(*protos.NodeProto)
	node.Name, node.Input, node.Output = "second", []string{"y", "w2"}, []string{"z"}
	m.Graph.Node = append(m.Graph.Node, node)
	m.Graph.Output[0].Name = "z"
	for cut, want := range map[string]string{"x": "", "y": "w", "z": "w w2"} {
		g, err := onnxnorm.Normalise(t.Context(), m, []int{1, 128, 32, 32},
			onnxnorm.Options{Cuts: []string{cut}, Winograd: true})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, name := range []string{"w", "w2"} {
			if _, ok := g.Weights[name+"@winograd"]; ok {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("cut at %s: Winograd's form of %q, want %q", cut, got, want)
		}
	}
}

// usesWinograd fails if the convolution does not take Winograd's form.
func usesWinograd(t *testing.T, m *protos.ModelProto, input []int) {
	t.Helper()
	g, err := onnxnorm.Normalise(t.Context(), m, input, onnxnorm.Options{Winograd: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := g.Weights["w@winograd"]; !ok {
		t.Fatal("the plain form was taken")
	}
}

// convolution returns a model of one convolution y of the picture x with the kernel w.
func convolution(x, kernel []int, w []float32, pads []int64) *protos.ModelProto {
	var dims []int64
	for _, v := range kernel {
		dims = append(dims, int64(v))
	}
	return &protos.ModelProto{
		IrVersion:   8,
		OpsetImport: []*protos.OperatorSetIdProto{{Version: 17}},
		Graph: &protos.GraphProto{
			Name: "convolution",
			Node: []*protos.NodeProto{{OpType: "Conv", Name: "first", Input: []string{"x", "w"}, Output: []string{"y"},
				Attribute: []*protos.AttributeProto{{Name: "pads", Type: protos.AttributeProto_INTS, Ints: pads}}}},
			Initializer: []*protos.TensorProto{{Name: "w", DataType: int32(protos.TensorProto_FLOAT), Dims: dims, FloatData: w}},
			Input:       []*protos.ValueInfoProto{onnxnorm.Declare("x", x)},
			Output:      []*protos.ValueInfoProto{{Name: "y"}},
		},
	}
}
