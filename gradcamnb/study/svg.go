package study

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
)

// drawing is an SVG picture of lines and words. It takes its colours from the page that holds it, light or dark.
type drawing struct {
	b    strings.Builder
	w, h float64
}

// put adds an element. The caller must escape text among the values.
func (d *drawing) put(format string, values ...any) { fmt.Fprintf(&d.b, format, values...) }

func (d *drawing) line(x1, y1, x2, y2 float64, class string) {
	d.put(`<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>`, x1, y1, x2, y2, class)
}

// words writes a text whose start, middle or end lies at x, as the anchor says.
func (d *drawing) words(x, y float64, anchor, text string) {
	d.put(`<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, x, y, anchor, html.EscapeString(text))
}

func (d *drawing) dot(x, y float64, class, title string) {
	d.put(`<circle cx="%.1f" cy="%.1f" r="3" class="%s"><title>%s</title></circle>`, x, y, class, html.EscapeString(title))
}

// path draws a line through points. If the class says so, the area within is filled.
func (d *drawing) path(x, y []float64, class string) {
	if len(x) == 0 {
		return
	}
	d.put(`<polyline class="%s" points="`, class)
	for i := range x {
		d.put("%.1f,%.1f ", x[i], y[i])
	}
	d.put(`"/>`)
}

// html returns the drawing as HTML. what describes it for people who cannot see it.
func (d *drawing) html(what string) template.HTML {
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %g %g" width="%g" height="%g" role="img" aria-label="%s">%s</svg>`,
		d.w, d.h, d.w, d.h, html.EscapeString(what), d.b.String())) // words are escaped, the rest is numbers
}

// scale maps values from lo to hi to places from a to b.
type scale struct{ lo, hi, a, b float64 }

// newScale returns a scale from a to b that has room for all values.
func newScale(a, b float64, values ...float64) scale {
	s := scale{math.Inf(1), math.Inf(-1), a, b}
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			s.lo, s.hi = min(s.lo, v), max(s.hi, v)
		}
	}
	switch {
	case s.lo > s.hi:
		s.lo, s.hi = 0, 1
	case s.hi-s.lo <= 1e-9*max(math.Abs(s.lo), math.Abs(s.hi), 1e-300): // one value, but for rounding
		half := max(0.5, 0.5*math.Abs(s.lo))
		s.lo, s.hi = s.lo-half, s.hi+half
	}
	return s
}

func (s scale) at(v float64) float64 { return s.a + (v-s.lo)/(s.hi-s.lo)*(s.b-s.a) }

// ticks returns about five round numbers within the scale.
func (s scale) ticks() []float64 {
	step := math.Pow(10, math.Floor(math.Log10((s.hi-s.lo)/4)))
	for _, times := range []float64{5, 2} {
		if (s.hi-s.lo)/(step*times) >= 3 {
			step *= times
			break
		}
	}
	var out []float64
	first := math.Ceil(s.lo / step)
	for k := range 12 {
		if v := (first + float64(k)) * step; v <= s.hi+step*1e-9 {
			out = append(out, v)
		}
	}
	return out
}

// drawXTicks draws the ticks of a scale of x, as lines from the top to the bottom of a field.
func (d *drawing) drawXTicks(s scale, top, bottom float64) {
	ticks := s.ticks()
	for _, v := range ticks {
		d.line(s.at(v), top, s.at(v), bottom, "tick")
		d.words(s.at(v), bottom+14, "middle", formatTick(v, ticks))
	}
}

// drawYTicks draws the ticks of a scale of y, as lines from the left to the right of a field.
func (d *drawing) drawYTicks(s scale, left, right float64) {
	ticks := s.ticks()
	for _, v := range ticks {
		d.line(left, s.at(v), right, s.at(v), "tick")
		d.words(left-5, s.at(v)+4, "end", formatTick(v, ticks))
	}
}

// formatTick returns a tick's number, with so many digits that it differs from the next one's.
func formatTick(v float64, ticks []float64) string {
	if len(ticks) < 2 {
		return formatShort(v)
	}
	return formatFine(v, ticks[1]-ticks[0])
}

// series returns the class of the k-th line of a plot. Colours and dashes repeat after eight lines.
func series(k int) string { return fmt.Sprintf("s%d", k%8) }

// legend names the lines of a plot below it, starting at y. It returns its own height.
func (d *drawing) legend(y float64, names []string) float64 {
	x, rows := 40.0, 1.0
	for k, name := range names {
		width := 36 + 7.4*float64(len([]rune(name)))
		if x+width > d.w && x > 40 {
			x, rows = 40, rows+1
		}
		at := y + 16*rows - 6
		d.line(x, at, x+18, at, "line "+series(k))
		d.words(x+22, at+4, "start", name)
		x += width
	}
	return 16*rows + 4
}
