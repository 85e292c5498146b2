package detect

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// pick returns the rows of x [batch, n, ...] with the numbers chosen, int32 [batch, k]:
// [batch, k, ...].
func pick(x, chosen *Node) *Node {
	shape := x.Shape().Dimensions
	batch, n, k := shape[0], shape[1], chosen.Shape().Dim(1)
	first := Iota(x.Graph(), shapes.Make(dtypes.Int32, batch, k), 0)
	at := Add(MulScalar(first, n), chosen)
	rows := Reshape(x, append([]int{batch * n}, shape[2:]...)...)
	return Reshape(Gather(rows, Reshape(at, batch*k, 1)), append([]int{batch, k}, shape[2:]...)...)
}

// middles returns the middles of the cells along a side, in pixels of the model's input:
// [1, 1, cells].
func middles(g *Graph, cells, pixels int) *Node {
	at := Iota(g, shapes.Make(dtypes.Float32, 1, 1, cells), 2)
	return MulScalar(AddScalar(at, 0.5), float64(pixels)/float64(cells))
}

// inside returns masks [batch, k, h, w] over the model's input that are 1 in the cells whose
// middles lie in the boxes [batch, k, 4], and 0 elsewhere.
func inside(boxes *Node, h, w int, picture [2]int) *Node {
	g := boxes.Graph()
	within := func(at *Node, lo, hi int) *Node {
		low, high := InsertAxes(takeLast(boxes, lo), -1), InsertAxes(takeLast(boxes, hi), -1)
		return ConvertDType(LogicalAnd(GreaterOrEqual(at, low), LessThan(at, high)), dtypes.Float32)
	}
	rows, columns := within(middles(g, h, picture[0]), 1, 3), within(middles(g, w, picture[1]), 0, 2)
	return Mul(InsertAxes(rows, -1), InsertAxes(columns, 2))
}

// paste returns the masks [batch, k, m, m] of boxes [batch, k, 4] as masks over the model's
// input, [batch, k, h, w]. It resizes bilinearly; outside of its box a mask is zero.
func paste(masks, boxes *Node, h, w int, picture [2]int) *Node {
	g, m := masks.Graph(), masks.Shape().Dim(-1)
	weights := func(cells, pixels, lo, hi int) *Node { // [batch, k, cells, m]
		low, high := InsertAxes(takeLast(boxes, lo), -1), InsertAxes(takeLast(boxes, hi), -1)
		length := MaxScalar(Sub(high, low), 1e-6)
		at := AddScalar(MulScalar(Div(Sub(middles(g, cells, pixels), low), length), float64(m)), -0.5)
		at = InsertAxes(ClipScalar(at, 0, float64(m-1)), -1)
		knots := Iota(g, shapes.Make(dtypes.Float32, 1, 1, 1, m), 3)
		return MaxScalar(OneMinus(Abs(Sub(at, knots))), 0)
	}
	rows, columns := weights(h, picture[0], 1, 3), weights(w, picture[1], 0, 2)
	out := Einsum("bkhi,bkij->bkhj", rows, masks)
	out = Einsum("bkhj,bkwj->bkhw", out, columns)
	return Mul(out, inside(boxes, h, w, picture))
}

// MaskIoU returns the overlap [batch, k] of masks [batch, k, h, w] with one mask for each
// picture [batch or 1, h, w], all in [0, 1]: SUM min(a, b) / SUM max(a, b).
func MaskIoU(masks, target *Node) *Node {
	target = InsertAxes(target, 1)
	return Div(ReduceSum(Min(masks, target), 2, 3), MaxScalar(ReduceSum(Max(masks, target), 2, 3), 1e-9))
}
