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
	return [2]float64{dropRounding(p.Lost[0] + first*p.cell()), dropRounding(p.Lost[1] + last*p.cell())}
}

// dropRounding returns a share of the picture, and 0 for one that is only what float64 rounds off: padding that is
// taken off again leaves nothing.
func dropRounding(share float64) float64 {
	if math.Abs(share) < 1e-9 {
		return 0
	}
	return share
}

// Crop returns the n cells that are left after first and last ones were cut off at the ends, or added. If just as many
// are cut off as windows added, at whatever end, what is left is what the windows read, as behind a causal convolution,
// which adds cells at both ends and cuts them off at one.
func (p Part) Crop(first, last, n int) Part {
	q := p.remake(n)
	q.Lost = p.Lose(float64(first), float64(last))
	if added := p.Grown[0] + p.Grown[1]; added > 0 && float64(first+last) == added {
		q.Lost = p.Lose(p.Grown[0], p.Grown[1])
		q.Exact = p.undo
	}
	return q.noteTrim(p)
}

// noteTrim returns the cells that an operator made of before, with the size that they have if it cut off, or added,
// some behind windows. If others were cut off earlier and are still lost, the larger of both sizes counts.
func (p Part) noteTrim(before Part) Part {
	if !before.Read || p.Lost == before.Lost {
		return p
	}
	if before.Lost == before.Exact {
		p.trimmed = 0
	}
	p.trimmed = max(p.trimmed, p.cell())
	return p
}

// Beyond returns the shares of the picture that lie above the highest cell, or to the left of the leftmost, and below
// the lowest, or to the right of the rightmost; less than 0 if the cells go beyond the picture. Behind windows, a cell
// that was cut off or added at either end does not count, since the cells of windows count as covering all that they
// read: every map of an unpadded convolution does. Nor does it if the map was enlarged since. But what was cut off
// counts if it is more than an eighth of the picture, as of a map of few cells. Cells that cover just the picture do
// so, whatever was added and taken off before.
func (p Part) Beyond() [2]float64 {
	const rounding, much = 1 + 1e-9, 1. / 8
	first, last := p.Lost[0]-p.Exact[0], p.Lost[1]-p.Exact[1]
	since := max(math.Abs(first), math.Abs(last))
	beyond, few := p.Lost, since <= rounding*max(p.cell(), p.trimmed) && max(first, 0)+max(last, 0) <= much
	if p.Read && few && beyond != [2]float64{} {
		beyond = p.Exact
	}
	if p.Mirrored {
		beyond[0], beyond[1] = beyond[1], beyond[0]
	}
	return beyond
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
		out[0] = p.Crop(-first, -last, out[0].Size)
	case "CenterCropPad":
		gone := p.Size - out[0].Size
		out[0] = p.Crop(gone/2, gone-gone/2, out[0].Size)
	case "Crop": // border counts from the left: columns before rows
		if border, ok := s.ints(-1, "border"); ok && len(border) == 4 {
			first := border[3-i]
			out[0] = p.Crop(first, p.Size-first-out[0].Size, out[0].Size)
		}
	case "Resize":
		out[0].Lost, out[0].Moved = s.region(i, p)
	case "GridSample":
		out[0].Warped = true
	case "Conv", "FusedConv", "QLinearConv", "ConvInteger", "DeformConv", "MaxPool", "AveragePool", "LpPool",
		"QLinearAveragePool":
		out[0] = p.Slide(out[0].Size, s.windows(i))
	case "ConvTranspose":
		out[0] = p.Spread(out[0].Size, s.windows(i).Stride)
	}
	return out
}

// Window tells how windows stand along an axis.
type Window struct {
	Stride, Length int // length from the first to the last cell of one window
	Pad            int // cells that the operator adds before the first cell
}

// windows returns how an operator's windows stand along an axis.
func (s step) windows(axis int) Window {
	number := func(attr string, otherwise int) int {
		if n, ok := s.ints(-1, attr); ok && axis-2 < len(n) {
			return n[axis-2]
		}
		return otherwise
	}
	length := 1
	for i := range s.Inputs { // the kernel is the first input without the axes of the picture
		if dims := s.dims(i); !s.isComputed(i) && len(dims) == len(s.Dims) {
			length = dims[axis]
			break
		}
	}
	length = (number("kernel_shape", length)-1)*number("dilations", 1) + 1
	return Window{Stride: number("strides", 1), Length: length, Pad: number("pads", 0)}
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

// Slide returns the cells of n windows, side by side. Windows that cover fewer cells than there are use up cells that
// were added before, all of them if less than one window would be left. If they cover more, by at least a stride, they
// have added cells with padding of their own. What they would need to have a middle at every cell is not added.
func (p Part) Slide(n int, w Window) Part {
	q := p.remake(n)
	left := p.Size - n*w.Stride
	switch {
	case left > 0:
		q.Lost = p.use(float64(left), float64(w.Stride))
	case -left >= w.Stride:
		first := float64(w.Pad - (w.Length-w.Stride+1)/2)
		last := float64(-left) - first
		q.Lost = p.Lose(-first, -last)
		q.Grown, q.undo = [2]float64{first / float64(w.Stride), last / float64(w.Stride)}, p.Exact
		if !p.Read {
			q.undo = p.Lost
		}
	}
	for i := range q.Exact {
		switch {
		case !p.Read && max(q.Grown[0], q.Grown[1]) <= 1: // even windows, which are one more than the cells
			q.Exact[i] = max(q.Lost[i], p.Lost[i])
		case !p.Read:
			q.Exact[i] = q.Lost[i]
		case q.Exact[i] < 0: // what was added and is used up is gone
			q.Exact[i] = max(q.Exact[i], min(q.Lost[i], 0))
		}
	}
	q.Read = true
	return q.noteTrim(p)
}

// Spread returns the n cells of a transposed convolution. If they are more than stride for each cell, the first and
// the last ones lie beyond what it read.
func (p Part) Spread(n, stride int) Part {
	q := p.remake(p.Size * stride)
	if more := float64(n - q.Size); more > 0 {
		q.Lost, q.Grown, q.undo = q.Lose(-more/2, -more/2), [2]float64{more / 2, more / 2}, q.Exact
	}
	q.Size, q.Extent = n, n
	return q.noteTrim(p)
}

// use returns the shares that are lost after so many cells of what was added at the ends were used up: first those that
// were added behind windows, then those that were added to the picture. Less than least cells that would be left count
// as used up, too.
func (p Part) use(cells, least float64) [2]float64 {
	lost, used := p.Lost, cells*p.cell()
	for _, floor := range [][2]float64{p.Exact, {}} {
		var more [2]float64 // what was added beyond the floor
		for i := range more {
			more[i] = max(min(floor[i], 0)-lost[i], 0)
		}
		total := more[0] + more[1]
		if used <= 0 || total == 0 {
			continue
		}
		share := min(used/total, 1)
		if total-used < least*p.cell()*(1-1e-9) {
			share = 1
		}
		for i := range lost {
			lost[i] = dropRounding(lost[i] + share*more[i])
		}
		used -= total
	}
	return lost
}
