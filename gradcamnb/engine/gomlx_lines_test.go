package engine_test

import (
	"errors"
	"image"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/marked"
)

// network is a model whose graph function is a method.
type network struct{ channels int }

func (n network) forward(scope *model.Scope, x *Node) []*Node { // at: method that returns nothing
	layers.Convolution(scope.In("conv"), x).Channels(n.channels).KernelSize(3).Done()
	return nil
}

func (n network) fails(_ *model.Scope, x *Node) []*Node {
	return []*Node{Reshape(x, n.channels)} // at: method that fails
}

// generic is a graph function of any type of number.
func generic[T float32 | float64](_ *model.Scope, x *Node) []*Node {
	return []*Node{MatMul(x, Const(x.Graph(), []T{1}))} // at: generic function
}

// An error names the line of the author's code, and not that of a library that it calls, be it this engine, Go's own or
// GoMLX, nor that of the call which explains the model.
func TestLinesOfAuthors(t *testing.T) {
	for name, fn := range map[string]source.GraphFn{
		"nothing to name": func(*model.Scope, *Node) []*Node {
			return []*Node{engine.Layer(nil, "/x")} // at: nothing to name
		},
		"Go's own function": func(_ *model.Scope, x *Node) []*Node {
			dims := slices.Insert([]int{1}, 5, 2) // at: Go's own function
			return []*Node{Reshape(x, dims...)}
		},
		"called back by a library": func(_ *model.Scope, x *Node) []*Node {
			slices.SortFunc([]int{1, 2}, func(a, b int) int {
				exceptions.Panicf("no order of %d and %d", a, b) // at: called back by a library
				return 0
			})
			return []*Node{x}
		},
		"function within": func(_ *model.Scope, x *Node) []*Node {
			block := func(x *Node, axis int) *Node {
				return ReduceMean(x, axis) // at: function within
			}
			return []*Node{block(block(x, 1), 7)}
		},
		"method that fails":           network{7}.fails,
		"method that returns nothing": network{2}.forward,
		"generic function":            generic[float32],
	} {
		card := source.Card{Name: "mine", Input: []int{-1, 8, 8, 3}, Untrained: true, Prep: &imgio.Prep{Width: 8, Height: 8,
			Fit: imgio.Stretch, Scale: [3]float32{255, 255, 255}, Order: "RGB"}}
		m, err := source.GoMLX(card, model.NewStore(), fn)
		if err != nil {
			t.Fatal(err)
		}
		_, err = gradcamnb.NewModel(engine.New("go").Session(m)).Explain(image.NewNRGBA(image.Rect(0, 0, 8, 8)))
		var f *gradcamnb.FunctionError
		if !errors.As(err, &f) {
			t.Errorf("%s: error %v", name, err)
			continue
		}
		if want := marked.Line(t, "gomlx_lines_test.go", name); f.Line != want || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error names %s, want %s: %v", name, f.Line, want, err)
		}
	}
}
