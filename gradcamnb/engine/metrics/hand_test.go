package metrics

import (
	"context"
	"math"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// linear is a model of a 2 x 2 picture (1, 2, 3, 4) that scores w.x.
func linear(w ...float64) *Probe {
	p := peers{Side: 2, W: w, V: make([]float64, 4), X: []float64{1, 2, 3, 4}, Truth: []float32{0, 0, 1, 1}}
	s := p.show()
	s.Steps = 4
	return s
}

// inSteps returns a probe whose picture is shown and hidden in n steps.
func inSteps(n int, s *Probe) *Probe {
	s.Steps = n
	return s
}

func (s *Probe) of(values ...float64) *Probe {
	s.Maps = []*heatmap.Map{peers{Side: 2}.mapOf(values)}
	return s
}

// The map (4, 3, 2, 1) hides or shows the pixels in their order.
func TestMetricsByHand(t *testing.T) {
	for _, c := range []struct {
		what   string
		metric Metric
		show   *Probe
		want   float64
	}{
		// Shown by rising value: 4, 4+3, 4+3+2, all: never falls. With the second weight below zero the third step falls.
		{"every part helps", Monotonicity, linear(1, 1, 1, 1).of(4, 3, 2, 1), 1},
		{"one part hurts", Monotonicity, linear(1, -1, 1, 1).of(4, 3, 2, 1), 0},
		// The map adds up to 10 = f(x) - f(0); twice the map is 10 away from it.
		{"adds up", Completeness, linear(1, 1, 1, 1).of(1, 2, 3, 4), 0},
		{"is twice too much", Completeness, linear(1, 1, 1, 1).of(2, 4, 6, 8), 1},
		// The map says that the last pixel is nothing, the model that the first is.
		{"agrees", NonSensitivity, linear(1, 1, 1, 0).of(3, 2, 1, 0), 0},
		{"disagrees twice", NonSensitivity, linear(0, 1, 1, 1).of(3, 2, 1, 0), 2},
		// 3 of the map's 10 lie on the lower half, which is half the picture.
		{"lies above", AttributionLocalisation, linear(1, 1, 1, 1).of(4, 3, 2, 1), 0.3 * 0.5},
		// Losses of single pixels by falling map: 1, 2, 3, 4 against 4, 3, 2, 1.
		{"the wrong way round", FaithfulnessEstimate, linear(1, 1, 1, 1).of(4, 3, 2, 1), -1},
		// In two slices by magnitude, 4 + 3 and 2 + 1, the losses are 4 + 2 and 1.5 + 0.4: the larger slice loses more.
		{"by magnitude", MonotonicityCorrelation, inSteps(2, linear(4, 1, 0.5, 0.1).of(-4, 3, 2, 1)), 1},
		{"exact", FaithfulnessEstimate, linear(1, 1, 1, 1).of(1, 2, 3, 4), 1},
		// Whole 0.5; under the map (1, 2/3, 1/3, 0) it is 0.05 (1 + 4/3 + 1) = 1/6, or with the map turned
		// round 0.05 (2/3 + 2 + 4) = 1/3: both are a drop and no gain. Weights of 0.2, 0, 0, -0.1 have -0.2, and
		// 0.2 under the map: a share of 0.4 of the way from -0.2 to 1 is 1/3.
		{"gains nothing", AverageGain, linear(0.05, 0.05, 0.05, 0.05).of(4, 3, 2, 1), 0},
		{"gains a third", AverageGain, linear(0.2, 0, 0, -0.1).of(4, 3, 2, 1), 0.4 / 1.2},
	} {
		got, err := c.metric.Measure(t.Context(), c.show)
		if err != nil {
			t.Fatal(err)
		}
		if !(math.Abs(got[0]-c.want) <= 1e-6) {
			t.Errorf("%s, %s: %g, want %g", c.metric.Name, c.what, got[0], c.want)
		}
	}
}

// The exact attribution of a linear model is right by every correlation over sets, and fits the model without a rest.
func TestExactAttribution(t *testing.T) {
	p := readPeers(t)
	exact := make([]float64, len(p.X))
	for i := range exact {
		p.V[i] = 0
		exact[i] = p.W[i] * p.X[i]
	}
	s := p.show()
	s.Maps = []*heatmap.Map{p.mapOf(exact)}
	for _, c := range []struct {
		metric Metric
		want   float64
	}{{FaithfulnessCorrelation, 1}, {MuFidelity, 1}, {SensitivityN, 1}, {Infidelity, 0}} {
		got, err := c.metric.Measure(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if !(math.Abs(got[0]-c.want) <= 1e-4) {
			t.Errorf("%s of the exact attribution is %g, want %g", c.metric.Name, got[0], c.want)
		}
	}
}

// A model that looks at the right half only keeps its score when the left is taken out: ROAD of a
// map of the right half is above that of a map of the left half by twice its size.
func TestROADTellsTheRightHalf(t *testing.T) {
	p := readPeers(t)
	right, left := make([]float64, len(p.X)), make([]float64, len(p.X))
	for i := range right {
		x := i % p.Side
		p.V[i], p.W[i], p.X[i] = 0, 0, 0.1
		if x >= p.Side/2 {
			p.W[i], p.X[i] = 1, 1
		}
		right[i], left[i] = float64(x)+float64(i)/1e4, float64(p.Side-x)-float64(i)/1e4
	}
	s := p.show()
	s.Maps, s.Aims = []*heatmap.Map{p.mapOf(right), p.mapOf(left)}, []int{0, 0}
	got, err := ROAD.Measure(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if got[0] < 10 || !(math.Abs(got[0]+got[1]) <= 0.05*got[0]) {
		t.Errorf("ROAD is %g for the half that matters and %g for the other", got[0], got[1])
	}
}

// Coherency 1, complexity and drop 0 give 1; a half each gives a half.
func TestADCCByHand(t *testing.T) {
	for _, c := range []struct{ coherency, complexity, drop, want float64 }{{1, 0, 0, 1}, {0.5, 0.5, 0.5, 0.5},
		{1, 1, 0, 0}, {1, 0, 0.5, 0.75}} {
		if got := adcc(c.coherency, c.complexity, c.drop); !(math.Abs(got-c.want) <= 1e-12) {
			t.Errorf("%v: %g, want %g", c, got, c.want)
		}
	}
	if !math.IsNaN(adcc(math.NaN(), 0, 0)) {
		t.Error("a map without a correlation has a value")
	}
}

// Again is asked with the change that a metric means, and a map that does not change is found out.
func TestMapsAgain(t *testing.T) {
	s := linear(1, 1, 1, 1).of(4, 3, 2, 1)
	if _, err := RandomLogit.Measure(t.Context(), s); err == nil {
		t.Error("a class is changed although nothing can be explained again")
	}
	var asked []Change
	s.Again = func(_ context.Context, c Change) ([]*heatmap.Map, []float32, error) {
		asked = append(asked, c)
		if c.Picture != nil {
			c.Picture(make([]float32, 4))
		}
		if c.Shift != 0 { // two more in the first place
			return []*heatmap.Map{peers{Side: 2}.mapOf([]float64{6, 3, 2, 1})}, nil, nil
		}
		if c.Class {
			return []*heatmap.Map{peers{Side: 2}.mapOf([]float64{1, 2, 3, 4})}, nil, nil
		}
		return s.Maps, s.Scores, nil
	}
	s.Scores = []float32{0, 1}
	for metric, want := range map[string]float64{"random logit": -1, "model randomisation": 1, "max-sensitivity": 0,
		"local Lipschitz": 0, "relative output stability": 0, "input invariance": 2. / 4} {
		m, err := ByName(metric)
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.Measure(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if !(math.Abs(got[0]-want) <= 1e-12) {
			t.Errorf("%s is %g, want %g", metric, got[0], want)
		}
	}
	weights := 0
	for _, c := range asked {
		if c.Weights {
			weights++
		}
	}
	if weights != 1 {
		t.Errorf("the weights were made random %d times, want once", weights)
	}
}

// Every metric has a group, a paper, a formula, a warning, what it needs and what it costs.
func TestEveryMetricIsDescribed(t *testing.T) {
	for _, m := range All() {
		if m.Group == "" || m.Needs == "" || m.Beware == "" || m.Paper == "" || m.Formula == "" ||
			(m.Better != "higher" && m.Better != "lower") {
			t.Errorf("%s is not described whole: %+v", m.Name, m)
		}
		if (m.Cost == "") != (m.Needs == Nothing || m.Needs == Truth) {
			t.Errorf("%s needs %s and costs %q", m.Name, m.Needs, m.Cost)
		}
	}
	if n := len(All()); n != 48 { // as the README says
		t.Errorf("there are %d metrics", n)
	}
}

// If one pixel of a picture is seen, all others become like it: its value alone is the mean of everything.
func TestImputeFromOnePixel(t *testing.T) {
	const side = 64
	hidden := make([]bool, side*side)
	for i := range hidden {
		hidden[i] = i != 5*side+3
	}
	for k, v := range newHole(hidden, side).solve(hidden, func(int) float32 { return 3 }) {
		if !(math.Abs(v-3) <= 1e-4) {
			t.Fatalf("pixel %d becomes %g, want 3", k, v)
		}
	}
}
