package source

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/places"
)

// cells turns a tensor of the rewritten graph into cells of the picture, and back.
type cells struct {
	places.Position
	rank int
	// the node's axes in the order batch, slices of a volume, rows, columns, channels, or batch, tokens, channels
	order []int
}

// grid returns the size [h, w] of a tensor as a map and the number of its channels; 0 if it is no map.
func grid(f places.Position, dims []int) (size [2]int, channels int) {
	switch {
	case !f.Places():
		return [2]int{}, 0
	case f.C == 0:
		return f.Cells, 1
	}
	return f.Cells, dims[f.C]
}

// cellsOf returns how the node of a tensor is turned into cells. A node of rank 4 without cells, such as attention,
// counts as [batch, channels, h, w].
func cellsOf(t onnxnorm.Tensor, f places.Position) cells {
	c := cells{Position: f, rank: len(t.Dims)}
	switch {
	case !f.Places() && c.rank == 4:
		c.order = []int{0, 2, 3, 1}
	case !f.Places():
		return c
	case f.Flat():
		c.order = []int{0, f.H, f.C}
	case f.S > 0:
		if c.order = []int{0, f.S, f.H, f.W}; f.C > 0 {
			c.order = append(c.order, f.C)
		}
		return c
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

// grid turns the node, or its gradient, into [batch, h, w, channels].
func (c cells) grid(n *Node) *Node {
	if c.order == nil {
		return n
	}
	n = places.Reorder(n, c.order)
	switch {
	case c.Flat():
		return c.Unfold(n)
	case c.S > 0: // slice below slice
		n = Reshape(n, n.Shape().Dim(0), c.Cells[0], c.Cells[1], -1)
	case c.Places() && c.C == 0:
		n = InsertAxes(n, -1)
	}
	return c.Reflect(n)
}

// node reverses grid. Tokens that are no cells are those of clean, a node for a batch of one.
func (c cells) node(grid, clean *Node) *Node {
	if c.Flat() {
		return places.Restore(c.Fold(grid, places.Reorder(clean, c.order)), c.order)
	}
	grid = c.Reflect(grid)
	switch {
	case c.S > 0:
		dims := []int{grid.Shape().Dim(0), c.Slices, c.Cells[0] / c.Slices, c.Cells[1]}
		if c.C > 0 {
			dims = append(dims, grid.Shape().Dim(3))
		}
		grid = Reshape(grid, dims...)
	case c.Places() && c.C == 0:
		grid = Squeeze(grid, -1)
	}
	return places.Restore(grid, c.order)
}

// tokens returns a function that turns the last axis of a tensor, which counts tokens, into the grid of the patches;
// nil if that axis counts no tokens.
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
