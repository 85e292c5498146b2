package walk

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/places"
)

// Layout tells how a node's value is a map of the picture.
type Layout struct {
	Rows, Columns, Channels int // size of the map; the rows are those of all slices
	Slices                  int // of a volume; 0 of a picture

	// the node's axes as batch, rows, columns, channels, or with slices before the rows, or as batch, tokens, channels
	order  []int
	before int // tokens that stand before the cells
	after  int // and behind them
	frames int // slices that the first axis counts besides the pictures; at least 1

	beyond [2][2]float64 // see places.Position
}

// Map tells whether there is a map at all.
func (l Layout) Map() bool { return l.Rows > 0 }

// Tokens tells whether the cells are tokens on one axis.
func (l Layout) Tokens() bool { return len(l.order) == 3 }

// ToPosition returns the layout in the form that is used for tensors of ONNX files.
func (l Layout) ToPosition() places.Position {
	f := places.Position{Cells: [2]int{l.Rows, l.Columns}, Slices: l.Slices, Beyond: l.beyond}
	switch {
	case !l.Map():
		return places.Position{}
	case l.Tokens():
		f.H, f.W, f.C, f.Before, f.After = l.order[1], l.order[1], l.order[2], l.before, l.after
	case len(l.order) > 4:
		f.S, f.H, f.W, f.C = l.order[1], l.order[2], l.order[3], l.order[4]
	default:
		f.H, f.W = l.order[1], l.order[2]
		if len(l.order) > 3 {
			f.C = l.order[3]
		}
	}
	return f
}

// layout reads the layout off the axes. There must be one axis of pictures, one of channels, and either one axis of
// rows and one of columns or one of tokens. A volume has an axis of slices, too, unless another one counts them.
func (a axes) layout() Layout {
	at := map[kind]int{}
	for i, x := range a {
		k := x.role()
		if r, c := x.grid(); r*c > 1 && len(a) == 3 {
			k = tokens
		}
		if _, twice := at[k]; twice || k == other || x.isMoved() || x.lacksSlices() {
			return Layout{}
		}
		at[k] = i
	}
	b, isBatch := at[batch]
	c, hasChannels := at[channels]
	if !isBatch || !hasChannels {
		return Layout{}
	}
	l := Layout{Channels: a[c].size(), Slices: a.slices(), frames: max(1, a[b].slices())}
	if s, ok := at[tokens]; ok && len(a) == 3 {
		rows, columns := a[s].grid()
		l.Rows, l.Columns, l.order = l.frames*rows, columns, []int{b, s, c}
		l.before, l.after = a[s].sequence().before, a[s].sequence().after
		l.beyond = a[s].gridBeyond()
		return l
	}
	return l.ofPlanes(a, at)
}

// ofPlanes completes the layout of axes with rows and columns of their own, and maybe slices.
func (l Layout) ofPlanes(a axes, at map[kind]int) Layout {
	h, hasRows := at[height]
	w, hasColumns := at[width]
	d, hasSlices := at[depth]
	axes := 4
	if hasSlices {
		axes = 5
	}
	if !hasRows || !hasColumns || len(a) != axes || len(at) != axes {
		return Layout{}
	}
	l.Rows, l.Columns, l.order = l.frames*a[h].size(), a[w].size(), []int{at[batch], h, w, at[channels]}
	if hasSlices {
		l.Rows, l.order = l.Rows*a[d].size(), slices.Insert(l.order, 1, d)
	}
	l.beyond = [2][2]float64{a[h].beyond(), a[w].beyond()}
	return l
}

// lacksSlices tells whether the axis holds only a part of the picture's slices, of which a map would tell nothing.
func (a axis) lacksSlices() bool {
	return slices.ContainsFunc(a.sequence().cells, func(p part) bool { return p.kind == depth && axis{p}.isCrop() })
}

// slices returns the number of slices of a volume; 0 if no axis counts any.
func (a axes) slices() int {
	n := 0
	for _, x := range a {
		if of := x.slices(); of > 0 {
			n = max(1, n) * of
		}
	}
	return n
}

// gridBeyond returns the shares of the picture beyond the rows and the columns of an axis of tokens.
func (a axis) gridBeyond() (out [2][2]float64) {
	for _, p := range a.sequence().cells {
		switch p.kind {
		case height:
			out[0] = axis{p}.beyond()
		case width, samples:
			out[1] = axis{p}.beyond()
		}
	}
	return out
}

// Grid turns the node, or its gradient, into [batch, rows, columns, channels].
func (l Layout) Grid(n *Node) *Node {
	n = places.Reorder(n, l.order)
	if l.Tokens() {
		n = l.ofFrame().Unfold(n)
	}
	if l.Map() && (n.Rank() != 4 || l.frames > 1) { // slice below slice
		n = Reshape(n, -1, l.Rows, l.Columns, l.Channels)
	}
	return n
}

// Node reverses Grid: it returns the value with the axes that it has in the model. Tokens that are no cells are those
// of clean, the node for a batch of one.
func (l Layout) Node(grid, clean *Node) *Node {
	switch {
	case l.frames > 1:
		grid = Reshape(grid, -1, l.Rows/l.frames, l.Columns, l.Channels)
	case len(l.order) > 4:
		grid = Reshape(grid, -1, l.Slices, l.Rows/l.Slices, l.Columns, l.Channels)
	}
	if l.Tokens() {
		grid = l.ofFrame().Fold(grid, places.Reorder(clean, l.order))
	}
	return places.Restore(grid, l.order)
}

// ofFrame returns the position of the tokens in one frame, of those that the first axis counts.
func (l Layout) ofFrame() places.Position {
	f := l.ToPosition()
	f.Cells[0] /= l.frames
	return f
}

// LayoutByShape returns the layout of a node by its shape alone. Exactly one order of its axes, channels last or first,
// must have rows and columns in the aspect ratio of the picture [height, width].
func LayoutByShape(n *Node, picture [2]int) Layout {
	dims := n.Shape().Dimensions
	if len(dims) != 4 {
		return Layout{}
	}
	last, first := places.IsPictureShaped(dims[1], dims[2], picture), places.IsPictureShaped(dims[2], dims[3], picture)
	switch {
	case last && !first:
		return Layout{Rows: dims[1], Columns: dims[2], Channels: dims[3], order: []int{0, 1, 2, 3}, frames: 1}
	case first && !last:
		return Layout{Rows: dims[2], Columns: dims[3], Channels: dims[1], order: []int{0, 2, 3, 1}, frames: 1}
	}
	return Layout{}
}
