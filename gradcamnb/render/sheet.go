package render

import (
	"cmp"
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// These are the measures of a sheet, in pixels.
const (
	cellSide  = 150 // longest side of a map
	cellWide  = 230 // widest column of maps, if the words below them need more than a map is wide
	rowTitle  = 150 // widest title of a row
	cellGap   = 10
	captionH  = 15
	captionUp = 17 // from a map to its first caption's baseline
	barHeight = 140
	frameW    = 4

	columnLines = 3 // most lines of a column's title
)

// Sheet returns a table of maps as one picture: titles, the pictures of the maps, every map with its range and metrics,
// the framed cell, and a colour bar in real units for every scale. A note says whether the maps share a scale. The
// option Range replaces the shared scale of maps that are not signed. The option Signed has no effect, since each cell
// says it.
func Sheet(s *heatmap.Sheet, o *Options) *image.NRGBA {
	l := newSheetLayout(s, o)
	c := o.canvas(l.width, l.height)
	f := faces()
	c.text(s.Title, image.Pt(margin, margin+14), l.width-2*margin, f.title, ink)
	y := margin + 14 + lineH
	for _, line := range l.notes {
		c.text(line, image.Pt(margin, y), l.width-2*margin, f.small, faint)
		y += captionH
	}
	for j, title := range s.Columns {
		for k, line := range lastLines(wrapText(title, l.cellW, f.body), columnLines) {
			c.text(line, image.Pt(l.columnX(j), l.top-lineH*(l.titleLines-k)+10), l.cellW, f.body, ink)
		}
	}
	for i := range s.Cells {
		l.row(c, i)
	}
	for i, b := range l.bars {
		x, y := l.barX, l.top+i*(barHeight+3*lineH)
		c.bar(b, image.Rect(x, y+captionH, x+barWidth, y+captionH+barHeight))
	}
	return c.NRGBA
}

// sheetLayout holds the places and sizes of everything on a sheet.
type sheetLayout struct {
	*heatmap.Sheet
	options *Options

	thumbs map[*heatmap.Result]*image.NRGBA // see thumbnail

	notes      []string
	cellW      int  // of a column of maps
	titleW     int  // of the rows
	titleLines int  // of the columns
	pictures   bool // the first column holds the pictures
	top        int
	heights    []int // of each row's maps
	captions   int   // lines below a map
	bars       []bar
	barX       int
	width      int
	height     int
}

// bar is a colour bar: the scale of one kind of map.
type bar struct {
	title, unit string
	options     *Options
	scale       Range
	own         bool // every map has a scale of its own, so the ends have no numbers
}

func newSheetLayout(s *heatmap.Sheet, o *Options) *sheetLayout {
	l := &sheetLayout{Sheet: s, options: o, thumbs: map[*heatmap.Result]*image.NRGBA{}, pictures: rowsOfOnePicture(s),
		titleLines: 1, captions: 1 + len(s.Metrics)}
	f := faces()
	l.cellW = l.cellWidth()
	for _, title := range s.Rows {
		l.titleW = max(l.titleW, min(rowTitle, textWidth(spellOut(title), f.body)))
	}
	for i := range s.Cells {
		h := 0
		for j := range s.Cells[i] {
			if r, m := s.At(i, j); m != nil {
				_, cellH := thumbSize(r, m, cellSide)
				h = max(h, cellH)
			}
		}
		l.heights = append(l.heights, max(h, 60))
	}
	for _, title := range s.Columns {
		l.titleLines = max(l.titleLines, min(columnLines, len(wrapText(title, l.cellW, f.body))))
	}
	l.bars = l.scales()
	l.barX = l.columnX(len(s.Columns)) + cellGap
	l.width = max(l.barX+barWidth+barText+24+margin, 640)

	words := "Own scale: in every map the colours go from zero to its own highest value, which stands below it."
	switch {
	case s.Shared:
		words = "Shared scale: a colour means the same value in every map of one unit."
	case slices.ContainsFunc(l.bars, func(b bar) bool { return b.options.isSigned() }):
		words = "Own scale: the colours go to each map's own highest value, from zero or, in a signed map, from as far below."
	}
	l.notes = wrapText(words+" "+s.Note, l.width-2*margin, f.small)
	l.top = margin + 14 + lineH + captionH*len(l.notes) + lineH*l.titleLines
	l.height = l.top + margin
	for _, h := range l.heights {
		l.height += l.rowHeight(h)
	}
	l.height = max(l.height, l.top+len(l.bars)*(barHeight+3*lineH)+margin)
	return l
}

// rowsOfOnePicture tells whether all maps of a row are of the same picture.
func rowsOfOnePicture(s *heatmap.Sheet) bool {
	for i := range s.Cells {
		var first *heatmap.Result
		for j := range s.Cells[i] {
			r, _ := s.At(i, j)
			if r != nil && (r.Picture == nil || first != nil && r != first) {
				return false
			}
			first = cmp.Or(first, r)
		}
	}
	return true
}

// columnX returns the left edge of a column of maps, or of the column of pictures, -1.
func (l *sheetLayout) columnX(j int) int {
	x := margin + l.titleW + cellGap
	if l.pictures && j >= 0 {
		x += cellSide + cellGap
	}
	return x + max(j, 0)*(l.cellW+cellGap)
}

// cellWidth returns the width of a column of maps: that of a map or, if the words below one need more, theirs.
func (l *sheetLayout) cellWidth() int {
	const apart = 8 // between a metric's name and its value
	f := faces()
	w := cellSide
	for i := range l.Cells {
		for j := range l.Cells[i] {
			_, m := l.At(i, j)
			if m == nil {
				continue
			}
			caption, _ := l.caption(m, l.Cells[i][j])
			w = max(w, textWidth(spellOut(caption), f.small))
			for _, name := range l.Metrics {
				if v, ok := m.Metrics[name]; ok {
					w = max(w, textWidth(spellOut(name), f.small)+apart+textWidth(number(v), f.small))
				}
			}
		}
	}
	return min(w, cellWide)
}

// rowHeight returns the height of a row with maps of the given height.
func (l *sheetLayout) rowHeight(maps int) int { return maps + l.captions*captionH + cellGap + 6 }

// scales returns the colour bars. If scales are shared, there is one for each unit, signed and unsigned; otherwise
// there is one for signed and one for unsigned maps.
func (l *sheetLayout) scales() []bar {
	var bars []bar
	for i := range l.Cells {
		for j, c := range l.Cells[i] {
			_, m := l.At(i, j)
			if m == nil {
				continue
			}
			b := bar{options: l.cellOptions(c), own: !l.Shared}
			if l.Shared {
				b.unit, b.scale = m.Unit, *l.sharedScale(m.Unit, c.Signed)
			}
			if c.Signed {
				b.title = "signed"
			}
			if !slices.ContainsFunc(bars, func(o bar) bool { return o.unit == b.unit && o.title == b.title }) {
				bars = append(bars, b)
			}
		}
	}
	return bars
}

// sharedScale returns the scale of all maps of a unit.
func (l *sheetLayout) sharedScale(unit string, signed bool) *Range {
	if !signed && l.options != nil && l.options.Range != nil {
		return l.options.Range
	}
	var maps []*heatmap.Map
	for i := range l.Cells {
		for j, c := range l.Cells[i] {
			if _, m := l.At(i, j); m != nil && m.Unit == unit && c.Signed == signed {
				maps = append(maps, m)
			}
		}
	}
	if signed {
		return ShareSignedRange(maps...)
	}
	return ShareRange(maps...)
}

// cellOptions returns the options of a cell, without its range.
func (l *sheetLayout) cellOptions(c heatmap.Cell) *Options {
	o := &Options{Signed: c.Signed}
	if l.options != nil {
		o.Opacity = l.options.Opacity
		if !c.Signed { // a signed map needs a diverging palette
			o.Colors = l.options.Colors
		}
	}
	return o
}

// row draws a row of cells with its title.
func (l *sheetLayout) row(c canvas, i int) {
	f := faces()
	y := l.top
	for k := range i {
		y += l.rowHeight(l.heights[k])
	}
	if i < len(l.Rows) {
		for k, line := range firstLines(wrapText(l.Rows[i], l.titleW, f.body), l.heights[i]/lineH) {
			c.text(line, image.Pt(margin, y+14+k*lineH), l.titleW, f.body, ink)
		}
	}
	var of *heatmap.Result
	for j := range l.Cells[i] {
		if r, m := l.At(i, j); m != nil {
			of = r
			l.cell(c, i, j, y)
		} else {
			for k, line := range firstLines(wrapText(l.Cells[i][j].Empty, l.cellW, f.small), 4) {
				c.text(line, image.Pt(l.columnX(j), y+14+k*captionH), l.cellW, f.small, faint)
			}
		}
	}
	if l.pictures && of != nil && (i == 0 || l.pictureOf(i-1) != of) {
		x := l.columnX(-1)
		c.put(l.thumbnail(of), x, y)
		c.text("picture", image.Pt(x, y+l.heights[i]+captionUp), cellSide, f.small, faint)
	}
}

// pictureOf returns the result of a row's maps.
func (l *sheetLayout) pictureOf(i int) *heatmap.Result {
	for j := range l.Cells[i] {
		if r, _ := l.At(i, j); r != nil {
			return r
		}
	}
	return nil
}

// cell draws one map with its captions. Its upper edge lies at y.
func (l *sheetLayout) cell(c canvas, i, j, y int) {
	f := faces()
	r, m := l.At(i, j)
	cell := l.Cells[i][j]
	o := l.cellOptions(cell)
	if l.Shared {
		o.Range = l.sharedScale(m.Unit, cell.Signed)
	}
	w, h := thumbSize(r, m, cellSide)
	at := image.Rect(0, 0, w, h).Add(image.Pt(l.columnX(j), y))
	c.put(overlaid(r, m, o, l.thumbnail(r), image.Pt(w, h)), at.Min.X, at.Min.Y)
	if cell.Framed {
		c.frame(at, frameW)
	}
	caption, col := l.caption(m, cell)
	line := y + l.heights[i] + captionUp
	c.text(caption, image.Pt(l.columnX(j), line), l.cellW, f.small, col)
	for _, name := range l.Metrics {
		line += captionH
		if v, ok := m.Metrics[name]; ok {
			value, col := number(v), faint
			if cell.Framed {
				col = mark
			}
			c.text(name, image.Pt(l.columnX(j), line), l.cellW-textWidth(value, f.small)-6, f.small, col)
			c.textRight(value, image.Pt(l.columnX(j)+l.cellW, line), f.small, col)
		}
	}
}

// caption returns the line just below a map: its range, or what is wrong with it.
func (l *sheetLayout) caption(m *heatmap.Map, cell heatmap.Cell) (string, color.NRGBA) {
	o := l.cellOptions(cell)
	lo, hi, _ := o.field(m).Range()
	own := o.scale(m)
	switch {
	case m.Diagnosis != "":
		return firstClause(m.Diagnosis), mark
	case l.Shared && cell.Signed:
		return fmt.Sprintf("%s to %s %s", number(float64(lo)), number(float64(hi)), m.Unit), faint
	case l.Shared:
		return fmt.Sprintf("highest %s %s", number(float64(hi)), m.Unit), faint
	case o.isClipped(m) && cell.Signed:
		return fmt.Sprintf("beyond ±%s %s", number(float64(own.Hi)), m.Unit), faint
	case o.isClipped(m):
		return fmt.Sprintf("%s to ≥ %s %s", number(float64(own.Lo)), number(float64(own.Hi)), m.Unit), faint
	case cell.Signed:
		return fmt.Sprintf("±%s %s", number(float64(own.Hi)), m.Unit), faint
	}
	return own.words(m.Unit), faint
}

// bar draws a colour bar with numbers.
func (c canvas) bar(b bar, r image.Rectangle) {
	f := faces()
	colors := b.options.colors()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		t := 1 - (float64(y-r.Min.Y)+0.5)/float64(r.Dy())
		c.fill(image.Rect(r.Min.X, y, r.Max.X, y+1), colors.At(t))
	}
	c.text(cmp.Or(b.unit, b.title), image.Pt(r.Min.X, r.Min.Y-5), barWidth+barText+24, f.small, faint)
	ticks := []tick{{0, "0"}, {1, "own highest"}}
	switch {
	case b.own && b.options.isSigned():
		ticks = []tick{{0, "−own largest"}, {0.5, "0"}, {1, "own largest"}}
	case !b.own:
		ticks = b.scale.ticks(5)
	}
	c.ticks(ticks, r, barText+16)
}

