package study

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// fakeSession explains a grey picture of value v: two methods at one layer, whose metrics are v and 2 v.
type fakeSession struct {
	calls  int
	stopAt int // the call that cancels; 0 means none
	cancel context.CancelFunc
	refuse error  // of every call
	name   string // of the model; empty means fake

	measured [][]string // metrics of every call
}

func (f *fakeSession) Info() gradcamnb.Info {
	return gradcamnb.Info{Name: cmp.Or(f.name, "fake"), SHA256: "1", Input: []int{-1, 3, 8, 8},
		Labels: []string{"dark", "light"}}
}

func (f *fakeSession) Layers(context.Context, gradcamnb.Request) ([]gradcamnb.Layer, error) {
	return nil, nil
}

func (f *fakeSession) Detect(context.Context, gradcamnb.Request) ([][]heatmap.Detection, error) {
	return nil, nil
}

func (f *fakeSession) Explain(ctx context.Context, r gradcamnb.Request) ([]*heatmap.Result, error) {
	f.measured = append(f.measured, r.Measuring.Metrics)
	if f.calls++; f.calls == f.stopAt {
		f.cancel()
	}
	if err := cmp.Or(ctx.Err(), f.refuse); err != nil {
		return nil, err
	}
	var out []*heatmap.Result
	for _, img := range r.Pictures {
		v, _, _, _ := img.At(0, 0).RGBA()
		value := float64(v >> 8)
		if value == 99 {
			return nil, errors.New("a picture that no model takes")
		}
		res := &heatmap.Result{Top: []heatmap.Prediction{{Index: int(v>>8) / 128, Label: f.Info().Labels[int(v>>8)/128],
			Probability: 0.75}}}
		for i, method := range []string{"A", "B"} {
			res.Maps = append(res.Maps, &heatmap.Map{
				Layer: "conv", Method: method, Target: "top 1", Index: 0, Score: float32(value), ScoreUnit: "logits",
				Raw:     heatmap.Grid{W: 2, H: 1, Values: []float32{float32(value), -1.5}},
				Metrics: map[string]float64{"insertion": value * float64(i+1), "deletion": math.NaN()},
				Curves:  map[string][]float32{"insertion": {0, float32(value), 1}},
			})
		}
		out = append(out, res)
	}
	return out, nil
}

func grey(v uint8) image.Image {
	img := image.NewGray(image.Rect(0, 0, 4, 4))
	for i := range img.Pix {
		img.Pix[i] = v
	}
	return img
}

func pictures(values ...uint8) []Picture {
	var out []Picture
	for i, v := range values {
		p := Picture{Name: fmt.Sprintf("p%02d", i), Label: "dark", Open: func() (image.Image, error) { return grey(v), nil }}
		if v == 255 {
			p.Open = func() (image.Image, error) { return nil, errors.New("a damaged picture") }
		}
		out = append(out, p)
	}
	return out
}

func newStudy(t *testing.T, f *fakeSession, values ...uint8) *Study {
	t.Helper()
	return &Study{Model: gradcamnb.NewModel(f), Pictures: pictures(values...), Metrics: []string{"insertion", "deletion"},
		Out: t.TempDir(), Batch: 2, Part: 4}
}

