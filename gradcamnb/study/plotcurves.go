package study

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
)

// curvePlots draws the mean curves of insertion or deletion with their bands: one plot for each layer, with one line
// for each method.
func (s *Summary) curvePlots(metric string) []template.HTML {
	var values []float64
	for _, c := range s.Curves {
		if c.Metric == metric {
			for k, v := range c.Mean {
				values = append(values, v, v-valueOr(c.Half[k], 0), v+valueOr(c.Half[k], 0))
			}
		}
	}
	var out []template.HTML
	for _, layer := range s.Layers {
		var lines []Curve
		for _, c := range s.Curves {
			if c.Metric == metric && c.Cell.Layer == layer {
				lines = append(lines, c)
			}
		}
		if len(lines) > 0 {
			slices.SortStableFunc(lines, func(a, b Curve) int {
				return cmp.Or(slices.Index(s.Methods, a.Cell.Method)-slices.Index(s.Methods, b.Cell.Method),
					cmp.Compare(a.Cell.Model, b.Cell.Model))
			})
			out = append(out, s.curvePlot(metric, layer, lines, values))
		}
	}
	return out
}

func (s *Summary) curvePlot(metric, layer string, lines []Curve, values []float64) template.HTML {
	const left, top, width, height = 44.0, 22.0, 340.0, 190.0
	d := &drawing{w: width}
	x, y := newScale(left, width-24, 0, 1), newScale(height, top, values...)
	title := metric
	if layer != "" {
		title += " at " + shorten(withoutTensor(layer), 30)
	}
	d.words(left, 14, "start", title)
	d.drawYTicks(y, left, width-24)
	for _, v := range []float64{0, 0.5, 1} {
		d.words(x.at(v), height+14, "middle", fmt.Sprintf("%.0f %%", 100*v))
	}
	doing := map[string]string{"insertion": "of the picture is shown", "deletion": "of the picture is hidden"}[metric]
	d.words((left+width)/2, height+28, "middle", doing)
	var names []string
	for k, c := range lines {
		names = append(names, s.cellName(Cell{Model: c.Cell.Model, Method: c.Cell.Method}))
		n := len(c.Mean) - 1
		var xs, ys, bandX, bandY []float64
		for i, v := range c.Mean {
			at := x.at(float64(i) / float64(n))
			xs, ys = append(xs, at), append(ys, y.at(v))
			if !math.IsNaN(c.Half[i]) {
				bandX, bandY = append(bandX, at), append(bandY, y.at(v+c.Half[i]))
			}
		}
		for i := n; i >= 0; i-- {
			if !math.IsNaN(c.Half[i]) {
				bandX, bandY = append(bandX, x.at(float64(i)/float64(n))), append(bandY, y.at(c.Mean[i]-c.Half[i]))
			}
		}
		d.path(bandX, bandY, "band "+series(k))
		d.path(xs, ys, "line "+series(k))
	}
	d.h = height + 34 + d.legend(height+34, names)
	return d.html(fmt.Sprintf("%s at %s: the mean score at every step, with 95 %% bands, a line for each of %s", metric,
		layer, names))
}
