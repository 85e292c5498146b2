package source

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/places"
)

// cells brings a tensor of the rewritten graph to cells of the picture and back.
type cells struct {
	places.Position
	rank  int
	order []int // of the node's axes: batch, then rows and columns or the one axis of both, then channels
}

// grid returns the size [h, w] of a tensor as a map, and its channels; zero if it is none.
func grid(f places.Position, dims []int) (size [2]int, channels int) {
	switch {
	case !f.Places():
		return [2]int{}, 0
	case f.C == 0:
		return f.Cells, 1
	}
	return f.Cells, dims[f.C]
}

// cellsOf says how the node of a tensor is brought to cells. If the tensor has none, a
// node of rank 4 counts as [batch, channels, h, w], as attention is looked at.
func cellsOf(t onnxnorm.Tensor, f places.Position) cells {
	c := cells{Position: f, rank: len(t.Dims)}
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
	n = places.Reorder(n, c.order)
	switch {
	case c.Flat():
		return c.Unfold(n)
	case c.Places() && c.C == 0:
		return InsertAxes(n, -1)
	}
	return n
}

// node returns the reverse of grid. The tokens beside the map are those of clean, a node of a
// batch of one.
func (c cells) node(grid, clean *Node) *Node {
	switch {
	case c.Flat():
		grid = c.Fold(grid, places.Reorder(clean, c.order))
	case c.Places() && c.C == 0:
		grid = Squeeze(grid, -1)
	}
	return places.Reordered(grid, c.order)
}

// tokens brings numbers of the tokens that the last axis of a tensor counts to the grid of
// the patches; nil if it counts none.
func tokens(axes []places.Axis) func(*Node) *Node {
	if len(axes) == 0 {
		return nil
	}
	f, ok := places.FindOnOneAxis(axes[len(axes)-1])
	if !ok {
		return nil
	}
	return f.Unfold
}