// Of the values 1, 2, 3 the mean is 2, the standard error 1/sqrt(3); method B is twice A, so the
// paired difference A - B is -2 with the same standard error, and A is always second.
func TestSummaryByHand(t *testing.T) {
	s := newStudy(t, &fakeSession{}, 1, 2, 3)
	sum, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if sum.Pictures != 3 || sum.Maps != 6 || sum.Labelled != 3 || sum.Right != 3 || sum.Failures != 0 {
		t.Errorf("%+v", sum)
	}
	if len(sum.Numbers) != 2 { // none of deletion, which is NaN everywhere
		t.Fatalf("%d numbers: %+v", len(sum.Numbers), sum.Numbers)
	}
	a := sum.Numbers[0]
	if a.Cell != (Cell{"fake", "conv", "A"}) || a.Mean != 2 || !(math.Abs(a.StdErr-1/math.Sqrt(3)) <= 1e-12) || a.N != 3 {
		t.Errorf("%+v", a)
	}
	if a.Lo < 1 || a.Hi > 3 || a.Lo > 1.7 || a.Hi < 2.3 {
		t.Errorf("the interval is %g to %g", a.Lo, a.Hi)
	}
	c := sum.Comparisons[0]
	want := math.Erfc(2 * math.Sqrt(3) / math.Sqrt2)
	if c.Difference != -2 || !(math.Abs(c.StdErr-1/math.Sqrt(3)) <= 1e-12) || !(math.Abs(c.P-want) <= 1e-12) {
		t.Errorf("%+v, want p = %g", c, want)
	}
	// Higher insertion is better. The critical difference of 2 cells on 3 pictures is 1.96 sqrt(2*3/6/3).
	if r := sum.Ranks; len(r) != 2 || r[0].Cell.Method != "B" || r[0].Mean != 1 || r[1].Mean != 2 ||
		!(math.Abs(r[0].Critical-1.96/math.Sqrt(3)) <= 1e-12) {
		t.Errorf("%+v", r)
	}
	// Steps 0, v, 1 of v = 1, 2, 3, for both methods: at the second the mean is 2, and half its interval 1.96/sqrt(3).
	if len(sum.Curves) != 2 || sum.Curves[1].N != 3 || fmt.Sprint(sum.Curves[1].Mean) != "[0 2 1]" ||
		!(math.Abs(sum.Curves[1].Half[1]-1.96/math.Sqrt(3)) <= 1e-12) || sum.Curves[1].Half[0] != 0 {
		t.Errorf("%+v", sum.Curves)
	}
	// Medians of 1, 2, 3 and of 2, 4, 6; maps are positive on the left half: 6 of 12 columns, 16 of whose 72 parts are
	// upper left.
	if b := sum.Boxes; sum.Sampled != 3 || len(b) != 2 || b[0].Median != 2 || b[1].Median != 4 {
		t.Errorf("%d pictures, %+v", sum.Sampled, b)
	}
	if c := sum.Classes; len(c) != 2 || c[0].Class != "class 0" || c[0].N != 3 || c[0].Where != "upper left, 22 %" {
		t.Errorf("%+v", c)
	}
	if fmt.Sprint(sum.Layers, sum.Methods) != "[conv] [A B]" {
		t.Error(sum.Layers, sum.Methods)
	}
	// Of each picture only one map stands out at either end: the values of A are the lowest, those of B the highest.
	x := sum.Examples["insertion"]
	for k, e := range x.Lowest {
		if want := fmt.Sprintf("p%02d", k); e.Value != float64(k+1) || e.Row.Picture != want || e.Row.Method != "A" {
			t.Errorf("lowest %d is %g of %s", k, e.Value, e.Row.Picture)
		}
	}
	for k, e := range x.Highest {
		if want := fmt.Sprintf("p%02d", 2-k); e.Value != float64(6-2*k) || e.Row.Picture != want || e.Row.Method != "B" {
			t.Errorf("highest %d is %g of %s", k, e.Value, e.Row.Picture)
		}
	}
	if len(x.Lowest) != 3 || len(x.Highest) != 3 {
		t.Errorf("%d lowest and %d highest maps", len(x.Lowest), len(x.Highest))
	}
}

// A folder's name is no pattern.
func TestFolderThatLooksLikeAPattern(t *testing.T) {
	s := newStudy(t, &fakeSession{}, 1, 2)
	s.Out = filepath.Join(s.Out, "a[1] *")
	if sum, err := s.Run(t.Context()); err != nil || sum.Pictures != 2 {
		t.Errorf("%v, %+v", err, sum)
	}
}

