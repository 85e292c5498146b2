package places

import . "github.com/gomlx/gomlx/core/graph"

// Reorder transposes n to the order axes, if that changes anything.
func Reorder(n *Node, axes []int) *Node {
	for i, axis := range axes {
		if i != axis {
			return TransposeAllAxes(n, axes...)
		}
	}
	return n
}

// Restore reverses [Reorder]: it brings n from the order axes back to its own.
func Restore(n *Node, axes []int) *Node {
	back := make([]int, len(axes))
	for i, axis := range axes {
		back[axis] = i
	}
	return Reorder(n, back)
}

// Reflect turns a grid [batch, h, w, channels] upright if its rows or columns are mirrored, and back.
func (f Position) Reflect(grid *Node) *Node {
	for i, mirrored := range f.Mirrored {
		if mirrored {
			grid = Reverse(grid, i+1)
		}
	}
	return grid
}

// Unfold turns tokens [batch, n, channels] into the grid of their cells, [batch, h, w, channels].
func (f Position) Unfold(n *Node) *Node {
	h, w := f.Cells[0], f.Cells[1]
	if n.Shape().Dim(1) > h*w {
		n = Slice(n, AxisRange(), AxisRange(f.Before, f.Before+h*w), AxisRange())
	}
	batch, channels := n.Shape().Dim(0), n.Shape().Dim(2)
	if f.Turned {
		return f.Reflect(TransposeAllAxes(Reshape(n, batch, w, h, channels), 0, 2, 1, 3))
	}
	return f.Reflect(Reshape(n, batch, h, w, channels))
}

// Fold reverses Unfold. The tokens before and after the cells are those of clean, [1, n, channels].
func (f Position) Fold(grid, clean *Node) *Node {
	grid = f.Reflect(grid)
	if f.Turned {
		grid = TransposeAllAxes(grid, 0, 2, 1, 3)
	}
	batch, channels, cells := grid.Shape().Dim(0), grid.Shape().Dim(3), f.Cells[0]*f.Cells[1]
	parts := []*Node{Reshape(grid, batch, cells, channels)}
	if f.Before > 0 {
		parts = append([]*Node{BroadcastToDims(Slice(clean, AxisRange(), AxisRange(0, f.Before), AxisRange()), batch,
			f.Before, channels)}, parts...)
	}
	at := f.Before + cells
	if after := clean.Shape().Dim(1) - at; after > 0 {
		parts = append(parts, BroadcastToDims(Slice(clean, AxisRange(), AxisRange(at, at+after), AxisRange()), batch, after,
			channels))
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return Concatenate(parts, 1)
}
