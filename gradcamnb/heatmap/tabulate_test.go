package heatmap

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// explained is a result of two layers by two methods, with RISE, which has no layer.
func explained(target, class string) *Result {
	r := &Result{Model: "net"}
	for _, layer := range []string{"conv1", "conv2"} {
		for _, method := range []string{"Grad-CAM", "LayerCAM"} {
			r.Maps = append(r.Maps, &Map{Grid: Grid{W: 1, H: 1, Values: []float32{float32(len(r.Maps))}}, Layer: layer,
				Method: method, Target: target, Class: class})
		}
	}
	r.Maps = append(r.Maps, &Map{Grid: NewGrid(1, 1), Method: "RISE", Target: target, Class: class})
	return r
}

func TestTabulate(t *testing.T) {
	r := explained("class 1", "cat")
	s, err := Tabulate([]*Result{r}, []Axis{ByLayer}, []Axis{ByMethod})
	if err != nil {
		t.Fatal(err)
	}
	if s.Title != "net, cat" || !slices.Equal(s.Rows, []string{"conv1", "conv2", "the picture"}) ||
		!slices.Equal(s.Columns, []string{"Grad-CAM", "LayerCAM", "RISE"}) {
		t.Errorf("%q, %q by %q", s.Title, s.Rows, s.Columns)
	}
	for i, want := range [][]int{{0, 1, -1}, {2, 3, -1}, {-1, -1, 4}} {
		for j, w := range want {
			if _, m := s.At(i, j); (m == nil) != (w < 0) || m != nil && m != r.Maps[w] {
				t.Errorf("row %d, column %d is not map %d", i, j, w)
			}
		}
	}
}

