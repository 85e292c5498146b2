package vjp

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/activation"

	"github.com/gradcam-go/gradcam/internal/completed"
)

// Where the pieces of a function meet, an explanation takes the derivative of torch 2.15.0 (docs/kinks.md has torch's
// words and values), and a training the one of GoMLX.
func TestKinksOfGoMLX(t *testing.T) { onBackends(t, testKinksOfGoMLX) }

func testKinksOfGoMLX(t *testing.T, on compute.Backend) {
	for name, c := range map[string]struct {
		f                func(x *Node) *Node
		at, torch, gomlx []float64
	}{
		"relu": {activation.Relu, []float64{-1, 0, 1}, []float64{0, 0, 1}, []float64{0, 1, 1}},
		"max(0, x)": {func(x *Node) *Node { return Max(ZerosLike(x), x) }, []float64{-1, 0, 1}, []float64{0, 0, 1},
			[]float64{0, 0, 1}},
		"min(x, 1)": {func(x *Node) *Node { return MinScalar(x, 1) }, []float64{0, 1, 2}, []float64{1, 0, 0},
			[]float64{1, 0, 0}},
		"relu6": {func(x *Node) *Node { return ClipScalar(x, 0, 6) }, []float64{0, 3, 6, 7},
			[]float64{0, 1, 0, 0}, []float64{1, 1, 0, 0}},
		"clip": {func(x *Node) *Node {
			return Clip(x, ScalarZero(x.Graph(), x.DType()),
				Scalar(x.Graph(), x.DType(), 6))
		}, []float64{0, 3, 6}, []float64{0, 1, 0}, []float64{0, 1, 0}},
		"leaky relu": {func(x *Node) *Node { return activation.LeakyReluWith(x, 0.25) }, []float64{-1, 0, 1},
			[]float64{0.25, 0.25, 1}, []float64{0.25, 1, 1}},
		"hard swish":     {activation.HardSwish, []float64{-3, 3}, []float64{0, 1}, []float64{-0.5, 1}},
		"absolute value": {Abs, []float64{-2, 0, 2}, []float64{-1, 0, 1}, []float64{-1, 1, 1}},
		"a half each": {func(x *Node) *Node {
			return Mul(Max(x, Reverse(x, 0)),
				Const(x.Graph(), []float64{1, 2, 4}))
		}, []float64{5, 7, 5}, []float64{2.5, 2, 2.5}, []float64{1, 2, 4}},
		"shared by a max": {func(x *Node) *Node { return ReduceMax(x, 0) }, []float64{3, 1, 3}, []float64{0.5, 0, 0.5},
			[]float64{1, 0, 1}},
		"shared by a min": {func(x *Node) *Node { return ReduceMin(x, 0) }, []float64{3, 1, 1, 1, 1},
			[]float64{0, 0.25, 0.25, 0.25, 0.25}, []float64{0, 1, 1, 1, 1}},
		"max pool, the first": {func(x *Node) *Node { return MaxPool(Reshape(x, 1, 4, 1)).Window(2).Done() },
			[]float64{2, 2, 0, 0}, []float64{1, 0, 1, 0}, []float64{1, 0, 1, 0}},
	} {
		slopes := func(graph string) []float64 {
			e := MustNewExec(on, func(x *Node) *Node { return Gradient(ReduceAllSum(c.f(x)), x)[0] }).WithName(graph)
			return tensors.MustCopyFlatData[float64](e.MustCall(tensors.FromValue(c.at))[0])
		}
		same := func(a, b float64) bool { return math.Abs(a-b) <= 1e-15 } // but for the last bit
		if got := slopes(completed.PlainPrefix + "explained"); !slices.EqualFunc(got, c.torch, same) {
			t.Errorf("%s: the slopes at %v are %v, and torch's %v", name, c.at, got, c.torch)
		}
		if got := slopes("trained"); !slices.EqualFunc(got, c.gomlx, same) {
			t.Errorf("%s: in a training the slopes at %v are %v, and GoMLX's %v", name, c.at, got, c.gomlx)
		}
	}
}
