package render

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"golang.org/x/image/draw"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// boxColor is the colour of boxes: a green that the default colour map does not have.
var boxColor = color.NRGBA{R: 60, G: 220, B: 90, A: 255}

// outline draws lines around a box, width pixels wide.
func outline(img *image.NRGBA, b heatmap.Box, width int, c color.NRGBA) {
	r := image.Rect(int(math.Floor(b[0])), int(math.Floor(b[1])), int(math.Ceil(b[2])), int(math.Ceil(b[3])))
	for _, side := range []image.Rectangle{
		image.Rect(r.Min.X-width, r.Min.Y-width, r.Max.X+width, r.Min.Y),
		image.Rect(r.Min.X-width, r.Max.Y, r.Max.X+width, r.Max.Y+width),
		image.Rect(r.Min.X-width, r.Min.Y, r.Min.X, r.Max.Y),
		image.Rect(r.Max.X, r.Min.Y, r.Max.X+width, r.Max.Y),
	} {
		draw.Draw(img, side.Intersect(img.Bounds()), image.NewUniform(c), image.Point{}, draw.Src)
	}
}

// Detections returns the original picture with what a detector finds: boxes with number, class and score, instance
// masks over their pixels, and points. Small pictures are enlarged, so that the words can be read, and large ones are
// shrunk.
func Detections(picture image.Image, found []heatmap.Detection) *image.NRGBA {
	return boxesOn(picture, found, 1024)
}

// boxesOn is like [Detections], but no side of the figure is longer than most pixels.
func boxesOn(picture image.Image, found []heatmap.Detection, most float64) *image.NRGBA {
	const least = 480 // pixels of the longer side
	w, h := picture.Bounds().Dx(), picture.Bounds().Dy()
	scale := min(max(1, math.Round(float64(least)/float64(max(w, h)))), most/float64(max(w, h)))
	c := canvas{NRGBA: shrunk(picture, int(float64(w)*scale), int(float64(h)*scale))}
	f := faces()
	for i, d := range found {
		c.instance(d, instanceColor(i, d))
	}
	for i, d := range found {
		col := instanceColor(i, d)
		b := d.Box
		for k := range b {
			b[k] *= scale
		}
		outline(c.NRGBA, b, 2, col)
		for _, p := range d.Points {
			x, y := int(p[0]*scale), int(p[1]*scale)
			c.fill(image.Rect(x-2, y-2, x+2, y+2).Intersect(c.Bounds()), col)
		}
	}
	var taken []image.Rectangle // by words
	for i, d := range found {   // over every box and mask
		words := foundWords(found, i+1)
		width := min(textWidth(spellOut(words), f.small), c.Bounds().Dx()) + 6
		x := min(max(int(d.Box[0]*scale)-2, 0), max(c.Bounds().Dx()-width, 0))
		place := image.Rect(x, 0, x+width, 16).Add(image.Pt(0, max(int(d.Box[1]*scale)-2-16, 0)))
		for slices.ContainsFunc(taken, place.Overlaps) && place.Max.Y < c.Bounds().Dy() {
			place = place.Add(image.Pt(0, 16))
		}
		taken = append(taken, place)
		c.fill(place, instanceColor(i, d))
		c.text(words, image.Pt(x+3, place.Min.Y+12), width, f.small, ink)
	}
	return c.NRGBA
}

// foundWords returns the number, class and score of a detection, by its rank from 1.
func foundWords(found []heatmap.Detection, rank int) string {
	d := found[rank-1]
	return fmt.Sprintf("%d %s %.2f", rank, heatmap.ClassName(d.Label, d.Class), d.Score)
}

// instanceColors are the colours of instances. [BlackBody] has none of them.
var instanceColors = []color.NRGBA{boxColor, {80, 170, 255, 255}, {230, 110, 240, 255}, {60, 225, 225, 255},
	{170, 150, 255, 255}, {190, 230, 120, 255}}

// instanceColor returns the colour of the box and the mask of detection i, counted from 0. Boxes without a mask all
// have one colour.
func instanceColor(i int, d heatmap.Detection) color.NRGBA {
	if len(d.Mask.Values) == 0 {
		return boxColor
	}
	return instanceColors[i%len(instanceColors)]
}

// instance draws a detection's mask over the picture that the canvas shows.
func (c canvas) instance(d heatmap.Detection, col color.NRGBA) {
	mask := d.MaskOnPicture()
	if len(mask.Values) == 0 {
		return
	}
	b := c.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			if mask.At((2*x+1)*mask.W/(2*b.Dx()), (2*y+1)*mask.H/(2*b.Dy())) > 0 {
				c.SetNRGBA(x, y, blend(c.NRGBAAt(x, y), col, 0.45))
			}
		}
	}
}

