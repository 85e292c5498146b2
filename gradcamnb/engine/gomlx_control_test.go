package engine

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/internal/testing/marked"
)

// A function with a branch or a loop is explained by hiding parts of the picture. By hand, of 1, 2, 3, 4: the branch
// takes 3 x, whose mean is 7.5, and three turns of the loop double x, to 20. GoMLX has no gradient through either, and
// does not tell what they read, so methods that need to know say so, with the line. Stops of the gradient, before or
// behind, change nothing.
func TestBranchesAndLoops(t *testing.T) {
	for name, c := range map[string]struct {
		fn    func(x *Node) *Node
		score float64
	}{
		"If": {func(x *Node) *Node {
			positive := GreaterThan(ReduceAllMean(x), ScalarZero(x.Graph(), x.DType()))
			yes := NewClosure(x.Graph(), func(*Graph) []*Node { return []*Node{MulScalar(x, 3)} })
			no := NewClosure(x.Graph(), func(*Graph) []*Node { return []*Node{Neg(x)} })
			return If(positive, yes, no)[0] // at: If
		}, 7.5},
		"Loop": {func(x *Node) *Node {
			var state [2]*Node
			begin := func(g *Graph) {
				state = [2]*Node{Parameter(g, "i", shapes.Make(dtypes.Int32)), Parameter(g, "x", x.Shape())}
			}
			again := NewClosure(x.Graph(), func(g *Graph) []*Node {
				begin(g)
				return []*Node{LessThan(state[0], Scalar(g, dtypes.Int32, 3))}
			})
			turn := NewClosure(x.Graph(), func(g *Graph) []*Node {
				begin(g)
				return []*Node{AddScalar(state[0], 1), MulScalar(state[1], 2)}
			})
			return While(again, turn, Scalar(x.Graph(), dtypes.Int32, 0), x)[1] // at: Loop
		}, 20},
	} {
		hidden(t, name, c.score, func(x *Node) *Node { return ReduceMean(c.fn(StopGradient(MulScalar(x, 1))), 1, 2) })
		m := hidden(t, name, c.score, func(x *Node) *Node { return StopGradient(ReduceMean(c.fn(MulScalar(x, 1)), 1, 2)) })
		net := gradcamnb.NewModel(testEngine(t, "go").Session(m))
		line := marked.Line(t, "gomlx_control_test.go", name)
		for _, method := range []string{"Saliency", "Guided backpropagation", "SmoothGrad", "Integrated gradients"} {
			_, err := net.ExplainTensor(fourPixels, gradcamnb.Methods(method), gradcamnb.Class(0))
			if err == nil || !strings.Contains(err.Error(), "of the operator "+name) || !names(err.Error(), line) {
				t.Errorf("%s of %s: error %v", method, name, err)
			}
		}
	}
}

var fourPixels = gradcamnb.Tensor{Dims: []int{1, 2, 2, 1}, Values: []float32{1, 2, 3, 4}}

// hidden explains a function of four pixels by hiding them, and returns it as a model.
func hidden(t *testing.T, name string, score float64, fn func(x *Node) *Node) source.Model {
	t.Helper()
	m, err := source.GoMLX(source.Card{Name: "controlled", Input: []int{-1, 2, 2, 1}}, model.NewStore(),
		func(_ *model.Scope, x *Node) []*Node { return []*Node{fn(x)} })
	if err != nil {
		t.Fatal(err)
	}
	hide := gradcamnb.Request{Methods: []string{"Occlusion"}, Targets: []gradcamnb.Target{gradcamnb.Class(0)}}
	hide.Sampling.Grid = 2
	r, err := gradcamnb.NewModel(testEngine(t, "go").Session(m)).ExplainTensor(fourPixels, hide)
	if err != nil || !(math.Abs(float64(r[0].Maps[0].Score)-score) <= 1e-5) {
		t.Errorf("%s: %v, error %v", name, r, err)
	}
	return m
}