// The prediction is another class in every picture, and one target all the same.
func TestTabulatePictures(t *testing.T) {
	a, b := explained("top 1, class 1", "cat"), explained("top 1, class 2", "dog")
	for _, m := range append(slices.Clone(a.Maps), b.Maps...) {
		m.AskedRank = 1
	}
	s, err := Tabulate([]*Result{a, b}, []Axis{ByPicture, ByLayer}, []Axis{ByTarget, ByMethod})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Rows) != 6 || s.Rows[4] != "picture 2, conv2" || s.Columns[0] != "top 1, Grad-CAM" {
		t.Errorf("%q by %q", s.Rows, s.Columns)
	}
	if r, m := s.At(4, 1); r != b || m != b.Maps[3] {
		t.Error("the map of the second picture is not in its place")
	}
	for want, axes := range map[string][2][]Axis{
		"the maps differ in pictures, too":     {{ByLayer}, {ByMethod}},
		"the maps differ in layers, too":       {{ByPicture}, {ByMethod}},
		"layers cannot be both down and acros": {{ByLayer}, {ByLayer}},
	} {
		if _, err := Tabulate([]*Result{a, b}, axes[0], axes[1]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	a.Maps = append(a.Maps, a.Maps[0])
	if _, err := Tabulate([]*Result{a}, []Axis{ByLayer}, []Axis{ByTarget, ByMethod}); err == nil ||
		!strings.Contains(err.Error(), "is there twice") {
		t.Errorf("one map twice: %v", err)
	}
	if _, err := Tabulate([]*Result{{}}, []Axis{ByLayer}, nil); err == nil {
		t.Error("nothing was laid out")
	}
}

// A map is framed if it leads clearly. The note says by how much, or how many do if there are several.
func TestFrame(t *testing.T) {
	a, b := explained("class 1", ""), explained("class 1", "")
	a.Maps[3].Lead = &Lead{Metric: "m", Over: []string{"mean", "blur", "black"}, Repeated: []float64{0.1, 0.2, 0.3},
		Steps: 8}
	lay := func(results ...*Result) *Sheet {
		s, err := Tabulate(results, []Axis{ByPicture, ByLayer}, []Axis{ByMethod})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	framed := func(s *Sheet) (out [][2]int) {
		for i := range s.Cells {
			for j, c := range s.Cells[i] {
				if c.Framed {
					out = append(out, [2]int{i, j})
				}
			}
		}
		return out
	}
	s := lay(a)
	if got, want := framed(s), [][2]int{{1, 1}}; !slices.Equal(got, want) {
		t.Errorf("framed: %v, want %v", got, want)
	}
	if want := "Framed: the best m (8 steps, what is hidden is blurred for insertion and of the mean colour for deletion). " +
		"It leads by 0.200 ± 0.058 over the baselines mean, blur, black."; s.Note != want {
		t.Errorf("the note is %q", s.Note)
	}
	a.Maps[3].Lead.Baseline = "rise-blur"
	if s = lay(a); !strings.HasPrefix(s.Note, "Framed: the best m (8 steps, over the baseline rise-blur). ") {
		t.Errorf("the note is %q", s.Note)
	}
	b.Maps[0].Lead = &Lead{Metric: "m", Repeated: []float64{0.1, 0.2, -0.1}}
	if s = lay(b); len(framed(s)) != 0 || s.Note != "No frame: the best by m leads the next best by 0.067 ± 0.088 in 3 draws, which is not clearly more than 0." {
		t.Errorf("framed: %v, and the note is %q", framed(s), s.Note)
	}
	b.Maps[0].Lead = &Lead{Metric: "m", Repeated: []float64{-0.1, -0.2, -0.3}}
	if s = lay(b); len(framed(s)) != 0 || s.Note != "No frame: the best by m falls behind the next best by 0.200 ± 0.058 in 3 draws." {
		t.Errorf("framed: %v, and the note is %q", framed(s), s.Note)
	}
	b.Maps[0].Lead = &Lead{Metric: "m", Repeated: []float64{0, 0, 0}, Over: []string{"mean", "blur", "black"}}
	if s = lay(b); len(framed(s)) != 0 || s.Note != "No frame: the best two by m are equal over the baselines mean, blur, black." {
		t.Errorf("framed: %v, and the note is %q", framed(s), s.Note)
	}
	if s = lay(a, b); s.Note != "Framed: the best m, if its lead is clear: 1 of 2." { // measured in other ways
		t.Errorf("the note is %q", s.Note)
	}
}

// The mean of 0.1, 0.2, 0.3 is 0.2, its standard error sqrt((0.01+0+0.01)/2/3) = 0.0577: 0.2 is more than twice that.
// Of 0.1, 0.2, -0.1 they are 0.0667 and sqrt((0.00111+0.01778+0.02778)/2/3) = 0.0882.
func TestLead(t *testing.T) {
	for _, c := range []struct {
		repeated  []float64
		mean, err float64
		clear     bool
	}{
		{[]float64{0.1, 0.2, 0.3}, 0.2, 0.0577350, true},
		{[]float64{0.1, 0.2, -0.1}, 0.0666667, 0.0881917, false},
		{[]float64{-0.1, -0.2, -0.3}, -0.2, 0.0577350, false}, // over other baselines than its own it is worse
		{[]float64{0.5}, 0.5, math.NaN(), true},
		{[]float64{0}, 0, math.NaN(), false},
	} {
		l := Lead{Repeated: c.repeated}
		same := func(a, b float64) bool { return math.Abs(a-b) < 1e-6 || math.IsNaN(a) && math.IsNaN(b) }
		if !same(l.Mean(), c.mean) || !same(l.StdErr(), c.err) || l.Clear() != c.clear {
			t.Errorf("%v: %g ± %g, clear is %t", c.repeated, l.Mean(), l.StdErr(), l.Clear())
		}
	}
}

// Two checkpoints below each other, and what the second has more of.
func TestStackAndSubtract(t *testing.T) {
	a, b := explained("class 1", "cat"), explained("class 1", "cat")
	a.Maps, b.Maps = a.Maps[:1], b.Maps[:1]
	b.Maps[0].Values[0] = 5
	one := func(r *Result) *Sheet {
		s, err := Tabulate([]*Result{r}, nil, []Axis{ByLayer})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s, err := Stack([]string{"step 100", "step 200"}, one(a), one(b))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Subtract(1, 0); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Rows, []string{"step 100", "step 200", "step 200 - step 100"}) {
		t.Errorf("rows %q", s.Rows)
	}
	if r, m := s.At(2, 0); r != b || m.Raw.Values[0] != 5 || !s.Cells[2][0].Signed {
		t.Errorf("the difference is %+v", m)
	}
	if err := s.Subtract(0, 7); err == nil {
		t.Error("a row that is not there was subtracted")
	}
	other := one(a)
	other.Columns = []string{"conv9"}
	if _, err := Stack(nil, s, other); err == nil {
		t.Error("sheets of unlike columns were stacked")
	}
}

// A lead has one digit more than its error begins with, and says so if it has no digit among four decimals.
func TestLeadInWords(t *testing.T) {
	for want, repeated := range map[string][]float64{
		"by 0.200 ± 0.058 in 3 draws":             {0.1, 0.2, 0.3},
		"by less than 0.0001 in 3 draws":          {1e-5, 2e-5, -1e-5},
		"by 0 ± 0 in 2 draws":                     {0, 0},
		"by 0.0000 ± 0.0003 in 2 draws":           {3e-4, -2.8e-4},
		"by 0.0500 ± less than 0.0001 in 2 draws": {0.05, 0.05001},
		"by less than 0.0001":                     {3e-6},
		"by 0.500":                                {0.5},
	} {
		if got := (Lead{Repeated: repeated}).String(); got != want {
			t.Errorf("%v is %q, want %q", repeated, got, want)
		}
	}
}
