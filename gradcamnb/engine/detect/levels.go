package detect

import (
	"cmp"
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// levelStrides are the strides that outputs by cells may have, in pixels.
var levelStrides = []int{4, 8, 16, 32, 64, 128}

// levelOutput is an output with numbers for each cell of one stride or more.
type levelOutput struct {
	output  int   // its number
	strides []int // of its cells
	across  bool  // the numbers of a cell come before the cells
	numbers int   // of a cell
}

// layAll returns how outputs are laid out, with the numbers of a cell before or behind the cells, or an error if one
// has no cells of this picture. Rows are those of so many anchors of each cell.
func layAll(outputs [][]int, across bool, anchors int, picture [2]int) (all []levelOutput, err error) {
	for i, dims := range outputs {
		o := levelOutput{output: i, across: across}
		switch {
		case len(dims) == 4 && across:
			o.numbers, o.strides = dims[1], strideOf(dims[2:], picture)
		case len(dims) == 4:
			o.numbers, o.strides = dims[3], strideOf(dims[1:3], picture)
		case len(dims) == 3 && across && anchors == 1:
			o.numbers, o.strides = dims[1], stridesOf(dims[2], picture)
		case len(dims) == 3 && !across && dims[1]%anchors == 0:
			o.numbers, o.strides = anchors*dims[2], stridesOf(dims[1]/anchors, picture)
		}
		if o.strides == nil || o.numbers == 0 {
			return nil, fmt.Errorf("the output %v has no cells of strides of a picture of %d x %d", dims, picture[1], picture[0])
		}
		all = append(all, o)
	}
	return all, nil
}

// strideOf returns the stride of a grid [rows, columns] in a list; nil if it is none.
func strideOf(grid []int, picture [2]int) []int {
	for i, s := range levelStrides {
		if (picture[0]+s-1)/s == grid[0] && (picture[1]+s-1)/s == grid[1] {
			return levelStrides[i : i+1]
		}
	}
	return nil
}

// stridesOf returns the strides, each twice the one before, that together have so many cells; nil if none have.
func stridesOf(n int, picture [2]int) []int {
	for i := range levelStrides {
		for j := i + 1; j <= len(levelStrides); j++ {
			if cellsOf(picture, levelStrides[i:j]) == n {
				return levelStrides[i:j]
			}
		}
	}
	return nil
}

// byStrides returns the outputs of the same cells together, those of the finest first.
func byStrides(all []levelOutput) (out [][]levelOutput) {
	slices.SortStableFunc(all, func(a, b levelOutput) int { return cmp.Compare(a.strides[0], b.strides[0]) })
	for len(all) > 0 {
		end := slices.IndexFunc(all, func(o levelOutput) bool { return !slices.Equal(o.strides, all[0].strides) })
		if end < 0 {
			end = len(all)
		}
		out, all = append(out, all[:end]), all[end:]
	}
	return out
}

// rows returns an output as [batch, cells, numbers].
func (o levelOutput) rows(outputs []*Node) *Node {
	x := outputs[o.output]
	batch := x.Shape().Dim(0)
	if o.across {
		return TransposeAllAxes(Reshape(x, batch, o.numbers, -1), 0, 2, 1)
	}
	return Reshape(x, batch, -1, o.numbers)
}
