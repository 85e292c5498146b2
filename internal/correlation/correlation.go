// Package correlation tells how alike two lists of numbers are.
package correlation

import (
	"cmp"
	"math"
	"slices"
)

// Pearson returns the correlation of two lists of the same length. It is NaN if one of them is constant.
//
//	SUM (x - mean x)(y - mean y) / sqrt(SUM (x - mean x)^2 SUM (y - mean y)^2)
func Pearson[T float32 | float64](x, y []T) float64 {
	var mx, my float64
	for i := range x {
		mx, my = mx+float64(x[i]), my+float64(y[i])
	}
	mx, my = mx/float64(len(x)), my/float64(len(y))
	var xy, xx, yy float64
	for i := range x {
		dx, dy := float64(x[i])-mx, float64(y[i])-my
		xy, xx, yy = xy+dx*dy, xx+dx*dx, yy+dy*dy
	}
	if xx == 0 || yy == 0 {
		return math.NaN()
	}
	return xy / math.Sqrt(xx*yy)
}

// Spearman returns the correlation of the ranks of two lists. Equal values share the mean of their ranks.
func Spearman[T float32 | float64](x, y []T) float64 { return Pearson(ranks(x), ranks(y)) }

// ranks returns the place of every value in rising order, counted from 1.
func ranks[T float32 | float64](values []T) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	out := make([]float64, len(values))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			out[i] = float64(from+to+1) / 2
		}
		from = to
	}
	return out
}
