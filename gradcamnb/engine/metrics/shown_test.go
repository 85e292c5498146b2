package metrics

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// A map without a positive value shows nothing and no place: no metric of the map alone, or of the map and the truth,
// has a value. Nor has a metric of the map alone if a value is infinite.
func TestMapThatShowsNothing(t *testing.T) {
	nothing, infinite := linear(1, 1, 1, 1).of(-4, -3, -2, -1), linear(1, 1, 1, 1).of(math.Inf(1), 3, 2, 1)
	for _, m := range All() {
		for _, s := range map[Need][]*Probe{Nothing: {nothing, infinite}, Truth: {nothing}}[m.Needs] {
			if got, err := m.Measure(t.Context(), s); err != nil || !math.IsNaN(got[0]) {
				t.Errorf("%s of %v is %v, %v", m.Name, s.Maps[0].Values, got, err)
			}
		}
	}
}

// A picture that is one region has no area under a curve of regions.
func TestPictureOfOneRegion(t *testing.T) {
	s := linear(1, 1, 1, 1).of(4, 3, 2, 1)
	got, err := Selectivity.Measure(t.Context(), s)
	if err != nil || !math.IsNaN(got[0]) {
		t.Errorf("selectivity is %v, %v", got, err)
	}
	got, err = s.removeRegions(t.Context(), []set{{0, 1, 2, 3}})
	if err != nil || !math.IsNaN(got[0]) {
		t.Errorf("IROF is %v, %v", got, err)
	}
}

// If all n = 4 pixels have one value, the Gini index is 0, the entropy ln 4, and 4 pixels are effective.
func TestMapOfOneValue(t *testing.T) {
	s := linear(1, 1, 1, 1).of(2, 2, 2, 2)
	for name, want := range map[string]float64{"sparseness": 0, "complexity": math.Log(4), "effective complexity": 4} {
		m, err := ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.Measure(t.Context(), s)
		if err != nil || !(math.Abs(got[0]-want) <= 1e-12) {
			t.Errorf("%s is %v, %v, want %g", name, got, err, want)
		}
	}
}

// Of 0, 0, 1, 0, 0, 2, 5, 1, 0, 0, 1, 0 the threshold 5 has the highest 11 x 1 x (5/11 - 5)^2 = 227, against
// 10 x 2 x (0.3 - 3.5)^2 = 205 for 2 and 7 x 5 x (0 - 2)^2 = 140 for 1: one cell of the object's two is hot. The
// 0.9-quantile lies at place 9.9 of 0 to 11, between 1 and 2, which leaves 2 and 5, the object.
func TestIoUAtCutsByHand(t *testing.T) {
	object, shown := mask(4, 3, 5, 6), heatmap.Grid{W: 4, H: 3, Values: slices.Clone(hot.Values)}
	for i, v := range shown.Values {
		shown.Values[i] = max(v, 0)
	}
	if got := overlapAtCut(shown, object, heatmap.CutByOtsu()); got != 0.5 {
		t.Errorf("IoU at Otsu is %g, want 0.5", got)
	}
	if got := overlapAtCut(shown, object, heatmap.CutAtQuantile(highTenth)); got != 1 {
		t.Errorf("IoU at the quantile is %g, want 1", got)
	}
}

// Places are in the order of comparisons, whatever the values: negative, equal, infinite, 0 and -0.
func TestOrders(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 2))
	infinite := float32(math.Inf(1))
	values := []float32{0, float32(math.Copysign(0, -1)), infinite, -infinite, 1, -1, 1e-45, -1e-45}
	for range 5000 {
		v := float32(draw.NormFloat64() * math.Pow(10, float64(draw.IntN(60)-30)))
		values = append(values, v, float32(draw.IntN(20)))
	}
	want := newOrder(len(values))
	slices.SortStableFunc(want, func(a, b int32) int { return cmp.Compare(values[a], values[b]) })
	if got := byRising(values); !slices.Equal(got, want) {
		t.Error("rising: another order than by comparisons")
	}
	want = newOrder(len(values))
	slices.SortStableFunc(want, func(a, b int32) int { return cmp.Compare(values[b], values[a]) })
	if got := byFalling(values); !slices.Equal(got, want) {
		t.Error("falling: another order than by comparisons")
	}
}

// The map of the model with random weights is the map turned round, whatever the noise: the correlation is -1, and the
// map that stays has 1. Ten noisy pictures are explained with each model.
func TestSmoothMPRTByHand(t *testing.T) {
	s := linear(1, 1, 1, 1).of(4, 3, 2, 1)
	s.Maps = append(s.Maps, s.Maps[0])
	asked := map[bool]int{}
	s.Again = func(_ context.Context, c Change) ([]*heatmap.Map, []float32, error) {
		asked[c.Weights]++
		if c.Picture == nil {
			t.Fatal("no noise is added")
		}
		values := []float32{0, 1, 2, 3}
		if c.Picture(values); slices.Equal(values, []float32{0, 1, 2, 3}) {
			t.Error("the noise is nothing")
		}
		turned := s.Maps[0]
		if c.Weights {
			turned = peers{Side: 2}.mapOf([]float64{1, 2, 3, 4})
		}
		return []*heatmap.Map{turned, s.Maps[1]}, nil, nil
	}
	got, err := SmoothMPRT.Measure(t.Context(), s)
	if err != nil || !(math.Abs(got[0]+1) <= 1e-12) || !(math.Abs(got[1]-1) <= 1e-12) {
		t.Errorf("%v, %v, want -1 and 1", got, err)
	}
	if asked[true] != 10 || asked[false] != 10 {
		t.Errorf("explained again %v times", asked)
	}
}
