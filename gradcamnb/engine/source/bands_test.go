package source

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// Depthwise convolutions as products of bands, which programs with vector instructions use, give the sums of the
// definition: with strides, dilations, uneven padding, and wider than one band.
func TestDepthwiseBands(t *testing.T) {
	const channels = 3
	for _, c := range []struct{ n, h, w, k, l, stride, dilate, top, left, bottom, right int }{
		{2, 9, 11, 5, 5, 1, 1, 2, 2, 2, 2}, {1, 12, 14, 7, 7, 2, 1, 3, 2, 2, 3}, {1, 13, 12, 5, 5, 1, 2, 4, 4, 4, 4},
		{1, 6, 150, 5, 6, 1, 1, 0, 3, 1, 2}, {1, 7, 7, 7, 7, 1, 1, 0, 0, 0, 0}, {2, 5, 140, 3, 9, 2, 1, 1, 4, 1, 4},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			dims := []int{c.n, channels, c.h, c.w}
			x, w := picture(dims), picture([]int{channels, 1, c.k, c.l})
			net := convolution(dims, []int{channels, 1, c.k, c.l}, w,
				[]int64{int64(c.top), int64(c.left), int64(c.bottom), int64(c.right)})
			ints := func(name string, values ...int64) *protos.AttributeProto {
				return &protos.AttributeProto{Name: name, Type: protos.AttributeProto_INTS, Ints: values}
			}
			net.Graph.Node[0].Attribute = append(net.Graph.Node[0].Attribute,
				&protos.AttributeProto{Name: "group", Type: protos.AttributeProto_INT, I: channels},
				ints("strides", int64(c.stride), int64(c.stride)), ints("dilations", int64(c.dilate), int64(c.dilate)))
			oh := (c.h+c.top+c.bottom-(c.k-1)*c.dilate-1)/c.stride + 1
			ow := (c.w+c.left+c.right-(c.l-1)*c.dilate-1)/c.stride + 1
			want := make([]float64, c.n*channels*oh*ow)
			for at := range want {
				plane, row, col := at/(oh*ow), at/ow%oh, at%ow
				for k := range c.k * c.l {
					r, s := row*c.stride+k/c.l*c.dilate-c.top, col*c.stride+k%c.l*c.dilate-c.left
					if r >= 0 && r < c.h && s >= 0 && s < c.w {
						want[at] += float64(x[(plane*c.h+r)*c.w+s]) * float64(w[plane%channels*c.k*c.l+k])
					}
				}
			}
			file := golden.Save(t, net)
			onBackends(t, func(t *testing.T, b compute.Backend, o onnxnorm.Options) {
				o.Vectors = true
				m, err := ONNXWith(file, o)
				if err != nil {
					t.Fatal(err)
				}
				got := outputs(t, b, m, dims, x)["y"]
				if len(got) != len(want) {
					t.Fatalf("%d values, want %d", len(got), len(want))
				}
				for i, v := range want {
					if !(math.Abs(float64(got[i])-v) < 1e-5) {
						t.Fatalf("value %d is %g, want %g", i, got[i], v)
					}
				}
			})
		})
	}
}
