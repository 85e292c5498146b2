// Package render draws heatmaps: on the original picture with true geometry, and as a figure with a title, a colour bar
// in real units and predictions.
package render

import (
	"fmt"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Options says how maps are drawn. A nil *Options means the zero value of each field.
type Options struct {
	Colors  ColorMap // zero: BlackBody, or BlueRed with Signed
	Opacity float64  // of the strongest colour; zero: 0.75
	Range   *Range   // of the colours; nil: from zero, or with Signed from as far below it, to the map's highest value
	Signed  bool     // draws negative values, too, which speak against the target
	Dark    bool     // draws a figure on a dark ground; a card follows the page by itself

	Film bool         // the results are frames of a film: a card has a slider over them
	Open *heatmap.Map // that a card shows first; nil: the one at the suggested layer, if the results hold it
}

// Range holds the values at the two ends of the colour map, in the map's units.
type Range struct {
	Lo, Hi float32 // lowest and highest value
}

// ShareRange returns a range that holds all the maps, so that their colours mean the same.
func ShareRange(maps ...*heatmap.Map) *Range {
	r := Range{}
	for _, m := range maps {
		top, _ := findReach(m, false)
		r.Hi = max(r.Hi, top)
	}
	return &r
}

// ShareSignedRange returns a range around zero that holds all the signed maps.
func ShareSignedRange(maps ...*heatmap.Map) *Range {
	var far float32
	for _, m := range maps {
		top, _ := findReach(m, true)
		far = max(far, top)
	}
	return &Range{-far, far}
}

func (o *Options) isSigned() bool { return o != nil && o.Signed }

// field returns the values of a map that are drawn.
func (o *Options) field(m *heatmap.Map) heatmap.Grid {
	if o.isSigned() {
		return m.Signed()
	}
	return m.Grid
}

// tick is a number beside a colour bar.
type tick struct {
	at   float64 // from 0, the bar's lower end, to 1
	text string
}

// ticks returns n numbers from one end of a range to the other. If zero lies between the ends, it is one of them, for
// which there may be one number more. If the range is empty, ticks returns its one number.
func (r Range) ticks(n int) []tick {
	around := r.Lo < 0 && r.Hi > 0
	switch {
	case r.Hi <= r.Lo:
		n = 1
	case around:
		n |= 1 // the middle of an odd number
	}
	out := make([]tick, n)
	for i := range out {
		if i > 0 {
			out[i].at = float64(i) / float64(n-1)
		}
		out[i].text = number(float64(r.Lo) + out[i].at*float64(r.Hi-r.Lo))
	}
	if around {
		zero := r.place(0)
		if near := int(math.Round(zero * float64(n-1))); near > 0 && near < n-1 {
			out[near] = tick{zero, "0"}
		}
	}
	return out
}

// words returns the range with the map's unit.
func (r Range) words(unit string) string {
	if r.Hi <= r.Lo {
		return number(float64(r.Lo)) + " " + unit
	}
	return fmt.Sprintf("%s to %s %s", number(float64(r.Lo)), number(float64(r.Hi)), unit)
}

// place returns the place of a value in the range, from 0 to 1. Zero is in the middle of a signed range, even if the
// range is empty.
func (o *Options) place(v float32, r Range) float64 {
	if o.isSigned() && v == 0 {
		return 0.5
	}
	return r.place(v)
}

// strength returns how strongly a place in the range covers the picture, from 0 to 1.
func (o *Options) strength(t float64) float64 {
	if o.isSigned() {
		t = math.Abs(2*t - 1)
	}
	return math.Sqrt(t)
}

func (o *Options) colors() ColorMap {
	switch {
	case o != nil && o.Colors.At != nil:
		return o.Colors
	case o.isSigned():
		return BlueRed
	}
	return BlackBody
}

func (o *Options) opacity() float64 {
	if o == nil || o.Opacity == 0 {
		return 0.75
	}
	return min(max(o.Opacity, 0), 1)
}

func (o *Options) scale(m *heatmap.Map) Range {
	if o != nil && o.Range != nil {
		return *o.Range
	}
	if o.isSigned() {
		return *ShareSignedRange(m)
	}
	return *ShareRange(m)
}

// place returns the place of a value in the range, from 0 to 1. NaN stays NaN. In an empty range every value lies at
// the lower end.
func (r Range) place(v float32) float64 {
	if math.IsNaN(float64(v)) {
		return math.NaN()
	}
	if r.Hi <= r.Lo {
		return 0
	}
	return min(max(float64(v-r.Lo)/float64(r.Hi-r.Lo), 0), 1)
}
