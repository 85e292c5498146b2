package places

import "slices"

// Position tells where a tensor holds the places of the picture. The zero value stands for a tensor that holds none.
type Position struct {
	H, W int // axes of the rows and columns; equal if the cells lie on one axis
	C    int // axis of the channels; 0 if there is none

	Cells         [2]int // number of rows and of columns
	Before, After int    // if the cells lie on one axis: tokens before and after them
	Cut           bool   // rows or columns at an end were cut off, or every second one taken
	Turned        bool   // if the cells lie on one axis: it goes column by column, not row by row
}

// Places tells whether the tensor holds places of the picture.
func (f Position) Places() bool { return f.H > 0 }

// Flat tells whether the cells lie on one axis.
func (f Position) Flat() bool { return f.H == f.W && f.H > 0 }

// Find returns where a tensor of a batch of pictures holds their places.
//
// line is true for signals, which are pictures of one row: that row may have no axis.
func Find(axes []Axis, dims []int, batch int, line bool) Position {
	if len(dims) < 3 || len(dims) > 4 || dims[0] != batch || len(axes) != len(dims) || !pictures(axes[0]) {
		return Position{}
	}
	if len(dims) == 4 && pooled(axes, dims) {
		return Position{H: 2, W: 3, C: 1, Cells: [2]int{1, 1}}
	}
	f, ok := findRowsAndColumns(axes, dims)
	switch {
	case !ok:
		return Position{}
	case f.H > 0 && f.W > 0:
		if len(dims) == 4 {
			f.C = 6 - f.H - f.W
		}
		return f
	case line && f.W > 0:
		return oneRow(f, dims)
	case len(dims) != 3:
		return Position{}
	}
	return flat(axes)
}

// oneRow returns the position of a signal's columns. Its row is an axis of length 1, if there is one.
func oneRow(f Position, dims []int) Position {
	f.Cells[0] = 1
	if len(dims) == 3 {
		f.H, f.C = f.W, 3-f.W
		return f
	}
	for _, i := range []int{2, 3, 1} {
		if i != f.W && dims[i] == 1 {
			f.H, f.C = i, 6-f.W-i
			return f
		}
	}
	return Position{}
}

// pooled tells whether a tensor of rank 4 was pooled over the whole picture.
func pooled(axes []Axis, dims []int) bool {
	return dims[2] == 1 && dims[3] == 1 && len(axes[2]) == 0 && len(axes[3]) == 0
}

// findRowsAndColumns looks for an axis of rows and one of columns; ok is false if there are several, or if their cells
// have moved.
func findRowsAndColumns(axes []Axis, dims []int) (f Position, ok bool) {
	for i, a := range axes[1:] {
		p, is := a.place()
		f.Cut = f.Cut || is && p.Piece
		switch {
		case !is:
		case p.Moved, p.Kind == Row && f.H > 0, p.Kind == Column && f.W > 0:
			return Position{}, false
		case p.Kind == Row:
			f.H, f.Cells[0] = i+1, dims[i+1]
		case p.Kind == Column:
			f.W, f.Cells[1] = i+1, dims[i+1]
		}
	}
	return f, true
}

func pictures(a Axis) bool {
	return !slices.ContainsFunc(a, func(p Part) bool { return p.Kind != Batch && p.Kind != Unknown })
}

// flat looks for one axis of all cells in a tensor of rank 3.
func flat(axes []Axis) Position {
	var f Position
	for i, a := range axes[1:] {
		g, ok := FindOnOneAxis(a)
		if !ok {
			if slices.ContainsFunc(a, func(p Part) bool { return p.Kind == Row || p.Kind == Column || p.Kind == Tokens }) {
				return Position{}
			}
			continue
		}
		if f.H > 0 {
			return Position{} // both axes are cells, as in attention
		}
		f = g
		f.H, f.W, f.C = i+1, i+1, 2-i
	}
	return f
}

// FindOnOneAxis returns the position of the cells on an axis; ok is false if it does not hold the whole picture.
func FindOnOneAxis(a Axis) (f Position, ok bool) {
	if len(a) == 1 && a[0].Kind == Tokens {
		f.Before, f.After = a[0].Before, a[0].After
		a = a[0].Core
	}
	if len(a) != 2 || !a[0].isWhole() || !a[1].isWhole() || a[0].Kind == a[1].Kind || a[0].Moved || a[1].Moved {
		return Position{}, false
	}
	f.Cells = [2]int{a[0].Size, a[1].Size}
	if f.Turned = a[0].Kind == Column; f.Turned {
		f.Cells = [2]int{a[1].Size, a[0].Size}
	}
	return f, true
}
