package metrics

import (
	"math"
	"slices"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

var nan = float32(math.NaN())

// 4 x 3, highest at (2, 1).
var hot = heatmap.Grid{W: 4, H: 3, Values: []float32{
	0, 0, 1, 0,
	0, 2, 5, 1,
	-3, 0, 1, 0,
}}

func mask(w, h int, on ...int) heatmap.Grid {
	g := heatmap.NewGrid(w, h)
	for _, i := range on {
		g.Values[i] = 1
	}
	return g
}

// Of 1 + 2 + 5 + 1 + 1 = 10, the mask of (1, 1) and (2, 1) holds 7. Cut at 0.2 * 5 = 1
// the map covers 5 cells, of which 2 are the mask's; at 0.4 * 5 = 2 exactly the mask.
func TestEnergyAndIoUByHand(t *testing.T) {
	object := mask(4, 3, 5, 6)
	if got := Energy(hot, object); !(math.Abs(got-0.7) <= 1e-12) {
		t.Errorf("energy %g, want 0.7", got)
	}
	for at, want := range map[float64]float64{0.2: 2.0 / 5, 0.4: 1, 0.9: 0.5} {
		if got := IoU(hot, object, at); got != want {
			t.Errorf("IoU at %g is %g, want %g", at, got, want)
		}
	}
	for name, g := range map[string]heatmap.Grid{"zero": heatmap.NewGrid(4, 3),
		"NaN": {W: 2, H: 1, Values: []float32{nan, nan}}} {
		if e, i := Energy(g, object), IoU(g, object, 0.5); !math.IsNaN(e) || !math.IsNaN(i) {
			t.Errorf("a map of %s has energy %g and IoU %g, want NaN", name, e, i)
		}
	}
}

func TestPointingByHand(t *testing.T) {
	for _, c := range []struct {
		object    heatmap.Grid
		tolerance int
		want      bool
	}{
		{mask(4, 3, 6), 0, true},
		{mask(4, 3, 5), 0, false},
		{mask(4, 3, 5), 1, true},
		{mask(4, 3, 1), 1, false}, // diagonal: sqrt(2) away
		{mask(4, 3, 1), 2, true},
	} {
		if got := Pointing(hot, c.object, c.tolerance); got != c.want {
			t.Errorf("on %v with tolerance %d: %v", c.object.Values, c.tolerance, got)
		}
	}
	if !Pointing(heatmap.Grid{W: 3, H: 1, Values: []float32{nan, 1, 2}}, mask(3, 1, 2), 0) {
		t.Error("NaN is taken for the highest value")
	}
	if Pointing(heatmap.Grid{W: 1, H: 1, Values: []float32{nan}}, mask(1, 1, 0), 0) {
		t.Error("a map without a number hits")
	}
}

// (0/2 + 1/4 + 1 + 1/2 / 2) / 3.
func TestAreaByHand(t *testing.T) {
	if got, want := area([]float32{0, 0.25, 1, 0.5}), 1.5/3; !(math.Abs(got-want) <= 1e-9) {
		t.Errorf("%g, want %g", got, want)
	}
}

// Pixels are ranked by falling value. Among equal ones those below zero in the raw map come last, and others are in
// order of their place.
func TestRanking(t *testing.T) {
	m := &heatmap.Map{Grid: heatmap.Grid{W: 5, H: 1, Values: []float32{0, 3, 0, 0, 1}},
		Raw: heatmap.Grid{W: 5, H: 1, Values: []float32{-2, 3, 0, 0, 1}}}
	if got, want := ranking(m), []int32{4, 0, 2, 3, 1}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	flat := &heatmap.Map{Grid: heatmap.NewGrid(2, 1), Raw: heatmap.NewGrid(2, 1)}
	broken := &heatmap.Map{Grid: heatmap.Grid{W: 2, H: 1, Values: []float32{nan, 1}},
		Raw: heatmap.Grid{W: 2, H: 1, Values: []float32{nan, 1}}}
	if !orders(m) || orders(flat) || orders(broken) {
		t.Error("a map of one value or with NaN puts pixels in an order")
	}
}

// Black is 0 before the preprocessing, in either layout.
func TestBlack(t *testing.T) {
	prep := &imgio.Prep{Order: "RGB", Mean: [3]float32{10, 20, 30}, Scale: [3]float32{10, 10, 10}}
	for layout, want := range map[imgio.Layout][]float32{
		imgio.ChannelsFirst: {-1, -1, -2, -2, -3, -3},
		imgio.ChannelsLast:  {-1, -2, -3, -1, -2, -3},
	} {
		dims := []int{1, 3, 1, 2}
		if layout == imgio.ChannelsLast {
			dims = []int{1, 1, 2, 3}
		}
		got, err := Baseline("black", make([]float32, 6), dims, layout, prep)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v, want %v", layout, got, err, want)
		}
	}
}

// A blur keeps a flat picture, the mean of a spike, and channels apart.
func TestBlur(t *testing.T) {
	const n = 21
	for layout, at := range map[imgio.Layout]func(y, x, c int) int{
		imgio.ChannelsLast:  func(y, x, c int) int { return (y*n+x)*2 + c },
		imgio.ChannelsFirst: func(y, x, c int) int { return (c*n+y)*n + x },
	} {
		dims := []int{1, 2, n, n}
		if layout == imgio.ChannelsLast {
			dims = []int{1, n, n, 2}
		}
		in := make([]float32, 2*n*n)
		in[at(10, 10, 0)] = 1
		for i := range n * n {
			in[at(i/n, i%n, 1)] = 3
		}
		got, err := Baseline("blur", in, dims, layout, nil)
		if err != nil {
			t.Fatal(err)
		}
		var sum float64
		for i := range n * n {
			sum += float64(got[at(i/n, i%n, 0)])
			if !(math.Abs(float64(got[at(i/n, i%n, 1)])-3) <= 1e-5) {
				t.Fatalf("%s: a flat channel becomes %g", layout, got[at(i/n, i%n, 1)])
			}
		}
		if !(math.Abs(sum-1) <= 1e-5) || got[at(10, 10, 0)] > 0.9 || got[at(10, 9, 0)] != got[at(9, 10, 0)] {
			t.Errorf("%s: a spike of 1 sums to %g and keeps %g", layout, sum, got[at(10, 10, 0)])
		}
	}
}
