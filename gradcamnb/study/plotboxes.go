package study

import (
	"fmt"
	"html/template"
	"strings"
)

// boxPlot draws the spread of a metric over the maps of every cell, with one row for each cell.
func (s *Summary) boxPlot(metric string) template.HTML {
	var boxes []Box
	var values []float64
	for _, b := range s.Boxes {
		if b.Metric == metric {
			boxes, values = append(boxes, b), append(append(values, b.Low, b.Upmost), b.Outside...)
		}
	}
	if len(boxes) == 0 {
		return ""
	}
	const left, row = 300.0, 20.0 // a name of 46 letters fits beside
	d := &drawing{w: 790, h: row*float64(len(boxes)) + 24}
	x := newScale(left, d.w-16, values...)
	d.drawXTicks(x, 2, d.h-20)
	for i, b := range boxes {
		y := row*float64(i) + row/2 + 2
		d.words(left-8, y+4, "end", s.plotName(b.Cell))
		d.line(x.at(b.Low), y, x.at(b.Q1), y, "whisker")
		d.line(x.at(b.Q3), y, x.at(b.Upmost), y, "whisker")
		d.put(`<rect x="%.1f" y="%.1f" width="%.1f" height="12" class="box"><title>%s: median %s, quartiles %s and %s, %d maps</title></rect>`,
			x.at(b.Q1), y-6, max(1, x.at(b.Q3)-x.at(b.Q1)), template.HTMLEscapeString(b.Cell.String()), formatShort(b.Median),
			formatShort(b.Q1), formatShort(b.Q3), b.N)
		d.line(x.at(b.Median), y-6, x.at(b.Median), y+6, "median")
		for _, v := range b.Outside {
			d.put(`<circle cx="%.1f" cy="%.1f" r="1.5" class="outside"/>`, x.at(v), y)
		}
	}
	return d.html(fmt.Sprintf("box plots of %s, one for each method and layer", metric))
}

// cellName returns the name of a cell, with its model if the study has several.
func (s *Summary) cellName(c Cell) string {
	name := c.Method
	if c.Layer != "" {
		name += " at " + c.Layer
	}
	if len(s.Answers) > 1 {
		name += " of " + c.Model
	}
	return name
}

// plotName returns the name of a cell as it stands beside a plot, in at most 46 letters.
func (s *Summary) plotName(c Cell) string {
	c.Layer, c.Model = shorten(withoutTensor(c.Layer), 16), shorten(c.Model, 16)
	return shortenMiddle(s.cellName(c), 46)
}

// withoutTensor returns the name of a layer without that of its tensor, which stands in brackets.
func withoutTensor(layer string) string {
	path, _, _ := strings.Cut(layer, " (")
	return path
}

// shortenMiddle returns a text in at most most letters.
func shortenMiddle(name string, most int) string {
	if letters := []rune(name); len(letters) > most { // a method's beginning and a layer's end tell most
		name = string(letters[:most/2]) + "…" + string(letters[len(letters)-most/2+1:])
	}
	return name
}
