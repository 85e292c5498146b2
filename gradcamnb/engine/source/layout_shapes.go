package source

import (
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"
)

// shapeOfReshape returns the shape after a Reshape, Squeeze or Unsqueeze; nil if it is unknown.
func (f follower) shapeOfReshape(n *protos.NodeProto, x tracedAxes) []int {
	switch n.OpType {
	case "Squeeze":
		return squeezeDims(x.dims, givenInts(n, "axes", f.consts))
	case "Unsqueeze":
		return unsqueezeDims(x.dims, givenInts(n, "axes", f.consts))
	}
	if len(n.Input) < 2 || f.consts[n.Input[1]] == nil {
		return nil
	}
	out := slices.Clone(givenInts(n, "shape", f.consts))
	for i, d := range out {
		if d == 0 && i < len(x.dims) {
			out[i] = x.dims[i]
		}
	}
	return inferDim(x.dims, out)
}

// squeezeDims returns dims without those at drop, or without all dims of length 1 if drop is empty.
func squeezeDims(dims, drop []int) []int {
	var out []int
	for i, d := range dims {
		gone := slices.Contains(drop, i) || slices.Contains(drop, i-len(dims))
		if len(drop) == 0 {
			gone = d == 1
		}
		if !gone {
			out = append(out, d)
		}
	}
	return out
}

// unsqueezeDims returns dims with ones inserted, which stand at the places add of the result.
func unsqueezeDims(dims, add []int) []int {
	rank := len(dims) + len(add)
	out := make([]int, 0, rank)
	for i := range rank {
		if slices.Contains(add, i) || slices.Contains(add, i-rank) || len(dims) == 0 {
			out = append(out, 1)
			continue
		}
		out, dims = append(out, dims[0]), dims[1:]
	}
	return out
}

// inferDim fills in the one dimension that a Reshape leaves open, if the rest is known.
func inferDim(in, out []int) []int {
	at := slices.Index(out, -1)
	if at < 0 {
		return out
	}
	n := 1
	for _, d := range in {
		n *= d
	}
	for i, d := range out {
		if i == at {
			continue
		}
		if d <= 0 {
			return out
		}
		n /= d
	}
	if n > 0 && !slices.Contains(in, -1) {
		out[at] = n
	}
	return out
}

// group is a run of axes of one shape that holds the same values as a run of axes of another.
type group struct{ in, out []int }

// groups returns the smallest runs of axes of two shapes of one size that hold the same values, in order. Axes of
// length 1 are left out. Free dimensions, -1, count as equal.
func groups(in, out []int) []group {
	a, b := longAxes(in), longAxes(out)
	var all []group
	for len(a) > 0 && len(b) > 0 {
		g := group{a[:1], b[:1]}
		n, m := in[a[0]], out[b[0]]
		a, b = a[1:], b[1:]
		for n != m && (n > 0 && m > 0) {
			switch {
			case n < m && len(a) > 0 && in[a[0]] > 0:
				n, g.in, a = n*in[a[0]], append(slices.Clone(g.in), a[0]), a[1:]
			case n > m && len(b) > 0 && out[b[0]] > 0:
				m, g.out, b = m*out[b[0]], append(slices.Clone(g.out), b[0]), b[1:]
			default:
				return all
			}
		}
		if n != m {
			return all
		}
		all = append(all, g)
	}
	return all
}

// longAxes returns the axes whose length is not 1.
func longAxes(dims []int) []int {
	var axes []int
	for i, d := range dims {
		if d != 1 {
			axes = append(axes, i)
		}
	}
	return axes
}
