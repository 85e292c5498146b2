package study

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
)

// criticalPlot draws the critical-difference diagram of a metric (Demsar 2006, figure 1): the cells by their mean
// rank, the best on the left, and bars under those that cannot be told apart. It returns nothing if there is no
// critical difference.
func (s *Summary) criticalPlot(metric string) template.HTML {
	var ranks []Rank
	for _, r := range s.Ranks {
		if r.Metric == metric {
			ranks = append(ranks, r)
		}
	}
	n := len(ranks)
	if n < 2 || math.IsNaN(ranks[0].Critical) {
		return ""
	}
	const left, right, axis, row = 340.0, 600.0, 34.0, 17.0 // a name of 46 letters and a number fit beside
	bars := groups(ranks)
	half := (n + 1) / 2
	below := axis + 14 + 7*float64(len(bars))
	d := &drawing{w: 940, h: below + row*float64(half) + 10}
	x := newScale(left, right, 1, float64(n))
	d.line(left, axis, right, axis, "axis")
	for k := 1; k <= n; k++ {
		d.line(x.at(float64(k)), axis-5, x.at(float64(k)), axis, "axis")
		if n <= 12 || k%2 == 1 {
			d.words(x.at(float64(k)), axis-9, "middle", strconv.Itoa(k))
		}
	}
	wide := ranks[0].Critical / float64(n-1) * (right - left)
	d.line(left, 9, left+min(wide, right-left), 9, "bar")
	d.words(left-8, 13, "end", fmt.Sprintf("critical difference %.2f", ranks[0].Critical))
	for i, b := range bars {
		y := axis + 8 + 7*float64(i)
		d.line(x.at(ranks[b[0]].Mean)-2, y, x.at(ranks[b[1]].Mean)+2, y, "bar")
	}
	for i, r := range ranks {
		at := x.at(r.Mean)
		y, edge, anchor, from := below+row*float64(i), left-4, "end", left-8
		if i >= half {
			y, edge, anchor, from = below+row*float64(n-1-i), right+4, "start", right+8
		}
		d.line(at, axis, at, y, "arm")
		d.line(at, y, edge, y, "arm")
		d.words(from, y+4, anchor, fmt.Sprintf("%s  %.2f", s.plotName(r.Cell), r.Mean))
	}
	return d.html(fmt.Sprintf("critical-difference diagram of %s: mean ranks of %d methods and layers", metric, n))
}

// groups returns the first and the last rank of every group that cannot be told apart: a run of ranks whose means
// differ by less than the critical difference. Ranks are sorted by rising mean. A run within a larger one is left out.
func groups(ranks []Rank) (out [][2]int) {
	end := -1
	for i, r := range ranks {
		last := i
		for last+1 < len(ranks) && ranks[last+1].Mean-r.Mean < r.Critical {
			last++
		}
		if last > i && last > end {
			out, end = append(out, [2]int{i, last}), last
		}
	}
	return out
}
