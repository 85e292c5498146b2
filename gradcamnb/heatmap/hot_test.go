package heatmap

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

func gridOf(w int, values ...float32) Grid { return Grid{W: w, H: len(values) / w, Values: values} }

// Thresholds by hand; those of quantiles are numpy 2.4's, that of the last Otsu is scikit-image 0.26.0's
// (threshold_otsu of the same numbers as uint8 is 61: what is above it is what is at least 200).
func TestThresholds(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		cut  string
		grid Grid
		want float64
		err  bool
	}{
		{"over:1.5", gridOf(2, 0, 1, 2, 3), 1.5, false},
		{"share:0.25", gridOf(2, -8, 1, 2, 4), 1, false},
		{"share:0.25", gridOf(2, -8, -1, 0, -4), 0, true},
		{"quantile:0", gridOf(2, 3, 1, 2, 4), 1, false},
		{"quantile:0.9", gridOf(5, 5, 3, 1, 2, 4), 4.6, false},
		{"quantile:0.5", gridOf(5, 5, nan, 1, 2, 4), 3, false},
		{"quantile:1", gridOf(2, 3, 1, 2, 4), 4, false},
		{"quantile:0.5", gridOf(1, nan), 0, true},
		{"otsu", gridOf(4, 0, 0, 10, 10), 10, false},
		{"otsu", gridOf(4, 0, 1, 9, nan), 9, false},
		{"otsu", gridOf(2, 3, 3), 0, true},
		{"otsu", gridOf(10, 1, 2, 2, 3, 9, 50, 51, 60, 61, 200), 200, false},
	} {
		cut, err := ParseCut(c.cut)
		if err != nil {
			t.Fatal(err)
		}
		if cut.String() != c.cut {
			t.Errorf("%s is written %s", c.cut, cut)
		}
		if got, err := cut.Threshold(c.grid); (err != nil) != c.err || !(math.Abs(got-c.want) <= 1e-12) {
			t.Errorf("%s of %v: %g, %v, want %g", c.cut, c.grid.Values, got, err, c.want)
		}
	}
	for _, cut := range []Cut{{}, CutAt(math.NaN()), CutAtShare(2), CutAtQuantile(-0.5), CutAtQuantile(1.5),
		CutAtQuantile(math.NaN())} {
		if got, err := cut.Threshold(gridOf(2, 0, 1, 2, 3)); err == nil {
			t.Errorf("%s cuts at %g", cut, got)
		}
	}
	for _, text := range []string{"", "otus", "otsu:3", "share", "share:2", "quantile:-1", "over:NaN", "over:x"} {
		if _, err := ParseCut(text); err == nil {
			t.Errorf("%q is a cut", text)
		}
	}
}

// A picture of 4 x 2 pixels of which the model saw the left half, and a map of one hot column.
func TestHot(t *testing.T) {
	frame := imgio.Frame{PictureW: 4, PictureH: 2, ModelW: 2, ModelH: 2, ScaleX: 1, ScaleY: 1}
	m := &Map{Grid: gridOf(2, 1, 5, 1, 5)}
	h, err := (&Result{Frame: frame, Maps: []*Map{m}}).Hot(m, CutAtShare(0.5))
	if err != nil {
		t.Fatal(err)
	}
	if want := []float32{0, 1, 0, 0, 0, 1, 0, 0}; !slices.Equal(h.Mask.Values, want) || h.Threshold != 2.5 ||
		h.Box != (Box{1, 0, 2, 2}) || h.Area != 0.25 {
		t.Errorf("%+v, want the mask %v", h, want)
	}
	if h, err = (&Result{Frame: frame, Maps: []*Map{m}}).Hot(m, CutAt(-1)); err != nil || h.Area != 0.5 {
		t.Errorf("below all values: %+v, %v", h, err)
	}
	if _, err := (&Result{Frame: frame, Maps: []*Map{m}}).Hot(m, Cut{}); err == nil {
		t.Error("without a cut there is no error")
	}
}

// Outlines by hand: a square, a ring with a hole that runs the other way round, two pixels that meet at a corner.
func TestOutlines(t *testing.T) {
	for _, c := range []struct {
		grid Grid
		want [][]image.Point
	}{
		{gridOf(3, 0, 0, 0, 0, 1, 0, 0, 0, 0), [][]image.Point{{{1, 1}, {2, 1}, {2, 2}, {1, 2}}}},
		{gridOf(3, 1, 1, 1, 1, 0, 1, 1, 1, 1), [][]image.Point{{{0, 0}, {3, 0}, {3, 3}, {0, 3}},
			{{2, 1}, {1, 1}, {1, 2}, {2, 2}}}},
		{gridOf(2, 1, 0, 0, 1), [][]image.Point{{{0, 0}, {1, 0}, {1, 1}, {2, 1}, {2, 2}, {1, 2}, {1, 1}, {0, 1}}}},
		{gridOf(2, 0, 0, 0, 0), nil},
	} {
		got := c.grid.Outlines()
		if !slices.EqualFunc(got, c.want, slices.Equal[[]image.Point]) {
			t.Errorf("%v has the outlines %v, want %v", c.grid.Values, got, c.want)
		}
	}
}

// Filled, the outlines of any mask are the mask.
func TestOutlinesAreTheMask(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		w, h := 1+r.IntN(9), 1+r.IntN(9)
		g, back := NewGrid(w, h), NewGrid(w, h)
		for i := range g.Values {
			g.Values[i] = float32(r.IntN(2))
		}
		for _, loop := range g.Outlines() {
			corners := make([][2]float64, len(loop))
			for i, p := range loop {
				corners[i] = [2]float64{float64(p.X), float64(p.Y)}
				if q := loop[(i+1)%len(loop)]; (p.X == q.X) == (p.Y == q.Y) {
					t.Fatalf("%v: the side from %v to %v is neither upright nor level", loop, p, q)
				}
			}
			for i, v := range Polygon(w, h, corners...).Values {
				back.Values[i] = float32(math.Abs(float64(back.Values[i] - v)))
			}
		}
		if !slices.Equal(back.Values, g.Values) {
			t.Fatalf("%d x %d: %v becomes %v", w, h, g.Values, back.Values)
		}
	}
}
