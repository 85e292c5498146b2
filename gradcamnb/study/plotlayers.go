package study

import (
	"fmt"
	"html/template"
	"math"
)

// layerPlot draws the mean of a metric over the layers, in their order, with one line for each method. It returns
// nothing if there is only one layer.
func (s *Summary) layerPlot(metric string) template.HTML {
	of := map[Cell]Number{}
	numbered := map[string]bool{} // layers
	var values []float64
	for _, n := range s.Numbers {
		if n.Metric == metric {
			of[n.Cell], numbered[n.Cell.Layer] = n, true
			values = append(values, n.Mean, n.Lo, n.Hi)
		}
	}
	var layers []string
	for _, l := range s.Layers { // leave out the picture itself, and layers without a number
		if numbered[l] && l != "" {
			layers = append(layers, l)
		}
	}
	if len(layers) < 2 {
		return ""
	}
	const left, top, height = 52.0, 10.0, 220.0
	d := &drawing{w: max(420, 80+100*float64(len(layers)))}
	x, y := newScale(left+44, d.w-56, 0, float64(len(layers)-1)), newScale(height, top, values...)
	d.drawYTicks(y, left, d.w-8)
	for i, l := range layers {
		at := 0.0
		if len(layers) > 6 { // or the names run into one another
			at = float64(i%2) * 12
		}
		d.words(x.at(float64(i)), height+15+at, "middle", shorten(withoutTensor(l), 14))
	}
	var names []string
	all := s.lines()
	for k, line := range all {
		var xs, ys []float64
		aside := 3 * (float64(k) - float64(len(all)-1)/2) // so that intervals stand beside one another
		for i, l := range layers {
			n, ok := of[Cell{line.Model, l, line.Method}]
			if !ok || math.IsNaN(n.Mean) {
				continue
			}
			at := x.at(float64(i)) + aside
			xs, ys = append(xs, at), append(ys, y.at(n.Mean))
			if !math.IsNaN(n.Lo) {
				d.line(at, y.at(n.Lo), at, y.at(n.Hi), "line "+series(len(names)))
			}
			d.dot(at, y.at(n.Mean), series(len(names)), fmt.Sprintf("%s: %s (%s to %s)", s.cellName(n.Cell), n.Short(n.Mean),
				n.Short(n.Lo), n.Short(n.Hi)))
		}
		if len(xs) > 0 {
			d.path(xs, ys, "line "+series(len(names)))
			names = append(names, s.cellName(line))
		}
	}
	d.h = height + 34 + d.legend(height+32, names)
	return d.html(fmt.Sprintf("mean %s at each of the layers %s, with 95 %% intervals, a line for each of %s", metric,
		layers, names))
}

// lines returns a cell without a layer for every model and method, in their order.
func (s *Summary) lines() (out []Cell) {
	for _, method := range s.Methods {
		for _, a := range s.Answers {
			out = append(out, Cell{Model: a.Model, Method: method})
		}
	}
	return out
}

// shorten returns a text in at most most letters. It keeps the end, since names of layers differ there.
func shorten(text string, most int) string {
	if letters := []rune(text); len(letters) > most {
		return "…" + string(letters[len(letters)-most+1:])
	}
	return text
}
