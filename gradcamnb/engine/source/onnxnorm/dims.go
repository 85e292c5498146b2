package onnxnorm

import "slices"

// size returns the number of elements of a shape.
func size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// largest is the number of values of the largest tensor that a file may have, 8 GiB of float32. It guards against
// damaged files.
const largest = 1 << 31

// mostAxes is more axes than any network needs.
const mostAxes = 64

// isPlausible tells whether a tensor can have these dims.
func isPlausible(dims []int) bool {
	if len(dims) > mostAxes {
		return false
	}
	n := 1
	for _, d := range dims {
		if d < 0 || d > largest {
			return false
		}
		if n *= d; n > largest {
			return false
		}
	}
	return true
}

// permute reorders dims (or anything indexed by axis): out[i] = in[perm[i]].
func permute(in, perm []int) []int {
	out := make([]int, len(perm))
	for i, p := range perm {
		out[i] = in[p]
	}
	return out
}

// inverse returns the permutation that undoes perm.
func inverse(perm []int) []int {
	out := make([]int, len(perm))
	for i, p := range perm {
		out[p] = i
	}
	return out
}

// strides of a row-major shape, in elements.
func strides(dims []int) []int {
	out := make([]int, len(dims))
	step := 1
	for i := len(dims) - 1; i >= 0; i-- {
		out[i] = step
		step *= dims[i]
	}
	return out
}

// gather lists the values at every index of a shape. The first is at start, and neighbours on axis i are step[i]
// elements apart. Constants are transposed, broadcast and sliced by it.
func gather[T any](values []T, dims, step []int, start int) []T {
	return gatherInto(make([]T, 0, size(dims)), values, dims, step, start)
}

// gatherInto is like gather, but appends to out.
func gatherInto[T any](out, values []T, dims, step []int, start int) []T {
	if size(dims) == 0 {
		return out
	}
	last := len(dims) - 1
	if last < 0 {
		return append(out, values[start])
	}
	index := make([]int, last)
	for at := start; ; {
		for i, from := 0, at; i < dims[last]; i, from = i+1, from+step[last] {
			out = append(out, values[from])
		}
		axis := last - 1
		for ; axis >= 0; axis-- {
			index[axis]++
			at += step[axis]
			if index[axis] < dims[axis] {
				break
			}
			at -= index[axis] * step[axis]
			index[axis] = 0
		}
		if axis < 0 {
			return out
		}
	}
}

func transposeValues[T any](values []T, dims, perm []int) []T {
	return gather(values, permute(dims, perm), permute(strides(dims), perm), 0)
}

// broadcast returns the common shape of two operands (ONNX: Multidirectional
// Broadcasting), and whether there is one.
func broadcast(a, b []int) ([]int, bool) {
	rank := max(len(a), len(b))
	a, b = padRank(a, rank), padRank(b, rank)
	out := make([]int, rank)
	for i := range out {
		switch {
		case a[i] == b[i] || b[i] == 1:
			out[i] = a[i]
		case a[i] == 1:
			out[i] = b[i]
		default:
			return nil, false
		}
	}
	return out, true
}

// broadcastValues repeats values of shape from so that they fill shape to.
func broadcastValues[T any](values []T, from, to []int) []T {
	if slices.Equal(from, to) {
		return values
	}
	from = padRank(from, len(to))
	step := strides(from)
	for i := range from {
		if from[i] == 1 {
			step[i] = 0
		}
	}
	return gather(values, to, step, 0)
}

// padRank prepends ones up to the rank.
func padRank(dims []int, rank int) []int {
	if len(dims) >= rank {
		return dims
	}
	return append(slices.Repeat([]int{1}, rank-len(dims)), dims...)
}

// afford returns n, which is how many values a rule makes at once. The size may come from a few bytes of the file, so
// it fails if that is more than a constant may have.
func afford(n int) int {
	if n > mostFolded {
		failf("it would make a constant of %d values, and %d are supported", n, mostFolded)
	}
	return n
}

// countUp returns 0, 1, ..., n-1.
func countUp(n int) []int {
	out := make([]int, afford(n))
	for i := range out {
		out[i] = i
	}
	return out
}

// channelsLast returns the permutation [b, c, spatial...] -> [b, spatial..., c].
func channelsLast(rank int) []int {
	perm := slices.Concat([]int{0}, countUp(rank)[2:])
	return append(perm, 1)
}
