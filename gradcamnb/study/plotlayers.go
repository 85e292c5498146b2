package study

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
)

// layerPlot draws the mean of a metric over the layers, in their order, with one line for each method. It returns
// nothing if there is only one layer.
func (s *Summary) layerPlot(metric string) template.HTML {
	of := map[[2]string]Number{} // by method and layer
	var values []float64
	for _, n := range s.Numbers {
		if n.Metric == metric {
			of[[2]string{n.Cell.Method, n.Cell.Layer}] = n
			values = append(values, n.Mean, n.Lo, n.Hi)
		}
	}
	var layers []string
	for _, l := range s.Layers { // leave out the picture itself, and layers without a number
		if _, ok := of[[2]string{firstMethod(of, s.Methods, l), l}]; ok && l != "" {
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
		path, _, _ := strings.Cut(l, " (") // without the tensor's name
		d.words(x.at(float64(i)), height+15+at, "middle", shorten(path, 14))
	}
	var names []string
	for k, method := range s.Methods {
		var xs, ys []float64
		aside := 3 * (float64(k) - float64(len(s.Methods)-1)/2) // so that intervals stand beside one another
		for i, l := range layers {
			n, ok := of[[2]string{method, l}]
			if !ok || math.IsNaN(n.Mean) {
				continue
			}
			at := x.at(float64(i)) + aside
			xs, ys = append(xs, at), append(ys, y.at(n.Mean))
			if !math.IsNaN(n.Lo) {
				d.line(at, y.at(n.Lo), at, y.at(n.Hi), "line "+series(len(names)))
			}
			d.dot(at, y.at(n.Mean), series(len(names)), fmt.Sprintf("%s at %s: %s (%s to %s)", method, l, formatShort(n.Mean),
				formatShort(n.Lo), formatShort(n.Hi)))
		}
		if len(xs) > 0 {
			d.path(xs, ys, "line "+series(len(names)))
			names = append(names, method)
		}
	}
	d.h = height + 34 + d.legend(height+32, names)
	return d.html(fmt.Sprintf("mean %s at each of the layers %s, with 95 %% intervals, a line for each of %s", metric,
		layers, names))
}

// firstMethod returns the first method that has a number at a layer; empty if none has.
func firstMethod(of map[[2]string]Number, methods []string, layer string) string {
	i := slices.IndexFunc(methods, func(m string) bool { _, ok := of[[2]string{m, layer}]; return ok })
	if i < 0 {
		return ""
	}
	return methods[i]
}

// shorten returns a text in at most most letters. It keeps the end, since names of layers differ there.
func shorten(text string, most int) string {
	if letters := []rune(text); len(letters) > most {
		return "…" + string(letters[len(letters)-most+1:])
	}
	return text
}
