package places

import (
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// windows returns the axes of cells that are gathered by a table of their numbers, as an unfolding into windows does.
// The numbers must go up by the same step along each axis of the table; nil if they do not.
func windows(a Axis, dims, index []int) []Axis {
	p, ok := a.place()
	if !ok || len(a) != 1 || len(index) == 0 {
		return nil
	}
	out := make([]Axis, len(dims))
	below := 1
	steps := make([]int, len(dims))
	for k := len(dims) - 1; k >= 0; k-- {
		if dims[k] > 1 {
			steps[k] = index[below] - index[0]
			q := p
			q.Size, q.Stride = dims[k], p.Stride*steps[k]
			out[k] = Axis{q}
		}
		below *= dims[k]
	}
	if below != len(index) {
		return nil
	}
	for i, at := range index {
		want, rest := index[0], i
		for k := len(dims) - 1; k >= 0; k-- {
			want, rest = want+steps[k]*(rest%dims[k]), rest/dims[k]
		}
		if at != want {
			return nil
		}
	}
	for k := range dims {
		if len(dims) == 2 && steps[1-k] == 1 && overlap(steps[k], dims[1-k]) {
			out[k], out[1-k] = p.unfold(dims[k], steps[k], dims[1-k])
		}
	}
	return out
}

// overlap tells whether windows of a length that begin so far apart share cells, but not as many as they have but one:
// windows at every cell could also be cells of which every window holds one.
func overlap(stride, length int) bool { return stride > 1 && length > stride }

// unfold returns the axes of n windows and of the cells of each. Windows that share cells are new cells, as those of a
// convolution are.
func (p Part) unfold(n, stride, length int) (windows, cells Axis) {
	if overlap(stride, length) {
		return Axis{p.Slide(n, Window{Stride: stride, Length: length})}, otherAxis(length)
	}
	outer, inner := p, p
	outer.Size, outer.Stride, inner.Size = n, stride*p.Stride, length
	return Axis{outer}, Axis{inner}
}

// joinWindows returns the axes of a Concat that lists windows, each sliced of the same tensor and put on an axis of its
// own, as torch's older exporter writes Tensor.unfold; nil if it lists anything else.
func (s step) joinWindows(axis int) []Axis {
	of, stride := s.findWindows(axis)
	if of.size == 0 {
		return nil
	}
	a := s.axes[of.source][of.axis]
	p, ok := a.place()
	if !ok || len(a) != 1 {
		return nil
	}
	out := slices.Clone(s.inputAxes(0))
	for k, a := range out {
		if q, ok := a.place(); ok && q.Kind == p.Kind && q.Piece && len(a) == 1 && s.Dims[k] == of.size {
			out[axis], out[k] = p.unfold(len(s.Inputs), stride, of.size)
			return out
		}
	}
	return nil
}

// findWindows returns the first of the windows that a Concat lists along an axis, and how far apart they begin; its
// size is 0 if it does not list windows of one tensor that lie evenly.
func (s step) findWindows(axis int) (first window, stride int) {
	for i, name := range s.Inputs {
		w, ok := s.findWindow(name)
		if dims := s.dims(i); !ok || len(dims) != len(s.Dims) || axis >= len(dims) || dims[axis] != 1 {
			return window{}, 0
		}
		switch i {
		case 0:
			first = w
		case 1:
			stride = w.from - first.from
		}
		w.from -= i * stride
		if w != first {
			return window{}, 0
		}
	}
	if stride < 1 {
		return window{}, 0
	}
	return first, stride
}

// window is a part of an axis of a tensor.
type window struct {
	source           string
	axis, from, size int
}

// findWindow returns the part of another tensor that a tensor holds in another shape; ok is false if it holds more, or
// less, than such a part.
func (s step) findWindow(name string) (w window, ok bool) {
	const most = 4 // operators that change a shape
	for range most {
		t := s.tensors[name]
		if len(t.Inputs) == 0 {
			return window{}, false
		}
		source := s.tensors[t.Inputs[0]]
		from := step{s.tracer, t}
		switch t.Op {
		case "Transpose", "Unsqueeze", "Squeeze", "Reshape":
			name = t.Inputs[0]
			continue
		case "Slice":
			starts, _ := from.ints(1, "starts")
			axes, _ := from.ints(3, "axes")
			steps, given := from.ints(4, "steps")
			if len(starts) != 1 || len(axes) != 1 || given && !slices.Equal(steps, []int{1}) {
				return window{}, false
			}
			at := onnxnorm.CountFromStart(axes[0], len(t.Dims))
			if at >= len(t.Dims) || len(source.Dims) != len(t.Dims) {
				return window{}, false
			}
			return window{t.Inputs[0], at, onnxnorm.CountFromStart(starts[0], source.Dims[at]), t.Dims[at]}, true
		}
		return window{}, false
	}
	return window{}, false
}
