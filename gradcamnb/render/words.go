package render

import (
	"cmp"
	"fmt"
	"image"
	"math"
	"strings"
	"unicode"

	"golang.org/x/image/font"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// cardLabel is the most characters of a label that are embedded in a card.
const cardLabel = 400

// figureTitle returns the first line of a figure: the model, the method and the layer.
func figureTitle(r *heatmap.Result, m *heatmap.Map) string {
	return clean(r.Model) + ": " + clean(methodWords(m))
}

// methodWords returns the map's method and, if it has one, its layer.
func methodWords(m *heatmap.Map) string {
	if m.Layer == "" {
		return m.Method
	}
	return m.Method + " at " + m.Layer
}

// timing returns the backend of a result and the time that it took.
func timing(r *heatmap.Result) string {
	var ms float64
	for _, d := range r.Timings {
		ms += d.Seconds() * 1000
	}
	switch {
	case ms == 0:
		return r.Backend
	case ms < 1000:
		return fmt.Sprintf("%s, %.0f ms", r.Backend, ms)
	}
	return fmt.Sprintf("%s, %.1f s", r.Backend, ms/1000)
}

// subtitle returns the second line of a figure: the target with the label of its class, and its score.
func subtitle(r *heatmap.Result, m *heatmap.Map, class string) string {
	s := "target " + m.Target
	if class != "" {
		s += " (" + class + ")"
	}
	s += fmt.Sprintf(", score %s %s", number(float64(m.Score)), m.ScoreUnit)
	if p, ok := r.Likelihood(m); ok {
		s += ", " + heatmap.Percent(p)
	}
	if m.Rank > 0 && m.Classes > 1 {
		s += fmt.Sprintf(", rank %d of %d", m.Rank, m.Classes)
	}
	return s
}

// cellWords returns the number of a map's cells. If the model did not see all of the picture, it also says what grey
// means.
func cellWords(r *heatmap.Result, m *heatmap.Map) string {
	s := m.Raw.Size() + " cells"
	if r.Picture != nil && r.Frame.Seen() != image.Rect(0, 0, r.Frame.PictureW, r.Frame.PictureH) {
		s += "; grey: not seen by the model"
	}
	return s
}

// clipWords returns a sentence that says that some pixels lie above the end of the colours.
func clipWords(m *heatmap.Map, o *Options) string {
	lo, hi, _ := o.field(m).Range()
	return fmt.Sprintf("The colours end at the 99th percentile; the highest pixel is %s %s.",
		number(float64(max(hi, -lo))), m.Unit)
}

// number returns a value with three significant digits, and from 1,000 to 100,000 as a whole number. A tie is rounded
// away from zero, as the card's JavaScript does.
func number(v float64) string {
	if v == 0 {
		return "0"
	}
	// Package fmt rounds a tie to even, so a value that may be one is moved away from zero. (2n+1)/(2·10^k) with n of
	// three digits is a binary fraction only for k up to 4, so every tie is a multiple of 1/32.
	if v*32 == math.Trunc(v*32) {
		v = math.Nextafter(v, 2*v)
	}
	if a := math.Abs(v); a >= 999.5 && a < 1e5 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// explainedWords returns the explained class, or else the target, with its probability. If both together are wider than
// width pixels, the class is cut.
func explainedWords(r *heatmap.Result, m *heatmap.Map, width int, face font.Face) string {
	said := likelihoodWords(r, m)
	if said != "" {
		said = " " + said
	}
	return shorten(spellOut(cmp.Or(m.Class, m.Target)), width-textWidth(said, face), face) + said
}

// likelihoodWords returns the probability of what a map explains in per cent, with its rank if it is not the first.
func likelihoodWords(r *heatmap.Result, m *heatmap.Map) string {
	p, ok := r.Likelihood(m)
	if !ok {
		return ""
	}
	words := heatmap.Percent(p)
	if m.Rank > 1 {
		words += fmt.Sprintf(", rank %d", m.Rank)
	}
	return words
}

// clean returns a label as one line of at most cardLabel characters, without control characters and without characters
// that change the direction of writing.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
	runes := []rune(oneLine(s))
	if len(runes) > cardLabel {
		return string(runes[:cardLabel]) + "…"
	}
	return string(runes)
}
