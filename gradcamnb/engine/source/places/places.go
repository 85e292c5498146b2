// Package places follows the height and width of the picture through a graph: which axes of
// a tensor are rows and columns of cells, which axis holds the cells of a picture one after
// another, with how many tokens before and after them, and which tensors have cells no more.
package places

import "slices"

// Kind is what an axis, or a part of one, counts.
type Kind byte

// The kinds.
const (
	Unknown Kind = iota
	Row          // cells from the top to the bottom
	Column       // cells from left to right
	Other        // what is no place: channels, heads, values of an embedding
	Batch        // pictures
	Tokens       // cells with something before or after them, such as a class token
)

// Part is a part of an axis. An axis is a list of parts, of which the first changes most
// slowly: the cells of a picture, row after row, are [Row, Column].
type Part struct {
	Kind Kind // what the axis counts there
	Size int  // how many it counts

	// Of rows and columns: the cell number goes up by Stride from one to the next, within
	// Extent cells. What windows are cut into has parts of less than the extent.
	Stride, Extent int

	Piece bool // cells at an end were cut off, or every second one taken
	Moved bool // the cells do not lie where they lay, as after a shift of windows

	Core          []Part // Tokens: the cells
	Before, After int    // Tokens: what comes before and after them
}

// Axis is what an axis of a tensor counts; nil for one of length 1 that counts nothing.
type Axis []Part

// isWhole tells whether a part counts all rows, or all columns, from one end to the other.
func (p Part) isWhole() bool {
	return (p.Kind == Row || p.Kind == Column) && p.Size*p.Stride == p.Extent
}

// cells returns a part of rows or columns that are new cells.
func cells(k Kind, n int) Part { return Part{Kind: k, Size: n, Stride: 1, Extent: n} }

func otherAxis(n int) Axis {
	if n == 1 {
		return nil
	}
	return Axis{{Kind: Other, Size: n}}
}

func unknown(n int) Axis {
	if n == 1 {
		return nil
	}
	return Axis{{Kind: Unknown, Size: n}}
}

func unknowns(dims []int) []Axis {
	var out []Axis
	for _, d := range dims {
		out = append(out, unknown(d))
	}
	return out
}

// place returns the part of an axis that counts rows or columns, all of them and nothing else; ok
// is false for any other axis. Channels that were put between the cells, as a pixel shuffle
// does, make more cells.
func (a Axis) place() (p Part, ok bool) {
	if len(a) == 0 || !a[0].isWhole() {
		return Part{}, false
	}
	p = a[0]
	for _, more := range a[1:] {
		if more.Kind != Other {
			return Part{}, false
		}
		p.Size *= more.Size
	}
	if len(a) > 1 {
		p.Stride, p.Extent = 1, p.Size
	}
	return p, true
}

// split cuts a part into two, the first of so many.
func (p Part) split(outer int) (a, b Part) {
	a, b = p, p
	a.Size, b.Size = outer, p.Size/outer
	a.Stride = p.Stride * b.Size
	return a, b
}

// joinNeighbours puts neighbouring parts together that are one.
func joinNeighbours(a Axis) Axis {
	var out Axis
	for _, p := range a {
		if n := len(out) - 1; n >= 0 {
			before := &out[n]
			places := p.Kind == Row || p.Kind == Column
			if before.Kind == p.Kind && (p.Kind == Other || places && before.Extent == p.Extent &&
				before.Stride == p.Stride*p.Size && before.Moved == p.Moved) {
				before.Size *= p.Size
				before.Stride = p.Stride
				continue
			}
		}
		out = append(out, p)
	}
	return out
}

// reshaped returns the axes after a change of shape that keeps the order of the values.
func reshaped(axes []Axis, dims []int) []Axis {
	var rest []Part
	for _, a := range axes {
		for _, p := range a {
			if p.Size != 1 {
				rest = append(rest, p)
			}
		}
	}
	out := make([]Axis, len(dims))
	for i, d := range dims {
		var a Axis
		for d > 1 && len(rest) > 0 {
			p := rest[0]
			switch {
			case d%p.Size == 0:
				a, d, rest = append(a, p), d/p.Size, rest[1:]
			case p.Size%d == 0 && p.Kind != Tokens:
				p, rest[0] = p.split(d)
				a, d = append(a, p), 1
			default:
				return slices.Concat(out[:i], unknowns(dims[i:]))
			}
		}
		if d > 1 {
			return slices.Concat(out[:i], unknowns(dims[i:]))
		}
		out[i] = joinNeighbours(a)
	}
	return out
}

// pickBetter returns which of two readings of one axis says more of places.
func pickBetter(a, b Axis) Axis {
	rank := func(a Axis) int {
		switch {
		case len(a) == 0:
			return 0
		case slices.ContainsFunc(a, func(p Part) bool { return p.Kind == Unknown }):
			return 1
		case !slices.ContainsFunc(a, func(p Part) bool { return p.Kind != Other }):
			return 2
		case !slices.ContainsFunc(a, func(p Part) bool { return p.Kind != Other && p.Kind != Batch }):
			return 3
		case slices.ContainsFunc(a, func(p Part) bool { return p.Moved }):
			return 4
		case slices.ContainsFunc(a, func(p Part) bool { return p.Piece }):
			return 5
		}
		return 6
	}
	if rank(b) > rank(a) {
		return b
	}
	return a
}