// A study goes on if the name of its model is no UTF-8, as a file's may be. The names of two models are told apart as
// the rows have them.
func TestNamesThatAreNoText(t *testing.T) {
	s := newStudy(t, &fakeSession{}, 1, 2)
	s.Name = "caf\xe9"
	for range 2 {
		sum, err := s.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(sum.Answers) != 1 || sum.Answers[0] != (Answers{Model: "caf\ufffd", Labelled: 2, Right: 2}) {
			t.Errorf("%+v", sum.Answers)
		}
	}
	s = newStudy(t, &fakeSession{}, 1)
	s.Name, s.Others = "fake\xe8", []*gradcamnb.Model{gradcamnb.NewModel(&fakeSession{name: "fake\xe9"})}
	_, err := s.Run(t.Context())
	wantError(t, "two names", err, "two models have the name")
}

// A study that is stopped anywhere and run again has the same rows and the same summary as one that
// ran through, and explains no part twice.
func TestStudyGoesOn(t *testing.T) {
	values := []uint8{1, 255, 3, 4, 5, 6, 7, 8, 200, 10}
	whole := newStudy(t, &fakeSession{}, values...)
	want, err := whole.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want.Failures != 1 || want.Failed[0].Error != "a damaged picture" || want.Right != 8 {
		t.Errorf("%+v", want)
	}
	for stop := 1; stop <= 5; stop++ {
		ctx, cancel := context.WithCancel(t.Context())
		f := &fakeSession{stopAt: stop, cancel: cancel}
		s := newStudy(t, f, values...)
		if _, err := s.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped at call %d: %v", stop, err)
		}
		var told Progress
		s.Progress = func(p Progress) {
			if told.Total == 0 {
				told = p
			}
		}
		got, err := s.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if told.Done != told.There || told.Total != 10 || told.There%4 != 0 {
			t.Errorf("stopped at call %d it goes on from %+v", stop, told)
		}
		compareSummaries(t, got, want)
		for k := range 3 {
			a, b := read(t, whole.part(k)), read(t, s.part(k))
			if a != b {
				t.Errorf("stopped at call %d, part %d has other bytes", stop, k)
			}
		}
	}
}

