// Package quantile reads quantiles.
package quantile

// Interpolate reads numbers, of which there is at least one, the lowest first, at the share q, from 0 to 1: between two
// of them, as numpy's quantile does by default.
func Interpolate(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
