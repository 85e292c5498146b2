package engine

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// Two layers of four pixels, all 1, b made of a: S = SUM w b + SUM v a. HiResCAM there is
//
//	at a: w + v = 0, 1, 4, 2, scaled 0, 1/4, 1, 1/2
//	at b: w     = 2, 4, 3, 2, scaled 0, 1, 1/2, 0
//
// The mean 0, 5/8, 3/4, 1/4 is scaled to 0, 5/6, 1, 1/3; the largest are 0, 1, 1, 1/2; the
// product 0, 1/4, 1/2, 0 is scaled to 0, 1/2, 1, 0, and that of a layer with itself would
// not be.
func TestFusionByHand(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		m := gomlxModel(t, e, source.Card{Name: "two layers", Input: []int{-1, 1, 4, 1}}, func(x *Node) []*Node {
			a := MulScalar(x, 1).WithAlias("/a")
			b := MulScalar(a, 1).WithAlias("/b")
			row := func(n *Node, values ...float32) *Node {
				return Mul(Reshape(n, n.Shape().Dim(0), 4), InsertAxes(Const(n.Graph(), values), 0))
			}
			return []*Node{ReduceAndKeep(Add(row(b, 2, 4, 3, 2), row(a, -2, -3, 1, 0)), ReduceSum, 1)}
		})
		in := gradcamnb.Tensor{Dims: []int{1, 1, 4, 1}, Values: []float32{1, 1, 1, 1}}
		for method, want := range map[string][]float32{
			"Mean(HiResCAM)":      {0, 5. / 6, 1, 1. / 3},
			"Max(HiResCAM)":       {0, 1, 1, 0.5},
			"RefineCAM(HiResCAM)": {0, 0.5, 1, 0},
			"Product(HiResCAM)":   {0, 0.5, 1, 0},
		} {
			r, err := m.ExplainTensor(in, gradcamnb.Class(0), gradcamnb.Layers("/a", "/b"), gradcamnb.Methods(method))
			if err != nil {
				t.Fatalf("%s: %v", method, err)
			}
			wantMap(t, method, r[0].Maps[0].Values, want...)
		}
	})
}