// Shards of several machines make the study of one.
func TestShards(t *testing.T) {
	values := []uint8{1, 2, 3, 4, 5, 6, 7, 8, 9}
	want, err := newStudy(t, &fakeSession{}, values...).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var got *Summary
	for shard := range 2 {
		s := newStudy(t, &fakeSession{}, values...)
		s.Out, s.Shard, s.Shards = dir, shard, 2
		if got, err = s.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	compareSummaries(t, got, want)
}

func compareSummaries(t *testing.T, got, want *Summary) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("the summaries differ:\n%.1500s\n%.1500s", g, w)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Rows keep maps of values of any size, such as gradients of a saturated probability and sums of millions.
func TestMapsOfAnySize(t *testing.T) {
	for _, size := range []float32{1e-30, 3e-9, 1, 7e4, 1e30} {
		var r Row
		r.Map, r.Scale = scaledHalves([]float32{size, -size / 4, 0, size / 1000})
		for i, want := range []float32{size, -size / 4, 0, size / 1000} {
			if got := r.Values()[i]; !(math.Abs(float64(got-want)) <= 1e-3*math.Abs(float64(want))) {
				t.Errorf("value %d of a map of %g is %g, want %g", i, size, got, want)
			}
		}
	}
	var r Row
	r.Map, r.Scale = scaledHalves([]float32{0, 0, float32(math.NaN())})
	if v := r.Values(); v[0] != 0 || v[2] == v[2] {
		t.Errorf("zeros and NaN come back as %v", v)
	}
}

// A row comes back as it was written.
func TestRows(t *testing.T) {
	rows := []Row{
		{Index: 3, Picture: "a/b.png", Label: "dark", Model: "m", Target: "class 1", Class: "light", ClassIndex: 1,
			Layer: "conv", Method: "Grad-CAM",
			Score: 0.5, Unit: "logits", Prediction: "dark", PredictionIndex: 0, Probability: 0.75, Labelled: true, Correct: true,
			Diagnosis: "none",
			Width:     2, Height: 1, Map: halves([]float32{1, -2}), Scale: 1,
			Metrics: map[string]float64{"insertion - deletion": 0.25},
			Curves:  map[string][]float64{"insertion": {0, 0.5, 1}, "deletion": {1}}},
		{Index: 4, Picture: "bad\xff", ClassIndex: -1, Error: "damaged", Metrics: map[string]float64{}},
		// false and 0 are no nulls
		{Index: 5, Labelled: true, Map: []byte{}, Metrics: map[string]float64{"insertion - deletion": 0}},
	}
	path := filepath.Join(t.TempDir(), "rows.parquet")
	metrics := []string{"insertion - deletion"}
	if err := writeRows(path, rows, metrics); err != nil {
		t.Fatal(err)
	}
	var got []Row
	if err := readRows(path, metrics, func(r Row) error { got = append(got, r); return nil }); err != nil {
		t.Fatal(err)
	}
	if got[1].Picture != "bad\ufffd" {
		t.Errorf("a name that is no UTF-8 comes back as %q", got[1].Picture)
	}
	if len(got) != 3 || !math.IsNaN(got[1].Metrics["insertion - deletion"]) {
		t.Fatalf("%+v", got)
	}
	if v := got[0].Values(); v[0] != 1 || v[1] != -2 {
		t.Errorf("the map is %v", v)
	}
	for _, i := range []int{0, 2} {
		if g, w := fmt.Sprintf("%+v", got[i]), fmt.Sprintf("%+v", rows[i]); g != w {
			t.Errorf("%s, want %s", g, w)
		}
	}
	if err := os.WriteFile(path, []byte("no parquet"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := readRows(path, metrics, func(Row) error { return nil }); err == nil ||
		!strings.Contains(err.Error(), "damaged") {
		t.Error(err)
	}
}

// Holm's procedure on 0.01, 0.04, 0.03: times 3, 1 and 2, none below the one before: 0.03, 0.06, 0.06.
func TestHolmByHand(t *testing.T) {
	all := []Comparison{{P: 0.01}, {P: 0.04}, {P: 0.03}, {P: math.NaN()}}
	holm(all)
	for i, want := range []float64{0.03, 0.06, 0.06} {
		if !(math.Abs(all[i].P-want) <= 1e-12) {
			t.Errorf("comparison %d: %g, want %g", i, all[i].P, want)
		}
	}
}

// The mean of Poisson weights is 1, and so is their variance; a name has always the same.
func TestWeights(t *testing.T) {
	var m moments
	for i := range 50 {
		for _, w := range weights(strconv.Itoa(i)) {
			m.add(w)
		}
	}
	if !(math.Abs(m.Mean-1) <= 0.02) || !(math.Abs(m.M2/float64(m.N)-1) <= 0.03) {
		t.Errorf("mean %g, variance %g", m.Mean, m.M2/float64(m.N))
	}
	if !reflect.DeepEqual(weights("a"), weights("a")) || reflect.DeepEqual(weights("a"), weights("b")) {
		t.Error("weights do not depend on the name alone")
	}
}

// What cannot be: no pictures, two of one name, another study's folder.
func TestStudyErrors(t *testing.T) {
	s := newStudy(t, &fakeSession{}, 1)
	s.Pictures = nil
	if _, err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "no pictures") {
		t.Error(err)
	}
	s.Pictures = append(pictures(1), pictures(1)...)
	if _, err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), `"p00"`) {
		t.Error(err)
	}
	s.Pictures = pictures(1)
	if _, err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Steps = 3
	if _, err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "another study") {
		t.Error(err)
	}
	s = newStudy(t, &fakeSession{}, 1)
	s.Metrics = []string{"energy"}
	if _, err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "no picture has a truth") {
		t.Error(err)
	}
	s = newStudy(t, &fakeSession{refuse: fmt.Errorf("here: %w", gradcamnb.ErrUnknownLayer)}, 1, 2, 3)
	if _, err := s.Run(t.Context()); !errors.Is(err, gradcamnb.ErrUnknownLayer) {
		t.Errorf("a choice that fits no picture: %v", err)
	}
	one := newStudy(t, &fakeSession{}, 1, 99, 2)
	sum, err := one.Run(t.Context())
	if err != nil || sum.Failures != 1 || sum.Pictures != 3 {
		t.Errorf("a picture that no model takes: %v, %+v", err, sum)
	}
}