// frame draws a border just outside a rectangle.
func (c canvas) frame(r image.Rectangle, w int) {
	out := r.Inset(-w)
	for _, side := range []image.Rectangle{
		{out.Min, image.Pt(out.Max.X, r.Min.Y)}, {image.Pt(out.Min.X, r.Max.Y), out.Max},
		{out.Min, image.Pt(r.Min.X, out.Max.Y)}, {image.Pt(r.Max.X, out.Min.Y), out.Max},
	} {
		c.fill(side, mark)
	}
}

// thumbSize returns the size at which a map is drawn in a square cell.
func thumbSize(r *heatmap.Result, m *heatmap.Map, side int) (w, h int) {
	if r.Picture != nil {
		return fitSquare(r.Picture.Bounds().Dx(), r.Picture.Bounds().Dy(), side)
	}
	return fitSquare(m.W, m.H, side)
}

// thumbnail returns a result's picture at a size, or nil if it has none.
func thumbnail(r *heatmap.Result, w, h int) *image.NRGBA {
	if r.Picture == nil {
		return nil
	}
	return shrunk(r.Picture, w, h)
}

// fitSquare returns the largest size at which a picture fits into a square, with no side too thin to be seen.
func fitSquare(w, h, side int) (int, int) {
	scale := float64(side) / float64(max(w, h))
	return scaledSides(w, h, scale)
}

// thumbnail returns a result's picture scaled to a cell, or nil if it has none. It is made once for all cells of the
// result.
func (l *sheetLayout) thumbnail(r *heatmap.Result) *image.NRGBA {
	small, ok := l.thumbs[r]
	if !ok {
		w, h := thumbSize(r, r.Maps[0], cellSide)
		small = thumbnail(r, w, h)
		l.thumbs[r] = small
	}
	return small
}

// firstClause returns a diagnosis in a few words: the text before its first colon or bracket.
func firstClause(s string) string {
	s, _, _ = strings.Cut(s, ":")
	s, _, _ = strings.Cut(s, " (")
	return strings.TrimPrefix(s, "The map is ")
}
