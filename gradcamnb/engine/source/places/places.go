// Package places follows the height and width of the picture through a graph. It finds the axes of a tensor that are
// rows and columns of cells, the axis that holds all cells one after another and how many tokens stand before and after
// them, and the tensors that have no cells any more.
package places

import "slices"

// Kind is what an axis, or a part of an axis, counts.
type Kind byte

// The kinds.
const (
	Unknown Kind = iota
	Row          // cells from the top to the bottom
	Column       // cells from left to right
	Other        // what is no place: channels, heads, values of an embedding
	Batch        // pictures
	Tokens       // cells with something before or after them, such as a class token
	Depth        // of a volume, from the first to the last
)

// Part is a part of an axis. An axis is a list of parts, and its first part changes most slowly: the cells of a
// picture, row after row, are [Row, Column].
type Part struct {
	Kind Kind // what the part counts
	Size int  // how many it counts

	// For rows and columns: the number of the cell goes up by Stride from one to the next, and there are Extent cells
	// in all. If an axis is cut into windows, its parts count fewer than Extent.
	Stride, Extent int

	Piece bool // cells at an end were cut off, or every second one was taken
	Moved bool // the cells do not lie where they lay before, as after a shift of windows or without slices of a volume

	Mirrored bool // the cells go from the bottom to the top, or from right to left

	Warped bool // a grid of the network's own says where each cell was sampled

	// Shares of the picture's height or width that were cut off before the first cell and behind the last one; less than
	// 0 if cells were added there. Mirrored cells have their first one at the bottom or on the right.
	Lost [2]float64

	Read  bool       // windows have read the cells, those of a convolution or a pool
	Exact [2]float64 // of what is lost, or added: what the picture itself lost, before windows read it

	Grown [2]float64 // cells that the last windows added before and behind what they read
	undo  [2]float64 // Exact without them

	// trimmed is the share of the picture that a cell covered when some were cut off, or added, behind windows.
	trimmed float64

	Core          []Part // for Tokens: the cells
	Before, After int    // for Tokens: how many elements stand before and after the cells
}

// isPlace tells whether it counts places of the picture or volume along one of its axes.
func (k Kind) isPlace() bool { return k == Row || k == Column || k == Depth }

// Axis is what an axis of a tensor counts; nil if it has length 1 and counts nothing.
type Axis []Part

// isWhole tells whether a part counts all rows, columns or slices, from one end to the other.
func (p Part) isWhole() bool { return p.Kind.isPlace() && p.Size*p.Stride == p.Extent }

// isUnmoved tells whether a part counts all of a kind, each where it lay, or all of them mirrored.
func (p Part) isUnmoved(k Kind) bool { return p.Kind == k && p.isWhole() && !p.Moved }

// cells returns a part of n new rows or columns.
func cells(k Kind, n int) Part { return Part{Kind: k, Size: n, Stride: 1, Extent: n} }

// remake returns n cells in place of those of a part, between the same ends.
func (p Part) remake(n int) Part {
	p.Size, p.Stride, p.Extent, p.Piece, p.Grown = n, 1, n, false, [2]float64{}
	return p
}

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

// place returns the part of an axis that counts all rows or all columns; ok is false if the axis counts anything else,
// too. Channels that were put between the cells, as a pixel shuffle does, make more cells.
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

// split cuts a part into two; the first one has the length outer.
func (p Part) split(outer int) (a, b Part) {
	a, b = p, p
	a.Size, b.Size = outer, p.Size/outer
	a.Stride = p.Stride * b.Size
	return a, b
}

// joinNeighbours joins neighbouring parts that belong together.
func joinNeighbours(a Axis) Axis {
	var out Axis
	for _, p := range a {
		if n := len(out) - 1; n >= 0 {
			before := &out[n]
			if before.Kind == p.Kind && (p.Kind == Other || p.Kind.isPlace() && before.Extent == p.Extent &&
				before.Stride == p.Stride*p.Size && before.Moved == p.Moved && before.Mirrored == p.Mirrored) {
				before.Size *= p.Size
				before.Stride = p.Stride
				continue
			}
		}
		out = append(out, p)
	}
	return out
}

// regroup returns the axes after a change of shape that keeps the order of the values.
func regroup(axes []Axis, dims []int) []Axis {
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
