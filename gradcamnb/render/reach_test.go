package render

import (
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Of 1000 pixels with the values 1 to 1000 the 99th percentile is 990, and the highest is less than twice that. With
// one pixel of 10,000 the percentile stays, and the scale ends there.
func TestReachByHand(t *testing.T) {
	g := heatmap.NewGrid(100, 10)
	for i := range g.Values {
		g.Values[i] = float32(i + 1)
	}
	m := &heatmap.Map{Grid: g, Raw: g, Unit: "score per unit of input"}
	if top, clipped := findReach(m, false); top != 1000 || clipped {
		t.Errorf("even values: %g, %v", top, clipped)
	}
	g.Values[999] = 10_000
	if top, clipped := findReach(m, false); top != 990 || !clipped {
		t.Errorf("one steep pixel: %g, %v, want 990", top, clipped)
	}
	cells := *m
	cells.Raw = heatmap.NewGrid(10, 1) // a map of a layer's cells
	if top, clipped := findReach(&cells, false); top != 10_000 || clipped {
		t.Errorf("a layer's map: %g, %v", top, clipped)
	}
	var none *Options
	if !none.isClipped(m) || (&Options{Range: &Range{0, 1}}).isClipped(m) {
		t.Error("a scale that is given is not a percentile, and the own one is")
	}
	if s := clipWords(m, nil); !strings.Contains(s, "99th percentile") ||
		!strings.Contains(s, "10000 score per unit of input") {
		t.Errorf("it says %q", s)
	}
}
