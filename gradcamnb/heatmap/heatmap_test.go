package heatmap

import (
	"bytes"
	"encoding/gob"
	"image"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

var nan = float32(math.NaN())

func TestDiagnose(t *testing.T) {
	for name, c := range map[string]struct {
		raw  []float32
		want string
	}{
		"healthy":  {[]float32{-1, 0, 2, 1}, ""},
		"nan":      {[]float32{1, nan, 2, nan}, "2 of the map's 4 values are not numbers"},
		"infinite": {[]float32{1, float32(math.Inf(1)), 2, 3}, "1 of the map's 4 values"},
		"zero":     {[]float32{0, 0, 0, 0}, "zero everywhere"},
		"negative": {[]float32{-0.25, 0, -2.5, -1}, "nowhere positive (its lowest value is -2.5)"},
		"constant": {[]float32{3, 3, 3, 3}, "the same everywhere (3)"},
		"empty":    {nil, "no cells"},
		"noise":    {[]float32{-9e-6, 0, 0, 9e-6}, "rounding noise"}, // beside a Gross of 1
		"faint":    {[]float32{-2e-5, 0, 0, 2e-5}, ""},
	} {
		m := Map{Raw: Grid{W: 2, H: 2, Values: c.raw}, Gross: 1, Layer: "conv5", Target: "class 3"}
		got := m.Diagnose()
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q does not say %q", name, got, c.want)
		}
	}
	box := Map{Raw: Grid{W: 2, H: 1, Values: []float32{-1, 0}}, Layer: "/look", Method: "Grad-CAM", Box: Box{0, 0, 9, 9}}
	if got := box.Diagnose(); !strings.Contains(got, "take HiResCAM") {
		t.Errorf("of a box: %q", got)
	}
}

// A map of random masks is not diagnosed by the sign of its scores or by a sure softmax, but it is if all masks score
// the same. The diagnosis of a map without a layer names none.
func TestDiagnoseWithoutLayer(t *testing.T) {
	for _, c := range []struct {
		raw, weights []float32
		score        float32
		want         string
	}{
		{[]float32{-3, -1}, []float32{-3, -1, -2}, -2, ""},
		{[]float32{0.25, 0.5}, []float32{1, 0}, 1, ""},
		{[]float32{1, 2}, []float32{3}, 3, ""}, // a single mask
		{[]float32{0, 0}, []float32{0, 0}, 0, "class 3 scores 0 under each of the 2 masks"},
		{[]float32{0.7, 0.9}, []float32{0.8, 0.8, 0.8}, 0, "class 3 scores 0.8 under each of the 3 masks"},
		{[]float32{0, 0}, nil, 0, "nothing that is hidden moves the target class 3"},
		{[]float32{-1, 0}, nil, 0, "whatever is hidden, the target class 3 does not score less"},
		{[]float32{-1, 1}, nil, 1, ""},
	} {
		m := Map{Raw: Grid{W: 2, H: 1, Values: c.raw}, Target: "class 3", Score: c.score, ScoreUnit: "probability"}
		if c.weights != nil {
			m.Sampled = &SampledRun{Weights: c.weights}
		}
		if got := m.Diagnose(); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%v, %v: %q does not say %q", c.raw, c.weights, got, c.want)
		}
	}
}

// A probability is saturated from 1 - 6e-6 on; a logit of that value, and a sure but not
// saturated probability, are not.
func TestDiagnoseSaturatedSoftmax(t *testing.T) {
	m := Map{Raw: Grid{W: 2, H: 1, Values: []float32{1e-9, 2e-9}}, Layer: "conv5", Target: "class 3", Score: 1 - 2e-6,
		ScoreUnit: "probability"}
	if got := m.Diagnose(); !strings.Contains(got, "saturated") || !strings.Contains(got, "Explain the logit") {
		t.Errorf("saturated: %q", got)
	}
	for _, healthy := range []Map{{Score: 0.9999, ScoreUnit: "probability"}, {Score: 1, ScoreUnit: "logits"}} {
		healthy.Raw, healthy.Layer = m.Raw, m.Layer
		if got := healthy.Diagnose(); got != "" {
			t.Errorf("%g %s: %q", healthy.Score, healthy.ScoreUnit, got)
		}
	}
}

