package completed_test

import (
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
)

// BenchmarkExpAfterProduct computes exponentials of a product on the backend as it is and as it is completed. In a
// program with vector instructions the second takes a fraction of the time.
//
//	GOEXPERIMENT=simd go test ./internal/completed -run - -bench Exp
func BenchmarkExpAfterProduct(b *testing.B) {
	bare, err := compute.NewWithConfig("go:ops_sequential")
	if err != nil {
		b.Fatal(err)
	}
	completed, err := device.OpenNamed("go")
	if err != nil {
		b.Fatal(err)
	}
	for name, backend := range map[string]compute.Backend{"bare": bare, "completed": completed.Backend} {
		b.Run(name, func(b *testing.B) {
			exec := MustNewExec(backend, func(x, y *Node) *Node { return Exp(MatMul(x, y)) })
			x, y := ramp(1000, 8), ramp(8, 100)
			for b.Loop() {
				exec.MustCall(x, y)[0].MustFinalizeAll()
			}
		})
	}
}

// ramp returns a matrix of numbers between 0 and 1.
func ramp(rows, columns int) *tensors.Tensor {
	values := make([]float32, rows*columns)
	for i := range values {
		values[i] = float32(i%97) / 97
	}
	return tensors.FromFlatDataAndDimensions(values, rows, columns)
}

// A product is the same with its readers waiting for a copy: of matrices, in a batch, of whole numbers, to a single
// number, and of nothing.
func TestProductsByHand(t *testing.T) {
	on, err := device.OpenNamed("go")
	if err != nil {
		t.Fatal(err)
	}
	exec := MustNewExec(on.Backend, func(x, y, whole *Node) []*Node {
		return []*Node{MatMul(x, y), Exp(Sub(MatMul(x, y), MatMul(x, y))), Dot(Reshape(x, 4), Reshape(y, 4)).Product(),
			MatMul(ExpandAxes(x, 0), ExpandAxes(y, 0)), MatMul(whole, whole)}
	})
	got := exec.MustCall([][]float32{{1, 2}, {3, 4}}, [][]float32{{5, 6}, {7, 8}}, [][]int32{{1, 2}, {3, 4}})
	for i, want := range []any{
		[][]float32{{19, 22}, {43, 50}}, [][]float32{{1, 1}, {1, 1}}, float32(70),
		[][][]float32{{{19, 22}, {43, 50}}}, [][]int32{{7, 10}, {15, 22}},
	} {
		if !got[i].Equal(tensors.MustFromAnyValue(want)) {
			t.Errorf("result %d is %s, want %v", i, got[i], want)
		}
	}
}
