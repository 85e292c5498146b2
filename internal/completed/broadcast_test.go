package completed_test

import (
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
)

// Broadcasts and their gradients, counted off: those that repeat a whole operand, in 1, 2, 6 and 7 rows, of floats and
// of whole numbers, and those that repeat something else.
func TestBroadcastsByHand(t *testing.T) {
	on, err := device.OpenNamed("go")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ in, out []int }{
		{[]int{1, 3}, []int{1, 3}}, {[]int{1, 3}, []int{2, 3}}, {[]int{1, 1, 3}, []int{2, 3, 3}},
		{[]int{1, 2, 3}, []int{7, 2, 3}}, {[]int{1, 1}, []int{2, 3}},
		{[]int{3, 1}, []int{3, 2}}, {[]int{2, 1, 3}, []int{2, 7, 3}}, {[]int{1, 2, 1}, []int{5, 2, 3}},
	} {
		x, factors := count(c.in), count(c.out)
		exec := MustNewExec(on.Backend, func(x, factors, whole *Node) []*Node {
			y := BroadcastToDims(x, c.out...)
			return append([]*Node{y, BroadcastToDims(whole, c.out...)}, Gradient(ReduceAllSum(Mul(y, factors)), x)...)
		})
		whole := make([]int32, len(x))
		for i := range whole {
			whole[i] = int32(x[i])
		}
		got := exec.MustCall(tensors.FromFlatDataAndDimensions(x, c.in...),
			tensors.FromFlatDataAndDimensions(factors, c.out...), tensors.FromFlatDataAndDimensions(whole, c.in...))
		want, wantWhole, slope := make([]float32, len(factors)), make([]int32, len(factors)), make([]float32, len(x))
		for to := range want {
			from, rest, stride := 0, to, 1
			for axis := len(c.out) - 1; axis >= 0; axis-- {
				if at := rest % c.out[axis]; c.in[axis] > 1 {
					from += at * stride
				}
				rest, stride = rest/c.out[axis], stride*c.in[axis]
			}
			want[to], wantWhole[to] = x[from], whole[from]
			slope[from] += factors[to]
		}
		if y := tensors.MustCopyFlatData[float32](got[0]); !slices.Equal(y, want) {
			t.Errorf("%v in %v: %v, want %v", c.in, c.out, y, want)
		}
		if y := tensors.MustCopyFlatData[int32](got[1]); !slices.Equal(y, wantWhole) {
			t.Errorf("whole numbers, %v in %v: %v, want %v", c.in, c.out, y, wantWhole)
		}
		if y := tensors.MustCopyFlatData[float32](got[2]); !slices.Equal(y, slope) {
			t.Errorf("gradient of %v in %v: %v, want %v", c.in, c.out, y, slope)
		}
	}
}

// count returns 1, 2, 3 and so on, as many as a tensor has values.
func count(dims []int) []float32 {
	values := make([]float32, shapes.Make(dtypes.Float32, dims...).Size())
	for i := range values {
		values[i] = float32(i + 1)
	}
	return values
}
