package study

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A look divides a map into 12 x 12 equal parts and holds the mean of each part's positive values. One cell fills all
// parts, 24 cells a side are two by two a part, and of 8 cells each part covers two thirds of one.
func TestLookByHand(t *testing.T) {
	if got := newLook([]float32{3}, 1, 1); !slices.Equal(got, slices.Repeat([]uint8{255}, side*side)) {
		t.Errorf("one cell: %v", got)
	}
	values := make([]float32, 24*24)
	// The first part's mean is 6/4, the second's 3/4.
	values[0], values[1], values[24], values[2], values[3] = 4, -9, 2, 1, 2
	got := newLook(values, 24, 24)
	if got[0] != 255 || got[1] != 128 || slices.Max(got[2:]) != 0 {
		t.Errorf("two parts: %v", got[:3])
	}
	row := []float32{6, 0, 3, 0, 0, 0, 0, 0} // a part covers 2/3 of a cell: 6, then 6/2, 0, 3 and 3/2
	if got := newLook(row, 8, 1)[:6]; !slices.Equal(got, []uint8{255, 128, 0, 128, 64, 0}) {
		t.Errorf("eight cells: %v", got)
	}
	for _, nothing := range [][]float32{{-1, 0}, {float32(math.NaN()), 0}, {}} {
		if got := newLook(nothing, 2, 1); got != nil {
			t.Errorf("%v: %v", nothing, got)
		}
	}
	all := make([]float64, side*side)
	all[5*side+9], all[0] = 0.75, 0.25
	if got := describePlace(all); got != "right, 75 %" {
		t.Errorf("%q", got)
	}
}

// Quartiles of 1 to 9 are 3, 5 and 7, so 13 is as far as a whisker reaches, and 20 lies outside.
func TestBoxByHand(t *testing.T) {
	b := newBox(Cell{}, "m", []float64{9, 1, 2, 3, 4, 5, 6, 7, 8})
	if b.N != 9 || b.Low != 1 || b.Q1 != 3 || b.Median != 5 || b.Q3 != 7 || b.Upmost != 9 || b.Outside != nil {
		t.Errorf("%+v", b)
	}
	b = newBox(Cell{}, "m", []float64{20, 1, 2, 3, 4, 5, 6, 7, 8})
	if b.Upmost != 8 || !slices.Equal(b.Outside, []float64{20}) {
		t.Errorf("%+v", b)
	}
}

// The pictures of a sample do not depend on the order, nor on which parts they come in.
func TestSampleIsDrawnByNames(t *testing.T) {
	draw := func(from, to, step int) (s sample) {
		for i := from; i != to; i += step {
			row := Row{Index: i, Picture: "p" + strconv.Itoa(i), Layer: "l", Metrics: map[string]float64{"m": float64(i)}}
			s.draw([]Row{row}, []string{"m"}, [][]uint8{nil})
		}
		return s
	}
	all := draw(0, 1000, 1)
	if len(all) != mostSampled {
		t.Fatalf("%d pictures are kept", len(all))
	}
	if back := draw(999, -1, -1); !reflect.DeepEqual(all, back) {
		t.Error("the other way round other pictures are drawn")
	}
	one, other := draw(0, 300, 1), draw(300, 1000, 1)
	if one.merge(other); !reflect.DeepEqual(all, one) {
		t.Error("in two parts other pictures are drawn")
	}
	var sum float64 // of numbers from 0 to 999 the mean is 499.5, and that of 200 is within 3 x 18.3 of it
	for _, p := range all {
		sum += p.Maps[0].Values[0]
	}
	if mean := sum / mostSampled; !(math.Abs(mean-499.5) <= 55) {
		t.Errorf("the mean of the drawn ones is %g", mean)
	}
}

