package detect

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// corners returns boxes [..., 4] as corners, from their middle and size cx, cy, w, h:
//
//	x0 = cx - w/2, y0 = cy - h/2, x1 = cx + w/2, y1 = cy + h/2
func corners(cxcywh *Node) *Node {
	middle := Slice(cxcywh, AxisRange().Spacer(), AxisRange(0, 2))
	half := MulScalar(Slice(cxcywh, AxisRange().Spacer(), AxisRange(2, 4)), 0.5)
	return Concatenate([]*Node{Sub(middle, half), Add(middle, half)}, -1)
}

// scaleToPixels returns boxes of the unit square in pixels of the picture.
func scaleToPixels(boxes *Node, picture [2]int) *Node {
	h, w := float32(picture[0]), float32(picture[1])
	return Mul(boxes, Const(boxes.Graph(), [][][]float32{{{w, h, w, h}}}))
}

// channel returns channel c of maps [batch, channels, h, w] as [batch, h*w].
func channel(x *Node, c int) *Node {
	x = Slice(x, AxisRange(), AxisElem(c))
	return Reshape(x, x.Shape().Dim(0), -1)
}

// takeLast returns x[..., c], without the last axis.
func takeLast(x *Node, c int) *Node {
	return Squeeze(Slice(x, AxisRange().Spacer(), AxisElem(c)), -1)
}

// sliceLast returns x[..., start:end]; an end of 0 means the end of the axis.
func sliceLast(x *Node, start, end int) *Node {
	if end == 0 {
		end = x.Shape().Dim(-1)
	}
	return Slice(x, AxisRange().Spacer(), AxisRange(start, end))
}

// joinRows returns chosen outputs, [batch, n, numbers] each or [n, numbers] of one picture, as one [batch, all n,
// numbers].
func joinRows(outputs []*Node, chosen []int) *Node {
	var rows []*Node
	for _, i := range chosen {
		x := outputs[i]
		if x.Rank() == 2 {
			x = InsertAxes(x, 0)
		}
		rows = append(rows, x)
	}
	return Concatenate(rows, 1)
}

// oneHot returns class probabilities [..., depth] from class numbers [...] of any type.
func oneHot(classes *Node, depth int) *Node {
	return OneHot(ConvertDType(Round(ConvertDType(classes, dtypes.Float32)), dtypes.Int32), depth, dtypes.Float32)
}

// IoU returns the overlap of boxes [batch, n, 4] with one box for each picture
// [batch or 1, 4]: the area of the intersection over that of the union, [batch, n]. It is 0
// for boxes that do not meet, and for boxes without area.
func IoU(boxes, target *Node) *Node {
	target = InsertAxes(target, 1)
	side := takeLast
	length := func(lo, hi *Node) *Node { return MaxScalar(Sub(hi, lo), 0) }
	shared := Mul(
		length(Max(side(boxes, 0), side(target, 0)), Min(side(boxes, 2), side(target, 2))),
		length(Max(side(boxes, 1), side(target, 1)), Min(side(boxes, 3), side(target, 3))))
	area := func(of *Node) *Node {
		return Mul(length(side(of, 0), side(of, 2)), length(side(of, 1), side(of, 3)))
	}
	covered := Sub(Add(area(boxes), area(target)), shared)
	return Div(shared, MaxScalar(covered, 1e-9))
}

// Cosine returns the cosine of class scores [batch, n, classes] with one distribution for
// each picture [batch or 1, classes]: [batch, n].
func Cosine(scores, target *Node) *Node {
	target = InsertAxes(target, 1)
	norm := func(x *Node) *Node { return Sqrt(ReduceSum(Square(x), -1)) }
	return Div(ReduceSum(Mul(scores, target), -1), MaxScalar(Mul(norm(scores), norm(target)), 1e-12))
}
