package walk

import (
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/places"
)

// piece is what was cut from an axis of a node: the rows or columns from start to limit, at steps of stride. If rows or
// columns were added instead, node is nil, and start is less than 0 or limit more than there are.
type piece struct {
	node                 *Node
	axis                 axis
	start, limit, stride int
}

// cells returns the rows or columns of the axis as files have them.
func (a axis) cells() places.Part {
	var p places.Part
	if len(a) > 0 {
		p = a[0].margins
	}
	p.Size = a.size()
	return p
}

// with returns the axis of other rows or columns of the same kind.
func (a axis) with(cells places.Part) axis {
	return axis{{kind: a.soleKind(), size: cells.Size, margins: cells, moved: a.isMoved()}}
}

// lost returns the shares of the picture's height or width that lie before the rows or columns of the axis and behind
// them; less than 0 if rows or columns were added there.
func (a axis) lost() [2]float64 { return a.cells().Lost }

// isMoved tells whether rows or columns of the axis do not lie where they lay in the picture.
func (a axis) isMoved() bool {
	return slices.ContainsFunc(a.sequence().cells, func(p part) bool { return p.moved })
}

// isPlane tells whether the axis holds slices, rows, columns or samples. An axis that counts the slices of each picture
// holds pictures, also if there is one.
func (a axis) isPlane() bool { return !a.isBatch() && isPlane(a.soleKind()) }

func isPlane(k kind) bool { return k == depth || k == height || k == width || k == samples }

// beyond returns the shares of the picture that lie before the axis and behind it; see [places.Part.Beyond].
func (a axis) beyond() [2]float64 { return a.cells().Beyond() }

// isCrop tells whether the axis holds rows or columns of a part of the picture, where they lay.
func (a axis) isCrop() bool { return a.isPlane() && !a.isMoved() && a.beyond() != [2]float64{} }

// crop returns rows or columns of which first and last ones are cut off at the ends, or added if a number is negative,
// so that size are left.
func (a axis) crop(first, last, size int) axis { return a.with(a.cells().Crop(first, last, size)) }

// cut returns the axis of a piece of size rows or columns. Those between its steps are not cut off.
func (p piece) cut(size int) axis {
	first, last := p.start, p.axis.size()-p.start-size*p.stride
	if first < p.stride {
		first = 0
	}
	if last < p.stride {
		last = 0
	}
	out := p.axis.crop(first, last, size)
	out[0].from = &p
	return out
}

// slide returns the axis behind windows, of which there are size.
func (a axis) slide(size int, w places.Window) axis { return a.with(a.cells().Slide(size, w)) }

// spread returns the axis behind a transposed convolution, which has size rows or columns, stride for each before.
func (a axis) spread(size, stride int) axis { return a.with(a.cells().Spread(size, stride)) }

// move returns the axis, marked as moved.
func (a axis) move() axis {
	s := a.sequence()
	cells := slices.Clone(s.cells)
	for i := range cells {
		cells[i].moved = true
	}
	return sequenceAxis(cells, s.before, s.after)
}

// align returns the axis of values that two operands of one size and kind share. If one was cut to fit the other, both
// lie where it lies. Pieces of one axis that overlap are windows that are written so. Two other parts of the picture on
// each other lie nowhere.
func (a axis) align(b axis) axis {
	p, q := a.piece(), b.piece()
	switch {
	case p != nil && q != nil && p.node == q.node && p.axis.size() == q.axis.size() && p.axis.lost() == q.axis.lost():
		return a.unite(p, q)
	case !b.isCrop() || a.isCrop() && a.beyond() == b.beyond():
		return a
	case a.isCrop():
		return a.move()
	}
	return b
}

// piece returns what the axis was cut from; nil if it is not rows or columns that were cut.
func (a axis) piece() *piece {
	if !a.isPlane() {
		return nil
	}
	return a[0].from
}

// unite returns the axis of two pieces of one axis that lie on each other: it lies where the windows do that they are
// steps of.
func (a axis) unite(p, q *piece) axis {
	switch {
	case p.start == q.start && p.limit == q.limit:
		return a
	case p.start >= q.limit || q.start >= p.limit || p.stride != q.stride:
		return a.move()
	}
	all := piece{p.node, p.axis, min(p.start, q.start), max(p.limit, q.limit), p.stride}
	if p.node == nil {
		return all.shift(a.size())
	}
	read := all.limit - all.start
	out := p.axis.crop(all.start, p.axis.size()-all.limit, read).
		slide(a.size(), places.Window{Stride: p.stride, Length: read - (a.size()-1)*p.stride})
	out[0].moved = out[0].moved || a.isMoved()
	out[0].from = &all
	return out
}

// shift returns the axis of padded copies that lie on each other, the first one with the most rows or columns in front,
// as behind a convolution that is written so. It lies in the middle between them.
func (p piece) shift(size int) axis {
	first := float64(p.start+p.limit-size) / 2
	cells := p.axis.cells()
	cells.Lost = cells.Lose(first, float64(cells.Size-size)-first)
	cells.Size = size
	out := p.axis.with(cells)
	out[0].from = &p
	return out
}

// span returns where the rows or columns begin and end, as shares of the picture, and the share that one of them
// covers.
func (a axis) span() (begin, end, cell float64) {
	begin, end = a.lost()[0], 1-a.lost()[1]
	return begin, end, (end - begin) / float64(a.size())
}

// append returns the axis of a with b behind it. Rows that begin where those of a end go on. A few rows that lie at the
// same end of the picture, or that were mirrored there, are padding. Others have moved. If nothing was cut off or
// moved, nothing is known of that, and both count as one map.
func (a axis) append(b axis) axis {
	size := a.size() + b.size()
	if !a.isPlane() || a.isWhole() && b.isWhole() {
		return a.resize(size)
	}
	beginA, endA, cellA := a.span()
	beginB, endB, cellB := b.span()
	apart := func(x, y float64) float64 { return math.Abs(x-y) - (cellA+cellB)/4 } // up to half a cell is rounding
	const few = 4                                                                  // times as many
	switch {
	case !a.isMoved() && !b.isMoved() && apart(endA, beginB) <= 0:
		cells := a.cells()
		cells.Size, cells.Lost[1], cells.Exact[1] = size, b.lost()[1], b.cells().Exact[1]
		return a.with(cells)
	case few*a.size() <= b.size() && apart(beginA, beginB) <= endA-beginA:
		return b.crop(-a.size(), 0, size)
	case few*b.size() <= a.size() && apart(endA, endB) <= endB-beginB:
		return a.crop(0, -b.size(), size)
	}
	return a.resize(size).move()
}

// isWhole tells whether nothing was cut off from the axis, added to it or moved in it.
func (a axis) isWhole() bool { return a.lost() == [2]float64{} && !a.isMoved() }
