package walk

import (
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
func (a axis) isMoved() bool { return slices.ContainsFunc(a, func(p part) bool { return p.moved }) }

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
	out := slices.Clone(a)
	for i := range out {
		out[i].moved = true
	}
	return out
}