// Raw [[-1, 3], [1, 0]] is [[0, 3], [1, 0]] when positive, and [[0, 1], [1/3, 0]]
// normalised. Resized to 4 x 2, the columns are read at -1/4, 1/4, 3/4 and 5/4, so
// the first row is 0, 1/4, 3/4, 1 and the second 1/3, 3/4*1/3 = 1/4, 1/12, 0. The
// lowest is 0 and the highest 1, so the second normalising changes nothing.
func TestParityByHand(t *testing.T) {
	m := Map{Grid: NewGrid(4, 2), Raw: Grid{W: 2, H: 2, Values: []float32{-1, 3, 1, 0}}}
	want := []float32{0, 0.25, 0.75, 1, 1. / 3, 0.25, 1. / 12, 0}
	for i, v := range m.Parity().Values {
		if !(math.Abs(float64(v-want[i])) <= 1e-6) {
			t.Errorf("value %d is %v, want %v", i, v, want[i])
		}
	}
}

// Mean scores of -3, -2 and -1 under random masks are 0, 1/2 and 1, as saliency_minmax of
// RISE's code has them.
func TestParityOfDraw(t *testing.T) {
	m := Map{Grid: NewGrid(3, 1), Raw: Grid{W: 3, H: 1, Values: []float32{-3, -1, -2}}, Sampled: &SampledRun{}}
	want := []float32{0, 1, 0.5}
	for i, v := range m.Parity().Values {
		if !(math.Abs(float64(v-want[i])) <= 1e-6) {
			t.Errorf("value %d is %v, want %v", i, v, want[i])
		}
	}
	if m.Raw.Values[0] != -3 {
		t.Error("the raw values were changed")
	}
}

func TestParityOfEmptyMaps(t *testing.T) {
	for name, raw := range map[string][]float32{"zero": {0, 0, 0, 0}, "negative": {-1, -2, -3, -4},
		"constant": {5, 5, 5, 5}} {
		m := Map{Grid: NewGrid(3, 5), Raw: Grid{W: 2, H: 2, Values: raw}}
		for _, v := range m.Parity().Values {
			if v != 0 {
				t.Errorf("%s: %v, want exact zeros", name, v)
			}
		}
	}
	m := Map{Grid: NewGrid(2, 2), Raw: Grid{W: 2, H: 2, Values: []float32{1, nan, 0, 0}}}
	if v := m.Parity().Values[0]; !math.IsNaN(float64(v)) {
		t.Errorf("NaN became %v", v)
	}
}

// Two maps of one cell size: [0, 2] and [4, 0] are [0, 1] and [1, 0] normalised,
// their mean [1/2, 1/2], which is constant and so zero.
func TestFuseByHand(t *testing.T) {
	a := &Map{Grid: NewGrid(2, 1), Raw: Grid{W: 2, H: 1, Values: []float32{0, 2}}}
	b := &Map{Grid: NewGrid(2, 1), Raw: Grid{W: 2, H: 1, Values: []float32{4, 0}}}
	got, err := Fuse(a, b)
	if err != nil || got.Values[0] > 1e-6 || got.Values[1] > 1e-6 {
		t.Errorf("fused %v, %v", got.Values, err)
	}
	if _, err := Fuse(a, &Map{Grid: NewGrid(3, 1), Raw: a.Raw}); err == nil {
		t.Error("maps of two sizes were fused")
	}
	if _, err := Fuse(); err == nil {
		t.Error("nothing was fused")
	}
}

