package places

import "slices"

// Position tells where a tensor holds the places of the picture. The zero value stands for a tensor that holds none.
type Position struct {
	H, W int // axes of the rows and columns; equal if the cells lie on one axis
	C    int // axis of the channels; 0 if there is none
	S    int // axis of the slices of a volume; 0 if they have none of their own

	Cells         [2]int // number of rows, those of all slices one below another, and of columns
	Slices        int    // of a volume; 0 of a picture
	Before, After int    // if the cells lie on one axis: tokens before and after them
	Cut           bool   // rows or columns at an end were cut off, or every second one taken
	Turned        bool   // if the cells lie on one axis: it goes column by column, not row by row
	Warped        bool   // a grid of the network's own says where each cell was sampled

	Mirrored [2]bool // the rows go from the bottom to the top; the columns go from right to left

	// Shares of the picture's height, and of its width, that lie before the first cell and behind the last one, since
	// they were cut off; less than 0 if the cells go beyond the picture, which was padded; 0 of a map of just the picture.
	Beyond [2][2]float64
}

// Margins says what the model did to the margins of the picture before it made the tensor; empty if nothing.
func (f Position) Margins() string {
	h, w := f.Beyond[0], f.Beyond[1]
	cut, padded := max(h[0], h[1], w[0], w[1]) > 0, min(h[0], h[1], w[0], w[1]) < 0
	switch {
	case cut && padded:
		return "cuts off a part of the picture and pads it"
	case cut:
		return "cuts off a part of the picture"
	case padded:
		return "pads the picture"
	}
	return ""
}

// Places tells whether the tensor holds places of the picture.
func (f Position) Places() bool { return f.H > 0 }

// Flat tells whether the cells lie on one axis.
func (f Position) Flat() bool { return f.H == f.W && f.H > 0 }

// Form is what a model looks at.
type Form byte

// The forms.
const (
	Pictures Form = iota
	Signals       // pictures of one row, which may have no axis
	Volumes       // pictures of slices, which lie one below another
)

// Find returns where a tensor of a batch of pictures holds their places.
func Find(axes []Axis, dims []int, batch int, form Form) Position {
	most := 4
	if form == Volumes {
		most = 5
	}
	if len(dims) < 3 || len(dims) > most || dims[0] != batch || len(axes) != len(dims) || !pictures(axes[0]) {
		return Position{}
	}
	f := find(axes, dims, form)
	if form == Volumes && f.Places() && f.Slices == 0 { // all slices were brought together
		f.Slices = 1
	}
	return f
}

func find(axes []Axis, dims []int, form Form) Position {
	if len(dims) >= 4 && isPooled(axes, dims) {
		return onePlace(len(dims))
	}
	f, ok := findRowsAndColumns(axes, dims)
	switch {
	case !ok || len(dims) == 5 && f.S == 0:
		return Position{}
	case f.H > 0 && f.W > 0:
		f.C = remainingAxis(len(dims), f.H, f.W, f.S)
		return f
	case form == Signals && f.W > 0:
		return oneRow(f, dims)
	case len(dims) != 3:
		return Position{}
	}
	return flat(axes)
}

