package render

import (
	"fmt"
	"image"
	"math"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// These are the measures of a card, in pixels.
const (
	margin   = 20
	gap      = 14
	side     = 320 // longest side of a picture on the card
	smallest = 160 // shortest picture, so that a tiny one can be looked at
	thinnest = 24  // shorter side of a picture that is many times longer, such as a signal
	barWidth = 16
	barText  = 64
	barLow   = 60 // least height of a colour bar, so that its numbers do not lie on each other

	widestUnit = 200
	listing    = 250
	lineH      = 20
)

// Card returns the whole figure of one map: a title with model, method, layer, target and score, the original picture,
// the map on it, a colour bar in real units, the best predictions with the explained one marked, and the diagnosis if
// there is one.
func Card(r *heatmap.Result, m *heatmap.Map, o *Options) *image.NRGBA { return card(r, m, r.Model, o) }

// card is like [Card], and of names what is explained: the model, and the picture if there are others.
func card(r *heatmap.Result, m *heatmap.Map, of string, o *Options) *image.NRGBA {
	f := faces()
	shown, drawn, fixed := laidOut(r, m, o)
	w, h := fitSize(drawn.W, drawn.H)
	var picture *image.NRGBA
	if r.Picture != nil {
		w, h = fitSize(shown.Picture.Bounds().Dx(), shown.Picture.Bounds().Dy())
		picture = shrunk(shown.Picture, w, h)
	}

	bar := max(barWidth+barText, min(textWidth(spellOut(m.Unit), f.small), widestUnit))
	words := cellWords(r, m)
	mapW := max(w, min(textWidth(spellOut(words), f.small), listing)+8-gap) // as wide as the words above it
	columns := []int{mapW, bar}
	stacked := r.Picture != nil && isWide(w, h) // the map lies below the picture
	left := max(w, textWidth("picture", f.small))
	if r.Picture != nil && !stacked {
		columns = append([]int{left}, columns...)
	}
	list := listPredictions(r, m)
	if len(list) > 0 {
		columns = append(columns, listing)
	}
	width := 2*margin + gap*(len(columns)-1)
	for _, c := range columns {
		width += c
	}
	width = max(width, 520)
	inner := width - 2*margin

	diagnosis := wrapText(wordsBelow(m, o), inner, f.body)
	const caption = 22 // above a picture
	title := firstLines(wrapText(fmt.Sprintf("%s: %s", of, methodWords(m)), inner, f.title), 3)
	top := margin + (len(title)+1)*lineH + caption
	bodyH := h
	if stacked {
		bodyH += caption + h
	}
	barH := max(h, barLow)
	bodyH = max(bodyH+barH-h, len(list)*40+18)
	height := top + bodyH + margin
	if len(diagnosis) > 0 {
		height += len(diagnosis)*lineH + gap/2
	}
	c := o.canvas(width, height)

	for i, line := range title {
		c.text(line, image.Pt(margin, margin+14+i*lineH), inner, f.title, ink)
	}
	room := inner - textWidth(spellOut(subtitle(r, m, " ")), f.body) // for the class, which may be long
	about := subtitle(r, m, shorten(spellOut(m.Class), room, f.body))
	c.text(about, image.Pt(margin, margin+14+len(title)*lineH), inner, f.body, faint)

	x, y := margin, top
	if r.Picture != nil {
		c.text("picture", image.Pt(x, y-6), left, f.small, faint)
		c.put(picture, x, y)
	}
	switch {
	case stacked:
		y += h + caption
	case r.Picture != nil:
		x += left + gap
	}
	c.text(words, image.Pt(x, y-6), mapW+gap-8, f.small, faint)
	c.put(overlaid(shown, drawn, fixed, picture, image.Pt(w, h)), x, y)
	x += mapW + gap
	c.colorBar(m, o, image.Rect(x, y, x+barWidth, y+barH))
	x += bar + gap
	if len(list) > 0 {
		c.predictions(list, m, x, top)
	}
	for i, line := range diagnosis {
		c.text(line, image.Pt(margin, top+bodyH+gap+i*lineH+8), inner, f.body, mark)
	}
	return c.NRGBA
}

// wordsBelow returns the sentences below a figure: that colours are clipped, what was taken for what the user wrote,
// and what is wrong with the map.
func wordsBelow(m *heatmap.Map, o *Options) string {
	words := []string{m.Note, m.Diagnosis}
	if o.isClipped(m) {
		words = append([]string{clipWords(m, o)}, words...)
	}
	return strings.Join(slices.DeleteFunc(words, func(s string) bool { return s == "" }), " ")
}

// isWide tells whether a picture of w x h pixels is more than twice as wide as high.
func isWide(w, h int) bool { return w > 2*h }

// longestSide returns the longest side at which a picture of w x h pixels is shown: usual pixels or, if one side is
// more than twice the other, more of them, up to most, so that the shorter side does not become a strip.
func longestSide(w, h, usual, most int) float64 {
	if !isWide(w, h) && !isWide(h, w) {
		return float64(usual)
	}
	return min(float64(most), float64(usual)*math.Sqrt(float64(max(w, h))/float64(min(w, h))))
}

// fitSize returns the size at which a picture of w x h pixels is shown.
func fitSize(w, h int) (int, int) {
	scale := longestSide(w, h, side, 2*side+gap) / float64(max(w, h))
	if scale > 1 {
		scale = max(1, float64(smallest)/float64(max(w, h)))
	}
	return scaledSides(w, h, scale)
}

// scaledSides returns the sides of a picture of w x h pixels that is shown at a scale. No side is thinner than
// thinnest: a signal is a picture of one row, which could not be seen otherwise.
func scaledSides(w, h int, scale float64) (int, int) {
	side := func(n int) int { return max(thinnest, int(math.Round(float64(n)*scale))) }
	return side(w), side(h)
}

// colorBar draws the colours with numbers in the map's units.
func (c canvas) colorBar(m *heatmap.Map, o *Options, r image.Rectangle) {
	colors, scale, f := o.colors(), o.scale(m), faces()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		t := 1 - (float64(y-r.Min.Y)+0.5)/float64(r.Dy())
		c.fill(image.Rect(r.Min.X, y, r.Max.X, y+1), colors.At(t))
	}
	ticks := scale.ticks(min(5, max(2, r.Dy()/50)))
	if last := &ticks[len(ticks)-1]; o.isClipped(m) {
		last.text = "≥ " + last.text
	}
	c.ticks(ticks, r, barText-8)
	c.text(m.Unit, image.Pt(r.Min.X, r.Min.Y-6), widestUnit, f.small, faint)
}