// DetectionSheet returns a figure of the detections that a result explains, one in each row. A row shows the crop with
// the box, class and score, the map of random masks (D-RISE) with its standard error, and the map of a gradient if
// there is one. It says whether each map has its peak in the box, and the share of the map that lies there.
func DetectionSheet(r *heatmap.Result, o *Options) *image.NRGBA {
	f := faces()
	rows := detectionRows(r)
	const cell, words = 190, 190
	wide := mapWidth(r, cell)
	titles := []string{"detection", "", "D-RISE", "standard error", "gradient"}
	if !slices.ContainsFunc(rows, func(d detectionRow) bool { return d.gradient != nil }) {
		titles = titles[:4]
	}
	x := func(column int) int { return margin + column*(cell+gap) + max(0, column-2)*(wide-cell) }
	rowHeight := cell + 2*captionH + cellGap
	top := margin + 2*lineH + captionH
	c := o.canvas(x(len(titles))+margin, top+max(1, len(rows))*rowHeight+margin)
	c.text(r.Model+": detections explained", image.Pt(margin, margin+14), c.Bounds().Dx()-2*margin, f.title, ink)
	for i, title := range titles {
		c.text(title, image.Pt(x(i), top-8), cell, f.body, ink)
	}
	for i, row := range rows {
		y := top + i*rowHeight
		first := row.firstMap()
		if crop := cropAround(r, first.Box, cell); crop != nil {
			c.put(crop, x(0), y)
		}
		for k, line := range row.words(first) {
			c.text(line, image.Pt(x(1), y+lineH*(k+1)), words, f.body, ink)
		}
		for k, m := range []*heatmap.Map{row.drawn, standardError(row.drawn), row.gradient} {
			if m == nil {
				continue
			}
			w, h := thumbSize(r, m, wide)
			c.put(overlaid(r, m, o, thumbnail(r, w, h), image.Pt(w, h)), x(2+k), y)
			c.text(o.scale(m).words(m.Unit), image.Pt(x(2+k), y+h+captionH-2), wide, f.small, faint)
			below := y + h + 2*captionH - 2
			switch {
			case k == 1: // a standard error has no peak to speak of
			case m.Diagnosis != "":
				c.text(firstClause(m.Diagnosis), image.Pt(x(2+k), below), wide, f.small, mark)
			default:
				c.text(verdict(m, r), image.Pt(x(2+k), below), wide, f.small, faint)
			}
		}
	}
	return c.NRGBA
}

// mapWidth returns the width of a result's maps on a sheet whose rows are high pixels high: a wide picture gets more of
// it, as much as makes up for its height.
func mapWidth(r *heatmap.Result, high int) int {
	const most = 2
	if w, h := r.Frame.PictureW, r.Frame.PictureH; w > h && h > 0 {
		return int(float64(high) * min(most, math.Sqrt(float64(w)/float64(h))))
	}
	return high
}

// verdict returns words that say whether the map's peak lies in its box, and the share of the map that does.
func verdict(m *heatmap.Map, r *heatmap.Result) string {
	hit := "peak outside the box"
	if m.Points(r.Frame) {
		hit = "peak in the box"
	}
	if e := m.Energy(r.Frame); !math.IsNaN(e) {
		hit += fmt.Sprintf(", %.0f %% in it", 100*e)
	}
	return hit
}

// detectionRow holds the maps of one target: of random masks and of a gradient.
type detectionRow struct{ drawn, gradient *heatmap.Map }

func (d detectionRow) firstMap() *heatmap.Map {
	if d.drawn != nil {
		return d.drawn
	}
	return d.gradient
}

func (d detectionRow) words(m *heatmap.Map) []string {
	lines := wrapText(m.Target, 190, faces().body)
	if m.Class != "" {
		lines = append([]string{m.Class}, lines...)
	}
	lines = append(lines, fmt.Sprintf("%s %s", number(float64(m.Score)), m.ScoreUnit))
	if d.drawn != nil {
		s := d.drawn.Sampled
		lines = append(lines, fmt.Sprintf("%d masks", len(s.Weights)))
		if !math.IsNaN(s.Agreement) {
			lines = append(lines, fmt.Sprintf("halves agree to %.2f", s.Agreement),
				fmt.Sprintf("reliability %.2f", s.Reliability()))
		}
	}
	if d.gradient != nil {
		lines = append(lines, d.gradient.Method+" at "+d.gradient.Layer)
	}
	return lines
}

// detectionRows returns a row for each target, with its maps.
func detectionRows(r *heatmap.Result) []detectionRow {
	var rows []detectionRow
	at := map[string]int{}
	for _, m := range r.Maps {
		if m.Box.Area() == 0 {
			continue
		}
		i, ok := at[m.Target]
		if !ok {
			i = len(rows)
			at[m.Target] = i
			rows = append(rows, detectionRow{})
		}
		switch {
		case m.Sampled != nil && rows[i].drawn == nil:
			rows[i].drawn = m
		case m.Sampled == nil && rows[i].gradient == nil:
			rows[i].gradient = m
		}
	}
	return rows
}

// standardError returns a map's standard error as a map, or nil if it has none.
func standardError(m *heatmap.Map) *heatmap.Map {
	if m == nil || len(m.StdErr.Values) == 0 {
		return nil
	}
	e := *m
	e.Grid, e.Raw = m.StdErr, m.StdErr
	return &e
}

// cropAround returns the part of the picture around a box, with the box's outline. It reaches half of the longer side
// beyond the box and is scaled to fit a square. It is nil if there is no picture or the box lies outside it.
func cropAround(r *heatmap.Result, b heatmap.Box, side int) *image.NRGBA {
	if r.Picture == nil {
		return nil
	}
	around := max(b[2]-b[0], b[3]-b[1]) / 2
	from := r.Picture.Bounds()
	part := image.Rect(int(b[0]-around), int(b[1]-around), int(b[2]+around)+1, int(b[3]+around)+1)
	part = part.Intersect(image.Rect(0, 0, from.Dx(), from.Dy()))
	if part.Empty() {
		return nil
	}
	crop := image.NewNRGBA(part)
	draw.Draw(crop, part, r.Picture, from.Min.Add(part.Min), draw.Src)
	w, h := fitSquare(part.Dx(), part.Dy(), side)
	small := shrunk(crop, w, h)
	sx, sy := float64(w)/float64(part.Dx()), float64(h)/float64(part.Dy())
	left, top := float64(part.Min.X), float64(part.Min.Y)
	outline(small, heatmap.Box{(b[0] - left) * sx, (b[1] - top) * sy, (b[2] - left) * sx, (b[3] - top) * sy}, 2, boxColor)
	return small
}
