package engine

import (
	"image"
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// halves is a model of square pictures that always says the same: with 0.8 an instance on
// the left half and with 0.5 one on the right, whose boxes are the whole picture. Its
// masks are 4 x 4.
func halves(t *testing.T, e *Engine, side int) *gradcamnb.Model {
	t.Helper()
	all, half := float32(side), float32(side)/2
	prep := imgio.Prep{Width: side, Height: side, Fit: imgio.Stretch, Scale: [3]float32{1, 1, 1}, Order: "RGB"}
	card := source.Card{
		Name: "halves", Input: []int{-1, side, side, 3}, Prep: &prep, Labels: []string{"thing"},
		Outputs:  []string{"candidates", "prototypes"},
		Detector: &detect.Spec{Decoder: detect.YOLOSeg.Name},
	}
	m, err := source.GoMLX(card, model.NewStore(), func(_ *model.Scope, x *Node) []*Node {
		nothing := MulScalar(ReduceMean(x, 1, 2, 3), 0) // what is said does not depend on the picture
		say := func(v any) *Node {
			c := Const(x.Graph(), v)
			batch := append([]int{x.Shape().Dim(0)}, c.Shape().Dimensions...)
			return Add(BroadcastToDims(InsertAxes(c, 0), batch...), InsertAxes(nothing, slices.Repeat([]int{-1}, c.Rank())...))
		}
		row := []float32{40, 40, -40, -40} // sigmoid(40) is 1
		return []*Node{
			say([][]float32{ // cx, cy, w, h, probability, coefficient; the other candidates are empty
				{half, half, 0, 0, 0, 0, 0, 0}, {half, half, 0, 0, 0, 0, 0, 0}, {all, all, 0, 0, 0, 0, 0, 0},
				{all, all, 0, 0, 0, 0, 0, 0},
				{0.8, 0.5, 0, 0, 0, 0, 0, 0}, {1, -1, 0, 0, 0, 0, 0, 0},
			}),
			say([][][]float32{{row, row, row, row}}),
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return gradcamnb.NewModel(e.Session(m))
}

// A mask that is drawn is compared with the masks of what could be there, overlap times
// confidence. The left half is the first instance, 1 * 0.8. The top half shares a quarter
// of the picture with each instance and covers three quarters with it, 1/3 * 0.8 with the
// surer one. The right half is the second, 1 * 0.5, and a strip of the rightmost quarter
// is half of it, 1/2 * 0.5. The picture is twice as large as the model's input, and the
// masks half of it.
func TestDrawnMask(t *testing.T) {
	pic := image.NewNRGBA(image.Rect(0, 0, 16, 16))
	rectangle := func(x0, y0, x1, y1 float64) heatmap.Grid {
		return heatmap.Polygon(16, 16, [2]float64{x0, y0}, [2]float64{x1, y0}, [2]float64{x1, y1}, [2]float64{x0, y1})
	}
	onBackends(t, func(t *testing.T, e *Engine) {
		m := halves(t, e, 8)
		for _, c := range []struct {
			name string
			mask heatmap.Grid
			want float64
		}{
			{"the left half", rectangle(0, 0, 8, 16), 0.8},
			{"the top half", rectangle(0, 0, 16, 8), 0.8 / 3},
			{"the right half", rectangle(8, 0, 16, 16), 0.5},
			{"a strip on the right", rectangle(12, 0, 16, 16), 0.25},
		} {
			r, err := m.Explain(pic, gradcamnb.Mask(c.mask, 0), gradcamnb.Methods("D-RISE"),
				gradcamnb.Sampled(gradcamnb.Sampling{Masks: 4, Grid: 4}))
			if err != nil {
				t.Fatal(err)
			}
			got := r.Maps[0]
			if !(math.Abs(float64(got.Score)-c.want) <= 1e-5) || !(math.Abs(float64(got.Sampled.Weights[3])-c.want) <= 1e-5) ||
				got.Box != c.mask.BoundingBox() {
				t.Errorf("%s scores %g, and %g under a mask, at %v; want %g at %v", c.name, got.Score, got.Sampled.Weights[3],
					got.Box, c.want, c.mask.BoundingBox())
			}
		}
		for want, target := range map[string]gradcamnb.Target{
			"the mask is 8 x 16 pixels and the picture 16 x 16": gradcamnb.Mask(heatmap.NewGrid(8, 16), 0),
			"the mask is empty": gradcamnb.Mask(heatmap.NewGrid(16, 16), 0),
			"there is no class 1: the detector has one, whose number is 0": gradcamnb.Mask(rectangle(0, 0, 4, 4), 1),
			"has no left side": gradcamnb.Mask(rectangle(0, 0, 4, 4), 0).Side("left"),
		} {
			if _, err := m.Explain(pic, target, gradcamnb.Methods("D-RISE")); err == nil ||
				!strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
	})
}