// ticks writes numbers beside a colour bar. A number may be width pixels wide.
func (c canvas) ticks(ticks []tick, r image.Rectangle, width int) {
	for _, t := range ticks {
		y := r.Max.Y - 1 - int(math.Round(t.at*float64(r.Dy()-1)))
		c.fill(image.Rect(r.Max.X, y, r.Max.X+4, y+1), faint)
		c.text(t.text, image.Pt(r.Max.X+8, min(max(y+4, r.Min.Y+9), r.Max.Y)), width, faces().small, ink)
	}
}

// listPredictions returns the best classes of the output that a map explains, and the explained one if it is not among
// them.
func listPredictions(r *heatmap.Result, m *heatmap.Map) []heatmap.Prediction {
	list := r.Predictions(m)
	if m.Rank > 0 && !slices.ContainsFunc(list, func(p heatmap.Prediction) bool { return p.Index == m.Index }) {
		list = append(slices.Clone(list), r.Prediction(m))
	}
	return list
}

// predictions draws a list of classes. Each has a bar of its probability or, if there is none, of its score relative to
// the best one.
func (c canvas) predictions(list []heatmap.Prediction, m *heatmap.Map, x, y int) {
	f := faces()
	title := "predictions"
	if m.Head != "" {
		title += " of " + m.Head
	}
	c.text(title, image.Pt(x, y-6), listing, f.small, faint)
	for i, p := range list {
		at := y + i*40
		col := ink
		if m.Index == p.Index && (p.Label == m.Class || m.Class == "") {
			col = mark
		}
		value, share := number(float64(p.Score)), float64(p.Score)/math.Abs(float64(list[0].Score))
		if !math.IsNaN(float64(p.Probability)) {
			value, share = heatmap.Percent(p.Probability), float64(p.Probability)
		}
		c.textRight(value, image.Pt(x+listing, at+14), f.body, col)
		c.text(p.Name(), image.Pt(x, at+14), listing-textWidth(value, f.body)-8, f.body, col)
		bar := image.Rect(x, at+20, x+listing, at+26)
		c.fill(bar, pale)
		if !math.IsNaN(share) {
			bar.Max.X = x + int(float64(listing)*min(max(share, 0), 1))
			c.fill(bar, col)
		}
	}
}
