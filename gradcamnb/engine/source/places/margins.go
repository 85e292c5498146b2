package places

import (
	"math"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// cell returns the share of the picture's height or width that a cell covers.
func (p Part) cell() float64 { return (1 - p.Lost[0] - p.Lost[1]) / float64(p.Size) }

// Lose returns the shares that are lost after first cells at the start and last cells at the end were cut off, too, or
// added if the number is negative.
func (p Part) Lose(first, last float64) [2]float64 {
	return [2]float64{p.Lost[0] + first*p.cell(), p.Lost[1] + last*p.cell()}
}

// Beyond returns the shares of the picture that lie before the first cell and behind the last one. A map that misses no
// more than a cell at either end counts as one of the whole picture, as every map of an unpadded convolution does.
func (p Part) Beyond() [2]float64 {
	const rounding = 1 + 1e-9
	if max(p.Lost[0], p.Lost[1]) <= rounding*p.cell() {
		return [2]float64{}
	}
	return p.Lost
}

// apart tells whether two axes hold cells of different parts of the picture.
func apart(a, b Axis) bool {
	p, ok1 := a.place()
	q, ok2 := b.place()
	if !ok1 || !ok2 || p.Kind != q.Kind {
		return false
	}
	x, y := p.Beyond(), q.Beyond()
	return max(math.Abs(x[0]-y[0]), math.Abs(x[1]-y[1])) > max(p.cell(), q.cell())
}

// margins returns the axis that an operator of rows and columns makes of axis i, with the cells that it adds or needs
// at the ends.
func (s step) margins(i int, from, to Axis) Axis {
	p, ok := from.place()
	if !ok || len(to) != 1 {
		return to
	}
	out := slices.Clone(to)
	switch s.Op {
	case "Pad":
		first, last := s.pads(i)
		out[0].Lost = p.Lose(float64(-first), float64(-last))
	case "CenterCropPad":
		gone := p.Size - out[0].Size
		out[0].Lost = p.Lose(float64(gone/2), float64(gone-gone/2))
	case "Resize":
		out[0].Lost, out[0].Moved = s.region(i, p)
	case "GridSample":
		out[0].Warped = true
	case "Conv", "FusedConv", "QLinearConv", "ConvInteger", "DeformConv", "MaxPool", "AveragePool", "LpPool",
		"QLinearAveragePool":
		stride := 1
		if strides, ok := s.ints(-1, "strides"); ok && i-2 < len(strides) {
			stride = strides[i-2]
		}
		out[0].Lost = p.use(out[0].Size*stride, stride)
	}
	return out
}

// region returns the shares that are lost if a Resize takes a region of an axis, from a share of its cells' middles to
// another, and whether the region runs backwards.
func (s step) region(axis int, p Part) (lost [2]float64, backwards bool) {
	if s.text("coordinate_transformation_mode") != "tf_crop_and_resize" || len(s.Inputs) < 2 {
		return p.Lost, p.Moved
	}
	roi := s.tensors[s.Inputs[1]].Reals
	if roi == nil { // the region is computed
		return p.Lost, true
	}
	axes, _ := s.ints(-1, "axes")
	k, ok := s.findPair(axis, len(roi)/2, axes)
	if !ok {
		return p.Lost, p.Moved
	}
	from, to, last := float64(roi[k]), float64(roi[k+len(roi)/2]), float64(p.Size-1)
	return p.Lose(from*last, last-to*last), p.Moved || to < from
}

// pads returns how many cells a Pad adds to an axis, before and behind.
func (s step) pads(axis int) (before, after int) {
	pads, _ := s.ints(1, "pads")
	axes, _ := s.ints(3, "axes")
	k, ok := s.findPair(axis, len(pads)/2, axes)
	if !ok {
		return 0, 0
	}
	return pads[k], pads[k+len(pads)/2]
}

// findPair returns which of n pairs of numbers are those of an axis: the one that stands in the list of axes, or if
// there is no list, that of its own number.
func (s step) findPair(axis, n int, axes []int) (k int, ok bool) {
	k = axis
	if len(axes) > 0 {
		k = slices.IndexFunc(axes, func(a int) bool { return onnxnorm.CountFromStart(a, len(s.Dims)) == axis })
	}
	return k, k >= 0 && k < n
}

// use returns the shares that are lost behind windows that cover so many cells, side by side. Windows that cover fewer
// than there are use up cells that were added before. If they cover more, by at least a stride, they have added cells
// at the end, as a causal convolution does.
func (p Part) use(covered, stride int) [2]float64 {
	lost := p.Lost
	left := float64(p.Size-covered) * p.cell() // of what was added
	if covered-p.Size >= stride {
		lost[1] += left
		return lost
	}
	added := -min(lost[0], 0) - min(lost[1], 0)
	if left <= 0 || added == 0 {
		return lost
	}
	for i := range lost {
		if lost[i] < 0 {
			lost[i] = math.Min(0, lost[i]*(1-left/added))
		}
	}
	return lost
}
