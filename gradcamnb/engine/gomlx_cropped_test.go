package engine

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// meanOf opens a function that takes a part of a picture of 8 x 8 and answers with the mean of a convolution with the
// one weight 1.
func meanOf(t *testing.T, e *Engine, part func(x *Node) *Node) *gradcamnb.Model {
	t.Helper()
	m, err := source.GoMLX(source.Card{Name: "part", Input: []int{-1, 8, 8, 1}, Untrained: true}, model.NewStore(),
		func(scope *model.Scope, x *Node) []*Node {
			x = part(x)
			w := scope.In("conv").VariableWithValue("weights", [][][][]float32{{{{1}}}})
			x = Convolve(x, w.NodeValue(x.Graph())).NoPadding().Done()
			return []*Node{ReduceMean(activation.Relu(x), 1, 2)}
		})
	if err != nil {
		t.Fatal(err)
	}
	return gradcamnb.NewModel(e.Session(m))
}

// A map of a part that the function cuts from the picture lies on that part. By hand: the score is the mean of 16
// pixels, so the gradient of each is 1/16, and the map is pixel/16.
func TestMapOfPartInGoMLX(t *testing.T) {
	picture := gradcamnb.Tensor{Dims: []int{1, 8, 8, 1}}
	for i := range 64 {
		picture.Values = append(picture.Values, float32(i+1))
	}
	onBackends(t, func(t *testing.T, e *Engine) {
		m := meanOf(t, e, func(x *Node) *Node {
			halves := []*Node{Slice(x, AxisRange(), AxisRange(0, 4)), Slice(x, AxisRange(), AxisRange(4))}
			return Slice(Concatenate(halves, 1), AxisRange(), AxisRange(4), AxisRange(2, 6)) // the halves are whole again
		})
		results, err := m.ExplainTensor(picture, gradcamnb.Methods("HiResCAM"))
		if err != nil {
			t.Fatal(err)
		}
		got := results[0].Maps[0]
		for y := range 8 {
			for x := range 8 {
				want := 0.0
				if y >= 4 && x >= 2 && x < 6 {
					want = float64(picture.Values[8*y+x]) / 16
				}
				if !(math.Abs(float64(got.At(x, y))-want) <= 1e-5) {
					t.Fatalf("(%d, %d) has %g, want %g", x, y, got.At(x, y), want)
				}
			}
		}
	})
}

// Cells that no longer lie where they lay have no map. Windows of a pooling that are written as slices are no crops.
func TestCellsThatMovedInGoMLX(t *testing.T) {
	e := testEngine(t, "go")
	picture := gradcamnb.Tensor{Dims: []int{1, 8, 8, 1}, Values: make([]float32, 64)}
	for name, c := range map[string]struct {
		part func(x *Node) *Node
		want string
	}{
		"mirrored": {func(x *Node) *Node { return Reverse(x, 2) }, "no layer"},
		"swapped": {func(x *Node) *Node {
			return Concatenate([]*Node{Slice(x, AxisRange(), AxisRange(4)), Slice(x, AxisRange(), AxisRange(0, 4))}, 1)
		}, "no layer"},
		"halves on each other": {func(x *Node) *Node {
			return Add(Slice(x, AxisRange(), AxisRange(4)), Slice(x, AxisRange(), AxisRange(0, 4)))
		}, "no layer"},
		"edges mirrored around": {func(x *Node) *Node {
			return Concatenate([]*Node{Reverse(Slice(x, AxisRange(), AxisRange(1, 2)), 1), x}, 1)
		}, ""},
		"pooled": {func(x *Node) *Node {
			return Max(Slice(x, AxisRange(), AxisRange(0, 7)), Slice(x, AxisRange(), AxisRange(1, 8)))
		}, ""},
	} {
		_, err := meanOf(t, e, c.part).ExplainTensor(picture)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
