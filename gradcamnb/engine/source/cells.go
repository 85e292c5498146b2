package source

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/places"
)

// cells brings a tensor of the rewritten graph to cells of the picture and back.
type cells struct {
	places.Found
	rank  int
	order []int // of the node's axes: batch, then rows and columns or the one axis of both, then channels
}

// grid is the size of a tensor as a map, [h, w, channels]; zero where it is none.
func grid(f places.Found, dims []int) [3]int {
	switch {
	case !f.Places():
		return [3]int{}
	case f.C == 0:
		return [3]int{f.Cells[0], f.Cells[1], 1}
	}
	return [3]int{f.Cells[0], f.Cells[1], dims[f.C]}
}

// cellsOf says how the node of a tensor is brought to cells. Where the tensor has none, a
// node of rank 4 counts as [batch, channels, h, w], as attention is looked at.
func cellsOf(t onnxnorm.Tensor, f places.Found) cells {
	c := cells{Found: f, rank: len(t.Dims)}
	switch {
	case !f.Places() && c.rank == 4:
		c.order = []int{0, 2, 3, 1}
	case !f.Places():
		return c
	case f.Flat():
		c.order = []int{0, f.H, f.C}
	case f.C == 0:
		c.order = []int{0, f.H, f.W}
	default:
		c.order = []int{0, f.H, f.W, f.C}
	}
	if t.ChannelsLast { // file axis 1 is stored last
		at := [4]int{0, 3, 1, 2}
		for i, axis := range c.order {
			c.order[i] = at[axis]
		}
	}
	return c
}

// grid brings the node, or its gradient, to [batch, h, w, channels].
func (c cells) grid(n *Node) *Node {
	if c.order == nil {
		return n
	}
	n = ordered(n, c.order)
	switch {
	case c.Flat():
		return unfolded(n, c.Found)
	case c.Places() && c.C == 0:
		return InsertAxes(n, -1)
	}
	return n
}

// node is the reverse of grid. The tokens beside the map are those of clean, a node of a
// batch of one.
func (c cells) node(grid, clean *Node) *Node {
	switch {
	case c.Flat():
		grid = folded(grid, c.Found, ordered(clean, c.order))
	case c.Places() && c.C == 0:
		grid = Squeeze(grid, -1)
	}
	back := make([]int, len(c.order))
	for i, axis := range c.order {
		back[axis] = i
	}
	return ordered(grid, back)
}

// ordered transposes if that changes anything.
func ordered(n *Node, axes []int) *Node {
	for i, axis := range axes {
		if i != axis {
			return TransposeAllAxes(n, axes...)
		}
	}
	return n
}

// unfolded brings tokens [batch, n, channels] to the grid of their patches.
func unfolded(n *Node, f places.Found) *Node {
	h, w := f.Cells[0], f.Cells[1]
	if f.Before+f.After > 0 {
		n = Slice(n, AxisRange(), AxisRange(f.Before, f.Before+h*w), AxisRange())
	}
	batch, channels := n.Shape().Dim(0), n.Shape().Dim(2)
	if f.Turned {
		return TransposeAllAxes(Reshape(n, batch, w, h, channels), 0, 2, 1, 3)
	}
	return Reshape(n, batch, h, w, channels)
}

// folded is the reverse of unfolded, with the tokens before and after the patches of clean,
// [1, n, channels].
func folded(grid *Node, f places.Found, clean *Node) *Node {
	if f.Turned {
		grid = TransposeAllAxes(grid, 0, 2, 1, 3)
	}
	batch, channels, patches := grid.Shape().Dim(0), grid.Shape().Dim(3), f.Cells[0]*f.Cells[1]
	parts := []*Node{Reshape(grid, batch, patches, channels)}
	if f.Before > 0 {
		parts = append([]*Node{BroadcastToDims(Slice(clean, AxisRange(), AxisRange(0, f.Before), AxisRange()), batch, f.Before, channels)}, parts...)
	}
	if f.After > 0 {
		at := f.Before + patches
		parts = append(parts, BroadcastToDims(Slice(clean, AxisRange(), AxisRange(at, at+f.After), AxisRange()), batch, f.After, channels))
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return Concatenate(parts, 1)
}

// tokens brings numbers of the tokens that the last axis of a tensor counts to the grid of
// the patches; nil if it counts none.
func tokens(axes []places.Axis) func(*Node) *Node {
	if len(axes) == 0 {
		return nil
	}
	f, ok := places.OnOne(axes[len(axes)-1])
	if !ok {
		return nil
	}
	return func(n *Node) *Node { return unfolded(n, f) }
}
