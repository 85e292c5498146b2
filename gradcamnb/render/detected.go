package render

import (
	"fmt"
	"image"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// These are the measures of a figure of all detections, in pixels.
const (
	detectedSide  = 230  // longest side of a map
	detectedWidth = 1000 // of the whole, at most
	detectedWhole = 620  // longest side of the picture with all boxes
)

// Detected returns one figure of everything that a result explains of a detector: the picture with all boxes and masks,
// and below it one map of every explained detection. All maps have one colour scale, which stands beside the picture.
// Below each map stand the detection's number, class and score, and the share of the map that lies in its box. If a
// detection has several maps, by layers or methods, the first one is drawn.
func Detected(r *heatmap.Result, o *Options) *image.NRGBA {
	maps := detectedMaps(r)
	one := oneScale(o, maps)
	f := faces()
	whole := o.canvas(detectedWhole, 40).NRGBA
	if r.Picture != nil {
		whole = boxesOn(r.Picture, r.Detections, detectedWhole)
	}
	aside := margin + whole.Bounds().Dx() + 2*gap
	across := (detectedWidth - 2*margin + cellGap) / (detectedSide + cellGap)
	var w, h int // of every map
	if len(maps) > 0 {
		w, h = thumbSize(r, maps[0], detectedSide)
	}
	top := margin + 14 + lineH
	under := top + max(whole.Bounds().Dy(), 150) + 2*cellGap
	rowHeight := h + 3*captionH + 2*cellGap
	rows := (len(maps) + across - 1) / across
	c := o.canvas(detectedWidth, under+rows*rowHeight+margin)
	c.text(detectedTitle(r, maps), image.Pt(margin, margin+14), c.Rect.Dx()-2*margin, f.title, ink)
	c.put(whole, margin, top)
	if len(maps) > 0 {
		bar := image.Rect(aside, top+2*lineH, aside+barWidth, top+2*lineH+100)
		c.colorBar(maps[0], one, bar)
		for i, line := range wrapText(fmt.Sprintf("One colour scale for all maps: %s.",
			one.scale(maps[0]).words(maps[0].Unit)), c.Rect.Dx()-margin-aside, f.small) {
			c.text(line, image.Pt(aside, bar.Max.Y+lineH+i*captionH), c.Rect.Dx()-margin-aside, f.small, ink)
		}
	}
	small := thumbnail(r, w, h)
	for i, m := range maps {
		x, y := margin+i%across*(detectedSide+cellGap), under+i/across*rowHeight
		c.put(overlaid(r, m, one, small, image.Pt(w, h)), x, y)
		c.text(detectedWords(r, m), image.Pt(x, y+h+captionUp), detectedSide, f.body, ink)
		line, col := verdict(m, r), faint
		if m.Diagnosis != "" {
			line, col = firstClause(m.Diagnosis), mark
		}
		c.text(line, image.Pt(x, y+h+captionUp+captionH), detectedSide, f.small, col)
		c.text("highest "+number(float64(ShareRange(m).Hi))+" "+m.Unit, image.Pt(x, y+h+captionUp+2*captionH), detectedSide, f.small, faint)
	}
	return c.NRGBA
}

// detectedMaps returns the first map of every detection that is explained.
func detectedMaps(r *heatmap.Result) []*heatmap.Map {
	var maps []*heatmap.Map
	for _, m := range r.Maps {
		if m.Box.Area() > 0 && (len(maps) == 0 || maps[len(maps)-1].Target != m.Target) {
			maps = append(maps, m)
		}
	}
	return maps
}

// oneScale returns the options with one range for all maps. It keeps a range that the options have.
func oneScale(o *Options, maps []*heatmap.Map) *Options {
	one := Options{}
	if o != nil {
		one = *o
	}
	switch {
	case one.Range != nil:
	case one.Signed:
		one.Range = ShareSignedRange(maps...)
	default:
		one.Range = ShareRange(maps...)
	}
	return &one
}

func detectedTitle(r *heatmap.Result, maps []*heatmap.Map) string {
	title := clean(r.Model)
	if len(maps) == 0 {
		return title + ": no detection is explained"
	}
	made := methodWords(maps[0])
	for _, m := range maps {
		if methodWords(m) != made {
			made = maps[0].Method
		}
	}
	things := "detections"
	if len(maps) == 1 {
		things = "detection"
	}
	title = fmt.Sprintf("%s: %s of %d %s", title, clean(made), len(maps), things)
	if s := maps[0].Sampled; s != nil {
		title += fmt.Sprintf(", by the same %d masks", len(s.Weights))
	}
	return title
}

// detectedWords returns the number, class and score of an explained detection, or only the class if the user drew it.
func detectedWords(r *heatmap.Result, m *heatmap.Map) string {
	if m.Found > 0 && m.Found <= len(r.Detections) {
		return foundWords(r.Detections, m.Found)
	}
	return heatmap.ClassName(m.Class, m.Index) + ", drawn"
}
