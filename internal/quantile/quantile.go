// Package quantile computes quantiles.
package quantile

// Interpolate returns the quantile q, from 0 to 1, of sorted, which holds at least one number, the lowest first.
// Between two numbers it interpolates, as numpy's quantile does by default.
func Interpolate(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
