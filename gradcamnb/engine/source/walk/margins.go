package walk

import (
	"math"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/places"
)

// lost returns the shares of the picture's height or width that were cut off before the rows or columns of the axis and
// behind them.
func (a axis) lost() [2]float64 {
	if len(a) == 0 {
		return [2]float64{}
	}
	return a[0].lost
}

// isMoved tells whether rows or columns of the axis do not lie where they lay in the picture.
func (a axis) isMoved() bool {
	return slices.ContainsFunc(a.sequence().cells, func(p part) bool { return p.moved })
}

// isPlane tells whether the axis holds rows or columns.
func (a axis) isPlane() bool { k := a.soleKind(); return k == height || k == width }

// beyond returns the shares of the picture that lie before the axis and behind it; see [places.Part.Beyond].
func (a axis) beyond() [2]float64 { return places.Part{Size: a.size(), Lost: a.lost()}.Beyond() }

// isCrop tells whether the axis holds rows or columns of a part of the picture, where they lay.
func (a axis) isCrop() bool { return a.isPlane() && !a.isMoved() && a.beyond() != [2]float64{} }

// crop returns rows or columns of which first and last ones are cut off at the ends, or added if a number is negative,
// so that size are left.
func (a axis) crop(first, last, size int) axis {
	out := plainAxis(a.soleKind(), size)
	out[0].lost = places.Part{Size: a.size(), Lost: a.lost()}.Lose(float64(first), float64(last))
	out[0].moved = a.isMoved()
	return out
}

// spend returns the axis behind windows, which use up the rows or columns that were added to it before.
func (a axis) spend() axis {
	lost := a.lost()
	if lost[0] >= 0 && lost[1] >= 0 {
		return a
	}
	out := slices.Clone(a)
	out[0].lost = [2]float64{max(lost[0], 0), max(lost[1], 0)}
	return out
}

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
// lie where it lies. Two different parts of the picture on each other lie nowhere.
func (a axis) align(b axis) axis {
	switch {
	case !b.isCrop() || a.isCrop() && a.beyond() == b.beyond():
		return a
	case a.isCrop():
		return a.move()
	}
	return b
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
		out := plainAxis(a.soleKind(), size)
		out[0].lost = [2]float64{a.lost()[0], b.lost()[1]}
		return out
	case few*a.size() <= b.size() && apart(beginA, beginB) <= endA-beginA:
		return b.crop(-a.size(), 0, size)
	case few*b.size() <= a.size() && apart(endA, endB) <= endB-beginB:
		return a.crop(0, -b.size(), size)
	}
	return a.resize(size).move()
}

// isWhole tells whether nothing was cut off from the axis, added to it or moved in it.
func (a axis) isWhole() bool { return a.lost() == [2]float64{} && !a.isMoved() }