func TestGobRoundTrip(t *testing.T) {
	r := Result{
		Picture: image.NewNRGBA(image.Rect(0, 0, 2, 3)),
		Frame:   imgio.Frame{PictureW: 2, PictureH: 3, ModelW: 2, ModelH: 3, ScaleX: 1, ScaleY: 1},
		Model:   "net", Top: []Prediction{{Index: 1, Label: "cat", Score: 2}},
		Maps: []*Map{{Grid: NewGrid(2, 3), Layer: "conv", Index: 1}},
	}
	var buf bytes.Buffer
	if err := gob.NewEncoder(&buf).Encode(r); err != nil {
		t.Fatal(err)
	}
	var got Result
	if err := gob.NewDecoder(&buf).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, r) {
		t.Errorf("came back as %+v", got)
	}
}

func TestRange(t *testing.T) {
	if lo, hi, ok := (Grid{W: 3, H: 1, Values: []float32{2, nan, -1}}).Range(); lo != -1 || hi != 2 || !ok {
		t.Errorf("range %v to %v, %v", lo, hi, ok)
	}
	if _, _, ok := (Grid{W: 1, H: 1, Values: []float32{nan}}).Range(); ok {
		t.Error("a grid of NaN has a range")
	}
}

// A sheet comes back from gob as it was, with every picture and map once.
func TestSheetGobRoundTrip(t *testing.T) {
	r := &Result{Picture: image.NewNRGBA(image.Rect(0, 0, 100, 100)),
		Maps: []*Map{{Grid: NewGrid(2, 3), Metrics: map[string]float64{"deletion": 0.5}}}}
	s := Sheet{
		Title: "net", Rows: []string{"a", "b"}, Columns: []string{"c"}, Results: []*Result{r}, Shared: true,
		Metrics: []string{"deletion"},
		Cells:   [][]Cell{{{Framed: true}}, {{Empty: "no map"}}},
	}
	var one, buf bytes.Buffer
	if err := gob.NewEncoder(&one).Encode(r); err != nil {
		t.Fatal(err)
	}
	if err := gob.NewEncoder(&buf).Encode(s); err != nil {
		t.Fatal(err)
	}
	if buf.Len() > one.Len()+1000 {
		t.Errorf("the sheet takes %d bytes, its result alone %d", buf.Len(), one.Len())
	}
	var got Sheet
	if err := gob.NewDecoder(&buf).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, s) {
		t.Errorf("came back as %+v", got)
	}
	if r, m := got.At(0, 0); r != got.Results[0] || m != r.Maps[0] {
		t.Error("the cell is not its map")
	}
	if r, m := got.At(1, 0); r != nil || m != nil {
		t.Error("an empty cell has a map")
	}
}