// remainingAxis returns the axis, of so many and behind the first, that is not among those given; 0 if there is none.
func remainingAxis(rank int, taken ...int) int {
	for i := 1; i < rank; i++ {
		if !slices.Contains(taken, i) {
			return i
		}
	}
	return 0
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

// isPooled tells whether a tensor of rank 4 or 5 was pooled over the whole picture.
func isPooled(axes []Axis, dims []int) bool {
	for i := 2; i < len(dims); i++ {
		if dims[i] != 1 || len(axes[i]) > 0 {
			return false
		}
	}
	return true
}

// onePlace returns the position of what was pooled: the last axes of the tensor have the length 1.
func onePlace(rank int) Position {
	f := Position{H: rank - 2, W: rank - 1, C: 1, Cells: [2]int{1, 1}}
	if rank == 5 {
		f.S, f.Slices = 2, 1
	}
	return f
}

// findRowsAndColumns looks for an axis of rows, one of columns and, of a volume, one of slices; ok is false if there
// are several, or if their cells have moved.
func findRowsAndColumns(axes []Axis, dims []int) (f Position, ok bool) {
	f.Warped = slices.ContainsFunc(axes, isWarped)
	for i, a := range axes[1:] {
		if n := sliceBelowSlice(a); n > 0 && f.H == 0 {
			f.H, f.Cells[0], f.Slices, f.Beyond[0] = i+1, dims[i+1], n, a[1].Beyond()
			continue
		}
		p, is := a.place()
		if !is {
			continue
		}
		f.Cut = f.Cut || p.Piece
		switch {
		case p.Moved, p.Kind == Row && f.H > 0, p.Kind == Column && f.W > 0, p.Kind == Depth && f.S > 0:
			return Position{}, false
		case p.Kind == Depth:
			f.S, f.Slices = i+1, dims[i+1]
		case p.Kind == Row:
			f.H, f.Cells[0], f.Beyond[0], f.Mirrored[0] = i+1, dims[i+1], p.Beyond(), p.Mirrored
		case p.Kind == Column:
			f.W, f.Cells[1], f.Beyond[1], f.Mirrored[1] = i+1, dims[i+1], p.Beyond(), p.Mirrored
		}
	}
	if f.S > 0 {
		f.Cells[0] *= f.Slices
	}
	return f, f.S == 0 || !f.Mirrored[0]
}

// sliceBelowSlice returns the number of slices if an axis counts the rows of one slice after those of another; 0 for
// any other axis.
func sliceBelowSlice(a Axis) int {
	if len(a) == 2 && a[0].isUnmoved(Depth) && a[1].isUnmoved(Row) && !a[1].Mirrored {
		return a[0].Size
	}
	return 0
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
			if slices.ContainsFunc(a, func(p Part) bool { return p.Kind.isPlace() || p.Kind == Tokens }) {
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

// isWarped tells whether cells of an axis may lie elsewhere than where they count as lying.
func isWarped(a Axis) bool { return slices.ContainsFunc(a, func(p Part) bool { return p.Warped }) }

// FindOnOneAxis returns the position of the cells on an axis; ok is false if it does not hold the whole picture.
func FindOnOneAxis(a Axis) (f Position, ok bool) {
	if len(a) == 1 && a[0].Kind == Tokens {
		f.Before, f.After = a[0].Before, a[0].After
		a = a[0].Core
	}
	f.Warped = isWarped(a)
	switch {
	case len(a) == 3 && sliceBelowSlice(a[:2]) > 0 && a[2].isUnmoved(Column):
		f.Slices, f.Cells = a[0].Size, [2]int{a[0].Size * a[1].Size, a[2].Size}
		f.Beyond, f.Mirrored[1] = [2][2]float64{a[1].Beyond(), a[2].Beyond()}, a[2].Mirrored
	case len(a) == 2 && a[0].isUnmoved(Row) && a[1].isUnmoved(Column):
		f.Cells, f.Beyond = [2]int{a[0].Size, a[1].Size}, [2][2]float64{a[0].Beyond(), a[1].Beyond()}
		f.Mirrored = [2]bool{a[0].Mirrored, a[1].Mirrored}
	case len(a) == 2 && a[0].isUnmoved(Column) && a[1].isUnmoved(Row):
		f.Cells, f.Turned = [2]int{a[1].Size, a[0].Size}, true
		f.Beyond, f.Mirrored = [2][2]float64{a[1].Beyond(), a[0].Beyond()}, [2]bool{a[1].Mirrored, a[0].Mirrored}
	default:
		return Position{}, false
	}
	return f, true
}

// CountLost returns the length of the longest axis that counts what cannot be followed, such as cells in an order of
// the network's own; 0 if there is none.
func CountLost(axes []Axis) int {
	most := 0
	for _, a := range axes {
		n := 1
		for _, p := range a {
			n *= p.Size
		}
		if slices.ContainsFunc(a.core(), func(p Part) bool { return p.Kind == Unknown || p.Moved }) {
			most = max(most, n)
		}
	}
	return most
}
