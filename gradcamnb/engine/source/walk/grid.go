package walk

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/places"
)

// Layout tells how a node's value is a map of the picture.
type Layout struct {
	Rows, Columns, Channels int // size of the map

	order  []int // the node's axes as batch, rows, columns, channels, or as batch, tokens, channels
	before int   // tokens that stand before the cells

	beyond [2][2]float64 // see places.Position
}

// Map tells whether there is a map at all.
func (l Layout) Map() bool { return l.Rows > 0 }

// Tokens tells whether the cells are tokens on one axis.
func (l Layout) Tokens() bool { return len(l.order) == 3 }

// ToPosition returns the layout in the form that is used for tensors of ONNX files.
func (l Layout) ToPosition() places.Position {
	switch {
	case !l.Map():
		return places.Position{}
	case l.Tokens():
		return places.Position{H: l.order[1], W: l.order[1], C: l.order[2], Cells: [2]int{l.Rows, l.Columns},
			Before: l.before, Beyond: l.beyond}
	}
	f := places.Position{H: l.order[1], W: l.order[2], Cells: [2]int{l.Rows, l.Columns}, Beyond: l.beyond}
	if len(l.order) > 3 {
		f.C = l.order[3]
	}
	return f
}

// layout reads the layout off the axes. There must be one axis of pictures, one of channels, and either one axis of
// rows and one of columns or one of tokens.
func (a axes) layout() Layout {
	at := map[kind]int{}
	sequence := -1
	var rows, columns int
	for i, x := range a {
		if x.isMoved() {
			return Layout{}
		}
		if r, c := x.grid(); r*c > 1 && len(a) == 3 {
			sequence, rows, columns = i, r, c
			continue
		}
		k := x.soleKind()
		if _, twice := at[k]; twice || k == other {
			return Layout{}
		}
		at[k] = i
	}
	b, isBatch := at[batch]
	c, hasChannels := at[channels]
	if !isBatch || !hasChannels {
		return Layout{}
	}
	l := Layout{Channels: a[c].size()}
	h, hasRows := at[height]
	w, hasColumns := at[width]
	switch {
	case sequence >= 0 && len(a) == 3:
		l.Rows, l.Columns, l.order, l.before = rows, columns, []int{b, sequence, c}, a[sequence].sequence().before
		l.beyond = a[sequence].gridBeyond()
	case hasRows && hasColumns && len(a) == 4:
		l.Rows, l.Columns, l.order = a[h].size(), a[w].size(), []int{b, h, w, c}
		l.beyond = [2][2]float64{a[h].beyond(), a[w].beyond()}
	default:
		return Layout{}
	}
	return l
}

// gridBeyond returns the shares of the picture beyond the rows and the columns of an axis of tokens.
func (a axis) gridBeyond() (out [2][2]float64) {
	for _, p := range a.sequence().cells {
		switch p.kind {
		case height:
			out[0] = axis{p}.beyond()
		case width:
			out[1] = axis{p}.beyond()
		}
	}
	return out
}

// Grid turns the node, or its gradient, into [batch, rows, columns, channels].
func (l Layout) Grid(n *Node) *Node {
	n = places.Reorder(n, l.order)
	if l.Tokens() {
		return l.ToPosition().Unfold(n)
	}
	return n
}

// Node reverses Grid: it returns the value with the axes that it has in the model. Tokens that are no cells are those
// of clean, the node for a batch of one.
func (l Layout) Node(grid, clean *Node) *Node {
	if l.Tokens() {
		grid = l.ToPosition().Fold(grid, places.Reorder(clean, l.order))
	}
	return places.Restore(grid, l.order)
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
		return Layout{Rows: dims[1], Columns: dims[2], Channels: dims[3], order: []int{0, 1, 2, 3}}
	case first && !last:
		return Layout{Rows: dims[2], Columns: dims[3], Channels: dims[1], order: []int{0, 2, 3, 1}}
	}
	return Layout{}
}