// (0, 3) - (1, 1) is (-1, 2), of which 2 is what the first has more.
func TestDifferenceByHand(t *testing.T) {
	a := &Map{Grid: Grid{W: 2, H: 1, Values: []float32{0, 3}}, Layer: "conv", Method: "Grad-CAM", Class: "cat",
		Target: "class 1", Index: 1, Unit: "logits", Score: 5}
	b := &Map{Grid: Grid{W: 2, H: 1, Values: []float32{1, 1}}, Layer: "conv", Method: "Grad-CAM", Class: "dog",
		Target: "class 2", Index: 2, Unit: "logits", Score: 3}
	d, err := Difference(a, b)
	if err != nil {
		t.Fatal(err)
	}
	if d.Raw.Values[0] != -1 || d.Raw.Values[1] != 2 || d.Values[0] != 0 || d.Values[1] != 2 || d.Layer != "conv" ||
		d.Target != "class 1 - class 2" || d.Index != -1 || d.Score != 2 {
		t.Errorf("%+v", d)
	}
	// Of a logit and a probability, and of a layer and the picture, nothing is in common.
	at, sure := *a, *b
	at.Place, at.ScoreUnit, sure.Place, sure.ScoreUnit = AtLayer, "logits", AtPicture, "probability"
	if d, err := Difference(&at, &sure); err != nil || d.Place != "" || d.ScoreUnit != "" {
		t.Errorf("%+v, %v", d, err)
	}
	if d, err := Difference(&at, &at); err != nil || d.Place != AtLayer || d.ScoreUnit != "logits" {
		t.Errorf("%+v, %v", d, err)
	}
	// What is known of one map alone is not known of the difference.
	one := *a
	one.Beside, one.Trust, one.Gross, one.Warped = "other", &Trust{Words: []string{"sure"}}, 9, true
	one.Field, one.Curves, one.Box = &Field{}, map[string][]float32{"insertion": {0, 1}}, Box{0, 0, 1, 1}
	if got, err := Difference(&one, b); err != nil || !reflect.DeepEqual(got, d) {
		t.Errorf("with more known of the first map it is %+v, %v", got, err)
	}
	// One class is as likely as another model finds it: of the difference no probability is told.
	a.Rank, a.Classes, a.Probability = 1, 10, 0.75
	early := *a
	early.Probability = 0.5
	r := &Result{Top: []Prediction{{Index: 1, Label: "cat", Probability: 0.75}}}
	if d, err = Difference(a, &early); err != nil {
		t.Fatal(err)
	}
	if p, ok := r.Likelihood(d); ok || d.Rank != 0 {
		t.Errorf("the difference of two models' maps has the probability %g and the rank %d", p, d.Rank)
	}
	for want, b := range map[string]*Map{
		"in logits and in activation": {Grid: NewGrid(2, 1), Unit: "activation"},
		"of 2 x 1 and of 3 x 1":       {Grid: NewGrid(3, 1), Unit: "logits"},
	} {
		if _, err := Difference(a, b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Cells -1 and 3 read at -1/4, 1/4, 3/4, 5/4 are -1, 0, 2, 3; less a mean of 1 they
// are one lower.
func TestSignedByHand(t *testing.T) {
	m := Map{Grid: NewGrid(4, 1), Raw: Grid{W: 2, H: 1, Values: []float32{-1, 3}}}
	if got := m.Signed().Values; !reflect.DeepEqual(got, []float32{-1, 0, 2, 3}) {
		t.Errorf("%v", got)
	}
	m.Sampled = &SampledRun{Mean: 1}
	if got := m.Signed().Values; !reflect.DeepEqual(got, []float32{-2, -1, 1, 2}) {
		t.Errorf("less the mean %v", got)
	}
}

// A volume is resized along its slices, too: 2 slices of one cell, 0 and 4, become 4 slices at 1/4, 3/4, 5/4 and 7/4
// of the two, less a half: 0, 1, 3 and 4. Rows of two slices never mix.
func TestResizedVolume(t *testing.T) {
	g := Grid{W: 1, H: 2, Slices: 2, Values: []float32{0, 4}}
	got := g.ResizedLike(Grid{W: 2, H: 8, Slices: 4})
	want := []float32{0, 0, 0, 0, 1, 1, 1, 1, 3, 3, 3, 3, 4, 4, 4, 4}
	if !slices.Equal(got.Values, want) || !slices.Equal(got.Dims(), []int{4, 2, 2}) || got.Size() != "2 x 2 x 4" {
		t.Errorf("%v of the shape %v, want %v", got.Values, got.Dims(), want)
	}
}

// Masks of one cell hide everything or nothing, so their map says nothing about places, however much the scores differ.
func TestDiagnoseFlatDraw(t *testing.T) {
	m := &Map{Raw: Grid{W: 2, H: 1, Values: []float32{0.5, 0.5}}, Sampled: &SampledRun{Weights: []float32{0, 1}}}
	if got := m.Diagnose(); !strings.Contains(got, "the same everywhere (0.5)") {
		t.Errorf("the diagnosis is %q", got)
	}
}
