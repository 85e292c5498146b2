package engine

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// finding is a model that finds an object in the window rather suddenly, when about half
// of it is seen: sigmoid(12 (share - 1/2)).
func finding(t *testing.T, e *Engine) driver.Session {
	t.Helper()
	m, err := source.GoMLX(source.Card{Name: "finding", Input: []int{-1, side, side, 3}}, model.NewStore(),
		func(_ *model.Scope, x *Node) []*Node {
			seen := ReduceMean(Slice(x, AxisRange(), AxisRange(6, 12), AxisRange(6, 12), AxisRange()), 1, 2, 3)
			found := Sigmoid(MulScalar(AddScalar(seen, -0.5), 12))
			return []*Node{Stack([]*Node{found, OneMinus(found)}, 1)}
		})
	if err != nil {
		t.Fatal(err)
	}
	return e.Session(m)
}

// off is how far the map of one draw is from the truth, root mean square over pixels,
// both less their means, which say nothing about places.
func off(m, truth *heatmap.Map) float64 {
	var difference, square float64
	n := float64(len(m.Raw.Values))
	for i, v := range m.Raw.Values {
		d := float64(v) - float64(truth.Raw.Values[i])
		difference += d / n
		square += d * d / n
	}
	return math.Sqrt(square - difference*difference)
}

// Designs reach the map with fewer masks. The truth is the mean over very many masks of
// the papers' design. Centred and balanced draws have at most two thirds and under half of
// the papers' error: less than half and a quarter of the masks would do.
func TestDesigns(t *testing.T) {
	s := finding(t, testEngine(t, "go"))
	truth := mustSample(t, s, gradcamnb.Sampling{Masks: 60000, Seed: 99})[0]
	errors, agreement := map[string]float64{}, map[string]float64{}
	for _, design := range []string{"", "centred", "balanced"} {
		const draws = 8
		for seed := range uint64(draws) {
			m := mustSample(t, s, gradcamnb.Sampling{Masks: 512, Seed: seed, Design: design})[0]
			errors[design] += math.Pow(off(m, truth), 2) / draws
			agreement[design] += m.Sampled.Agreement / draws
		}
		errors[design] = math.Sqrt(errors[design])
	}
	t.Logf("error of 512 masks: %.4f as in the paper, %.4f centred, %.4f balanced", errors[""], errors["centred"],
		errors["balanced"])
	if errors["centred"] > 0.67*errors[""] || errors["balanced"] > 0.47*errors[""] {
		t.Errorf("designs do not help: %v", errors)
	}
	// What is nearer to the truth in each half is nearer to the other half.
	t.Logf("halves agree to %.2f as in the paper, %.2f centred, %.2f balanced", agreement[""], agreement["centred"],
		agreement["balanced"])
	if !(agreement["balanced"] > agreement["centred"] && agreement["centred"] > agreement[""]) {
		t.Errorf("halves of better designs agree less: %v", agreement)
	}
}

// Halves of balanced masks are compared from two blocks on, of 512 masks each for the grid of D-RISE,
// and so before the 2,000 masks that gradcam drise draws at most.
func TestHalvesOfBalanced(t *testing.T) {
	s := finding(t, testEngine(t, "go"))
	for masks, compared := range map[int]bool{1023: false, 1024: true} {
		m := mustSample(t, s, gradcamnb.Sampling{Masks: masks, Grid: 16, Design: "balanced"})[0].Sampled
		if math.IsNaN(m.Agreement) == compared {
			t.Errorf("halves of %d masks agree to %g", masks, m.Agreement)
		}
	}
}

// A run ends before its last mask if its halves agree as is asked for.
func TestHalvesAgreeEarly(t *testing.T) {
	s := finding(t, testEngine(t, "go"))
	m := mustSample(t, s, gradcamnb.Sampling{Masks: 2000, Grid: 4, Design: "balanced", Agreement: 0.95})[0].Sampled
	if n := len(m.Weights); n >= 2000 || !(m.Agreement >= 0.95) {
		t.Errorf("the run ended after %d of 2000 masks, where halves agree to %g", n, m.Agreement)
	}
}
