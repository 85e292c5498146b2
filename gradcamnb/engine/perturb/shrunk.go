package perturb

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
