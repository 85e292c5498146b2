package engine

import (
	"image"
	"image/color"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// The user's function is called to list the layers and to make a program, and never again for another picture, another
// class, or the same question.
func TestGraphFunctionIsNotCalledAgain(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		calls := 0
		card := source.Card{Name: "counted", Input: []int{-1, 8, 8, 3}, Untrained: true,
			Prep: &imgio.Prep{Width: 8, Height: 8, Fit: imgio.Stretch, Scale: [3]float32{255, 255, 255}, Order: "RGB"}}
		m, err := source.GoMLX(card, model.NewStore(), func(scope *model.Scope, x *Node) []*Node {
			calls++
			x = layers.Convolution(scope.In("conv"), x).Channels(4).KernelSize(3).PadSame().Done()
			return []*Node{layers.Dense(scope.In("head"), ReduceMean(x, 1, 2), true, 3)}
		})
		if err != nil {
			t.Fatal(err)
		}
		explained := gradcamnb.NewModel(e.Session(m))
		explain := func(shade uint8, choices ...gradcamnb.Choice) int {
			t.Helper()
			picture := image.NewNRGBA(image.Rect(0, 0, 8, 8))
			picture.Set(2, 3, color.NRGBA{R: shade, A: 255})
			before := calls
			if _, err := explained.Explain(picture, choices...); err != nil {
				t.Fatal(err)
			}
			return calls - before
		}
		three := []gradcamnb.Choice{gradcamnb.Class(0), gradcamnb.Class(1), gradcamnb.Class(2)}
		for _, c := range []struct {
			what    string
			shade   uint8
			choices []gradcamnb.Choice
			most    int
		}{
			{"the first time: listed once, built once", 10, nil, 2},
			{"another picture", 20, nil, 0},
			{"a class by its number", 20, []gradcamnb.Choice{gradcamnb.Class(1)}, 0},
			{"another class", 20, []gradcamnb.Choice{gradcamnb.Class(2)}, 0},
			{"three targets", 20, three, 1},
			{"three targets of another picture", 30, three, 0},
		} {
			if got := explain(c.shade, c.choices...); got > c.most {
				t.Errorf("%s: the function is called %d times, and should be at most %d times", c.what, got, c.most)
			} else {
				t.Logf("%s: %d calls", c.what, got)
			}
		}
		before := calls
		if _, err := explained.Layers(); err != nil || calls > before {
			t.Errorf("listing the layers calls it %d times (%v)", calls-before, err)
		}
	})
}
