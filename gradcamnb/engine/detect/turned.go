package detect

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// TurnedIoU returns the overlap of turned boxes with one box for each picture, [batch, n]: the area that both share
// over the area that they cover. Boxes are corners one after the other, [batch, n, 4, 2] and [batch or 1, 4, 2].
//
// The shared area is exact. Along the sides e_1 and e_2 of the target, from its corner, a box is a polygon of corners
// p_i, and the target is the rectangle from 0 to a and from 0 to b. So the part of the box in it is
//
//	|SUM_i INT_0^a clamp(y_i(x), 0, b) dx|,  y_i(x) the side from p_i to p_i+1 where it is above x
//
// with the sign of the side's direction: at every x the sides above and below leave their distance within the target.
func TurnedIoU(corners, target *Node) *Node {
	at := func(x *Node, i, axis int) *Node {
		return takeLast(Squeeze(Slice(x, AxisRange().Spacer(), AxisElem(i), AxisRange()), -2), axis)
	}
	half := func(from, to, axis int) *Node {
		return MulScalar(Sub(at(target, to, axis), at(target, from, axis)), 0.5)
	}
	ux, uy, vx, vy := half(2, 1, 0), half(2, 1, 1), half(1, 0, 0), half(1, 0, 1)
	length := func(x, y *Node) *Node { return MaxScalar(Sqrt(Add(Square(x), Square(y))), 1e-9) }
	lengthU, lengthV := length(ux, uy), length(vx, vy)
	middle := func(axis int) *Node { return MulScalar(Add(at(target, 0, axis), at(target, 2, axis)), 0.5) }
	along := func(i int, x, y, half *Node) *Node { // the place of corner i along a side of the target, [batch, n]
		dx := Sub(at(corners, i, 0), InsertAxes(middle(0), -1))
		dy := Sub(at(corners, i, 1), InsertAxes(middle(1), -1))
		shift := Add(Mul(dx, InsertAxes(x, -1)), Mul(dy, InsertAxes(y, -1)))
		half = InsertAxes(half, -1)
		return Add(Div(shift, half), half)
	}
	width, height := InsertAxes(MulScalar(lengthU, 2), -1), InsertAxes(MulScalar(lengthV, 2), -1)
	var x, y [4]*Node // of the corners
	for i := range 4 {
		x[i], y[i] = along(i, ux, uy, lengthU), along(i, vx, vy, lengthV)
	}
	shared := ZerosLike(x[0])
	for i := range 4 {
		next := (i + 1) % 4
		shared = Add(shared, side{x[i], y[i], x[next], y[next]}.areaUnder(width, height))
	}
	shared = Abs(shared)
	diagonal := func(from, to, axis int) *Node { return Sub(at(corners, to, axis), at(corners, from, axis)) }
	area := MulScalar(Abs(Sub(Mul(diagonal(0, 2, 0), diagonal(1, 3, 1)), Mul(diagonal(0, 2, 1), diagonal(1, 3, 0)))), 0.5)
	covered := Sub(Add(area, Mul(width, height)), shared)
	return Div(shared, MaxScalar(covered, 1e-9))
}

// side is the side of a polygon from (x0, y0) to (x1, y1).
type side struct{ x0, y0, x1, y1 *Node }

// areaUnder returns the area between the axis and the side within 0..width and 0..height, INT clamp(y(x), 0, height) dx
// over the x of the side within 0..width. It is negative for a side that runs back.
func (s side) areaUnder(width, height *Node) *Node {
	x0, y0, x1, y1 := s.x0, s.y0, s.x1, s.y1
	zero := ZerosLike(x0)
	clamp := func(x, most *Node) *Node { return Min(Max(x, zero), most) }
	from, to := clamp(x0, width), clamp(x1, width)
	run := Sub(x1, x0)
	still := Equal(run, zero)
	share := func(x *Node) *Node { // of the way along the side
		return Where(still, zero, Div(Sub(x, x0), Where(still, OnesLike(run), run)))
	}
	rise := Sub(y1, y0)
	ya, yb := Add(y0, Mul(share(from), rise)), Add(y0, Mul(share(to), rise))
	lo, hi := Min(ya, yb), Max(ya, yb)
	low, high := clamp(lo, height), clamp(hi, height)
	// The mean of clamp(y) between both ends: the middle of the part within the target, and its top for the part above.
	above := Sub(Max(hi, height), Max(lo, height))
	spread := Sub(hi, lo)
	level := Equal(spread, zero)
	spread = Where(level, OnesLike(spread), spread)
	within := Mul(Sub(high, low), MulScalar(Add(high, low), 0.5))
	mean := Where(level, low, Div(Add(within, Mul(above, height)), spread))
	return Mul(Sub(to, from), mean)
}
