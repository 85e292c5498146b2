package detect

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// cellsOf returns the number of cells of a picture [height, width] in the grids of all
// strides. A grid's sides are rounded up.
func cellsOf(picture [2]int, strides []int) int {
	n := 0
	for _, s := range strides {
		n += ((picture[0] + s - 1) / s) * ((picture[1] + s - 1) / s)
	}
	return n
}

// cells returns the cells of a detector without anchors, grid by grid and row by row: column,
// row and stride, each [1, cells, 1]. Column and row are counted in cells.
func cells(g *graph.Graph, picture [2]int, strides []int) (column, row, stride *graph.Node) {
	var x, y, of []float32
	for _, s := range strides {
		for r := range (picture[0] + s - 1) / s {
			for c := range (picture[1] + s - 1) / s {
				x, y, of = append(x, float32(c)), append(y, float32(r)), append(of, float32(s))
			}
		}
	}
	node := func(v []float32) *graph.Node {
		return graph.Const(g, tensors.FromFlatDataAndDimensions(v, 1, len(v), 1))
	}
	return node(x), node(y), node(of)
}
