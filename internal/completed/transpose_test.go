package completed_test

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
)

// Transpositions that leave all values in their order, and some that do not, of x = 1, 2, ... 6; and the gradient of
// the sum of squares, which is 2 x.
func TestTranspositionsByHand(t *testing.T) {
	on, err := device.OpenNamed("go")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dims, permutation []int
		want              any
	}{
		{[]int{2, 3}, []int{0, 1}, [][]float32{{1, 2, 3}, {4, 5, 6}}},
		{[]int{2, 1, 3}, []int{1, 0, 2}, [][][]float32{{{1, 2, 3}, {4, 5, 6}}}},
		{[]int{2, 1, 3}, []int{0, 2, 1}, [][][]float32{{{1}, {2}, {3}}, {{4}, {5}, {6}}}},
		{[]int{2, 3}, []int{1, 0}, [][]float32{{1, 4}, {2, 5}, {3, 6}}},
		{[]int{2, 1, 3}, []int{2, 1, 0}, [][][]float32{{{1, 4}}, {{2, 5}}, {{3, 6}}}},
	} {
		x := tensors.FromFlatDataAndDimensions([]float32{1, 2, 3, 4, 5, 6}, c.dims...)
		got := MustNewExec(on.Backend, func(x *Node) []*Node {
			y := TransposeAllAxes(x, c.permutation...)
			return append([]*Node{y}, Gradient(ReduceAllSum(Mul(y, y)), x)...)
		}).MustCall(x)
		if !got[0].Equal(tensors.MustFromAnyValue(c.want)) {
			t.Errorf("%v by %v is %s, want %v", c.dims, c.permutation, got[0], c.want)
		}
		if want := tensors.FromFlatDataAndDimensions([]float32{2, 4, 6, 8, 10, 12}, c.dims...); !got[1].Equal(want) {
			t.Errorf("%v by %v has the gradient %s, want %s", c.dims, c.permutation, got[1], want)
		}
	}
}