// Three heaps of points are three clusters, and one heap is one: the heaps' graph has three parts, whose Laplacian
// has the eigenvalue 0 three times.
func TestSpectralByHand(t *testing.T) {
	var points [][]float64
	draw := rand.New(rand.NewPCG(1, 1))
	for heap := range 3 {
		for range 20 {
			points = append(points, []float64{10*float64(heap) + draw.NormFloat64(), draw.NormFloat64(), draw.NormFloat64()})
		}
	}
	got := spectral(points)
	for i, k := range got {
		if k != got[i/20*20] {
			t.Fatalf("heap %d is divided: %v", i/20, got)
		}
	}
	if got[0] == got[20] || got[20] == got[40] || got[0] == got[40] {
		t.Errorf("heaps are put together: %v", got)
	}
	if got := spectral(points[:2]); !slices.Equal(got, []int{0, 0}) {
		t.Errorf("two points: %v", got)
	}
}

// Maps on the left and maps on the right are two clusters of their class.
func TestClustersOfAClass(t *testing.T) {
	var s sample
	draw := rand.New(rand.NewPCG(1, 1))
	for i := range 40 {
		values := make([]float32, 36)
		for k := range values {
			if (k%6 >= 3) == (i%2 == 1) { // the right half, of odd numbers
				values[k] = draw.Float32()
			}
		}
		row := Row{Index: i, Picture: "p" + strconv.Itoa(i), Method: "m", Class: "cat", Correct: i%2 == 0,
			Metrics: map[string]float64{}}
		s.draw([]Row{row}, nil, [][]uint8{newLook(values, 6, 6)})
	}
	got := s.clusters(Cell{Method: "m"})
	if len(got) != 2 || got[0].N != 20 || got[1].N != 20 {
		t.Fatalf("%d clusters", len(got))
	}
	for _, c := range got {
		left := strings.Contains(c.Where, "left")
		if c.Of != 40 || c.Class != "cat" || len(c.Examples) != examples || left != (c.Correct == 20) ||
			!left && c.Correct != 0 {
			t.Errorf("%d of %d, %d right, %s", c.N, c.Of, c.Correct, c.Where)
		}
	}
}

// Mean ranks 1, 1.5, 2.8 and 4 with a critical difference of 1.4: 1 and 1.5 belong together, 1.5 and 2.8, 2.8 and 4.
func TestGroupsByHand(t *testing.T) {
	var ranks []Rank
	for _, mean := range []float64{1, 1.5, 2.8, 4} {
		ranks = append(ranks, Rank{Metric: "m", Mean: mean, Critical: 1.4})
	}
	if got := groups(ranks); !slices.Equal(got, [][2]int{{0, 1}, {1, 2}, {2, 3}}) {
		t.Errorf("%v", got)
	}
	if svg := string((&Summary{Ranks: ranks}).criticalPlot("m")); strings.Count(svg, `class="bar"`) != 4 {
		t.Errorf("three bars and the difference's own are wanted: %s", svg)
	}
}

// One value is in the middle of its scale, also if it is one but for rounding.
func TestTicksOfOneValue(t *testing.T) {
	for _, v := range []float64{0, 1, -3, 1e20, 0.99999994} {
		s := newScale(0, 100, v, math.Nextafter(v, math.Inf(1)))
		if n := len(s.ticks()); n < 2 || n > 12 || !(math.Abs(s.at(v)-50) <= 1) {
			t.Errorf("%g: %d ticks, at %g of 100", v, n, s.at(v))
		}
	}
}

// Ticks are round, three to six, and within.
func TestTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   []float64
	}{{0, 1, []float64{0, 0.2, 0.4, 0.6, 0.8, 1}}, {-3, 12, []float64{0, 5, 10}},
		{0.111, 0.139, []float64{0.115, 0.12, 0.125, 0.13, 0.135}}} {
		s := newScale(0, 100, c.lo, c.hi)
		got := s.ticks()
		for i, v := range got {
			if len(got) != len(c.want) || !(math.Abs(v-c.want[i]) <= 1e-9) {
				t.Fatalf("%g to %g: %v, want %v", c.lo, c.hi, got, c.want)
			}
		}
	}
}
