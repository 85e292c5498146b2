package metrics

import "math"

// pearson returns the correlation of two lists of the same length. It is NaN if one of them is constant.
//
//	SUM (x - mean x)(y - mean y) / sqrt(SUM (x - mean x)^2 SUM (y - mean y)^2)
func pearson(x, y []float64) float64 {
	var mx, my float64
	for i := range x {
		mx, my = mx+x[i], my+y[i]
	}
	mx, my = mx/float64(len(x)), my/float64(len(y))
	var xy, xx, yy float64
	for i := range x {
		dx, dy := x[i]-mx, y[i]-my
		xy, xx, yy = xy+dx*dy, xx+dx*dx, yy+dy*dy
	}
	if xx == 0 || yy == 0 {
		return math.NaN()
	}
	return xy / math.Sqrt(xx*yy)
}

// spearman returns the correlation of the ranks. Equal values share the mean of their ranks.
func spearman(x, y []float64) float64 { return pearson(meanRanks(x), meanRanks(y)) }
