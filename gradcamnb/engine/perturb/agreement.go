package perturb

import (
	"cmp"
	"math"
	"slices"
)

// rankCorrelation returns Spearman's rank correlation; equal values have the mean of their
// ranks. It is NaN if all values of a or of b are equal.
func rankCorrelation(a, b []float32) float64 {
	ra, rb := ranks(a), ranks(b)
	middle := float64(len(a)-1) / 2
	var ab, aa, bb float64
	for i := range ra {
		x, y := ra[i]-middle, rb[i]-middle
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / math.Sqrt(aa*bb)
}

func ranks(values []float32) []float64 {
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
			out[i] = float64(from+to-1) / 2
		}
		from = to
	}
	return out
}

// shrunk averages blocks of pixels of a field of the given width, so that no side is over 64.
// Neighbouring pixels have similar ranks, so little is lost.
func shrunk(values []float32, width int) []float32 {
	const side = 64
	height := len(values) / width
	by := max(1, (max(width, height)+side-1)/side)
	columns, rows := (width+by-1)/by, (height+by-1)/by
	sums, counts := make([]float32, rows*columns), make([]float32, rows*columns)
	for i, v := range values {
		at := i/width/by*columns + i%width/by
		sums[at] += v
		counts[at]++
	}
	for i := range sums {
		sums[i] /= counts[i]
	}
	return sums
}
