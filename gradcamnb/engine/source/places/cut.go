package places

import (
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

var (
	_ = register(traceSlice, "Slice")
	_ = register(traceSplit, "Split")
	_ = register(traceGather, "Gather")
	_ = register(joinAxes, "Concat")
)

// takeEvery returns the axis of the n values at from, from+step, ... of a.
func takeEvery(a Axis, size, from, step, n int) Axis {
	switch {
	case step < 0:
		return mirror(takeEvery(a, size, from+(n-1)*step, -step, n), n)
	case n == size && step == 1:
		return a
	}
	if len(a) == 1 && a[0].Kind == Tokens && step == 1 {
		return a[0].cutTokens(from, n)
	}
	p, ok := a.place()
	switch {
	case ok && step > 1 && from < step && from+(n-1)*step+step >= size:
		q := p.remake(n)
		q.Piece = true
		return Axis{q}
	case ok:
		q := p.Crop(from, size-from-n*step, n)
		q.Piece, q.Moved = true, p.Moved || p.Kind == Depth
		return Axis{q}
	case len(a) == 0 || !slices.ContainsFunc(a, func(p Part) bool { return p.Kind != Other }):
		return otherAxis(n)
	}
	return unknown(n)
}

// mirror returns an axis of n values in reverse order, which is that of each of its parts.
func mirror(a Axis, n int) Axis {
	out := slices.Clone(a)
	for i, p := range a {
		switch {
		case p.Kind == Row || p.Kind == Column:
			out[i].Mirrored = !p.Mirrored
			for _, ends := range []*[2]float64{&out[i].Lost, &out[i].Exact, &out[i].Grown, &out[i].undo} {
				ends[0], ends[1] = ends[1], ends[0]
			}
		case p.Kind == Depth:
			out[i].Moved = true
		case p.Kind == Tokens:
			out[i].Before, out[i].After, out[i].Core = p.After, p.Before, mirror(p.Core, n-p.Before-p.After)
		case p.Kind != Other:
			return unknown(n)
		}
	}
	return out
}

// markMisplaced returns the axes of a tensor of which some were cut. If slices of a volume were left out, but for every
// n-th, then neither rows nor columns lie where they lay, since they are not those of the whole volume.
func markMisplaced(axes []Axis, cut ...Axis) []Axis {
	if !slices.ContainsFunc(cut, func(a Axis) bool { return len(a) == 1 && a[0].Kind == Depth && a[0].Moved }) {
		return axes
	}
	out := make([]Axis, len(axes))
	for i, a := range axes {
		out[i] = slices.Clone(a)
		for k, p := range a {
			out[i][k].Moved = p.Moved || p.Kind.isPlace()
		}
	}
	return out
}

// cutTokens returns the axis of the n elements of tokens that begin at from.
func (p Part) cutTokens(from, n int) Axis {
	first, end := p.Before, p.Size-p.After // where the cells begin and end
	to := from + n
	switch {
	case from <= first && to >= end:
		p.Before, p.After, p.Size = first-from, to-end, n
		if p.Before == 0 && p.After == 0 {
			return p.Core
		}
		return Axis{p}
	case to <= first || from >= end:
		return otherAxis(n)
	}
	return unknown(n)
}

func traceSlice(s step) []Axis {
	in, dims := s.inputAxes(0), s.dims(0)
	starts, ok := s.ints(1, "starts")
	if in == nil || !ok {
		return nil
	}
	axes, ok := s.ints(3, "axes")
	if !ok {
		axes = make([]int, len(starts))
		for i := range axes {
			axes[i] = i
		}
	}
	steps, _ := s.ints(4, "steps")
	out := slices.Clone(in)
	var cut []Axis
	for i, a := range axes {
		if i >= len(starts) || onnxnorm.CountFromStart(a, len(dims)) >= len(dims) {
			return nil
		}
		a = onnxnorm.CountFromStart(a, len(dims))
		step := 1
		if i < len(steps) {
			step = steps[i]
		}
		from := min(max(onnxnorm.CountFromStart(starts[i], dims[a]), 0), dims[a])
		if step < 0 {
			from = min(from, dims[a]-1)
		}
		out[a] = takeEvery(in[a], dims[a], from, step, s.Dims[a])
		cut = append(cut, out[a])
	}
	return markMisplaced(out, cut...)
}

// traceSplit returns the axes of an output of a Split. It begins after the outputs before it.
func traceSplit(s step) []Axis {
	in, dims := s.inputAxes(0), s.dims(0)
	if in == nil {
		return nil
	}
	axis := onnxnorm.CountFromStart(s.attr("axis", 0), len(dims))
	from, ok := s.findStart(axis)
	if !ok {
		return nil
	}
	out := slices.Clone(in)
	out[axis] = takeEvery(in[axis], dims[axis], from, 1, s.Dims[axis])
	return markMisplaced(out, out[axis])
}

// splitting is how far the outputs of a Split were followed.
type splitting struct{ next, from int }

// findStart returns where an output of a Split begins on its axis. The outputs are asked for in their order, and there
// may be thousands, so it goes on from the one before.
func (s step) findStart(axis int) (from int, ok bool) {
	at, outputs := s.splits[s.Made], s.Made.GetOutput()
	for ; at.next < len(outputs) && outputs[at.next] != s.Name; at.next++ {
		before, ok := s.tensors[outputs[at.next]]
		if !ok {
			return 0, false
		}
		at.from += before.Dims[axis]
	}
	s.splits[s.Made] = at
	return at.from, at.next < len(outputs)
}

func traceGather(s step) []Axis {
	in, dims := s.inputAxes(0), s.dims(0)
	if in == nil || len(s.Inputs) < 2 {
		return nil
	}
	axis := onnxnorm.CountFromStart(s.attr("axis", 0), len(dims))
	rank := len(s.dims(1))
	index := s.tensors[s.Inputs[1]].Ints
	var middle, cut []Axis
	switch {
	case rank == 0: // one of them is left
		cut = []Axis{takeEvery(in[axis], dims[axis], 0, 1, 1)}
	case rank == 1 && len(index) > 0:
		middle = []Axis{picked(in[axis], dims[axis], index)}
		cut = middle
	case rank > 1 && windows(in[axis], s.dims(1), index) != nil:
		middle = windows(in[axis], s.dims(1), index)
	default:
		middle = unknowns(s.Dims[axis : axis+rank])
		if !slices.ContainsFunc(in[axis], func(p Part) bool { return p.Kind != Other }) {
			for i := range middle {
				middle[i] = otherAxis(s.Dims[axis+i])
			}
		}
	}
	return markMisplaced(slices.Concat(in[:axis], middle, in[axis+1:]), cut...)
}

// along returns the rule of an operator that picks values in any order along the axis that an attribute names.
func along(attribute string, otherwise int) rule {
	return func(s step) []Axis {
		in := s.inputAxes(0)
		if len(in) != len(s.Dims) {
			return nil
		}
		out := slices.Clone(in)
		for i, d := range s.Dims {
			if i == onnxnorm.CountFromStart(s.attr(attribute, otherwise), len(in)) || d != s.dims(0)[i] {
				out[i] = disorder(in[i], d)
			}
		}
		return out
	}
}

// traceGatherND returns the axes of values that were picked in any order. The axes behind those that the indices count
// along, and those of a batch before them, stay what they are.
func traceGatherND(s step) []Axis {
	in, index, batch := s.inputAxes(0), s.dims(1), s.attr("batch_dims", 0)
	picked := len(in)
	if n := len(index); n > 0 && batch >= 0 && batch < n {
		picked = min(picked, batch+index[n-1])
	}
	if picked == len(in) || len(in) != len(s.Dims) {
		return disorderAll(in, s.Dims)
	}
	out := slices.Clone(in)
	for i := batch; i < picked; i++ {
		out[i] = disorder(in[i], s.Dims[i])
	}
	return out
}

// traceScatter returns the axes of a tensor into which values are written. They leave the rest of a map where it lies.
// A map that is written into constants is in any order.
func traceScatter(s step) []Axis {
	if in := s.inputAxes(0); in != nil {
		return slices.Clone(in)
	}
	return disorderAll(s.inputAxes(2), s.Dims)
}

// disorderAll returns the axes of values, of shape dims, that were picked of in in any order.
func disorderAll(in []Axis, dims []int) []Axis {
	if len(in) != len(dims) {
		return nil
	}
	var out []Axis
	for i, d := range dims {
		out = append(out, disorder(in[i], d))
	}
	return out
}

// disorder returns the axis of n values that were picked of a in any order.
func disorder(a Axis, n int) Axis {
	if _, ok := a.place(); ok {
		return joinPieces([]Axis{a}, n)
	}
	if !slices.ContainsFunc(a, func(p Part) bool { return p.Kind != Other && p.Kind != Batch }) {
		return otherAxis(n)
	}
	return unknown(n)
}

// picked returns the axis of the values of a with the numbers index, of size in all.
func picked(a Axis, size int, index []int) Axis {
	from, step := onnxnorm.CountFromStart(index[0], size), 1
	if len(index) > 1 {
		step = onnxnorm.CountFromStart(index[1], size) - from
	}
	even, repeated := step != 0, true
	for i, at := range index {
		at = onnxnorm.CountFromStart(at, size)
		even = even && at == from+i*step
		repeated = repeated && at == i*size/len(index)
	}
	_, isPlace := a.place()
	switch {
	case even:
		return takeEvery(a, size, from, step, len(index))
	case isPlace && repeated: // the nearest of each, as a resize takes
		return resizeAxis(a, size, len(index))
	}
	return disorder(a, len(index))
}

// joinAxes returns the axes of a Concat. If one operand has cells and the others have none, they are tokens. If several
// have cells, the result is a map whose cells have moved.
func joinAxes(s step) []Axis {
	axis := onnxnorm.CountFromStart(s.attr("axis", 0), len(s.Dims))
	if out := s.joinWindows(axis); out != nil {
		return out
	}
	out := make([]Axis, len(s.Dims))
	var pieces []Axis
	var core *Part
	before, after, lost, several := 0, 0, 0, false
	for i := range s.Inputs {
		in, dims := s.inputAxes(i), s.dims(i)
		if len(dims) != len(s.Dims) {
			return nil
		}
		for k, a := range in {
			if k != axis {
				out[k] = pickBetter(out[k], a)
			}
		}
		var own Axis
		if in != nil {
			own = in[axis]
		}
		if places := cellPart(own); places != nil {
			pieces = append(pieces, own)
			several, core = several || core != nil, places
			continue
		}
		lost += CountLost([]Axis{own})
		if core == nil {
			before += dims[axis]
		} else {
			after += dims[axis]
		}
	}
	for k, d := range s.Dims {
		if out[k] == nil {
			out[k] = otherAxis(d)
		}
	}
	switch {
	case core == nil:
		out[axis] = joinOthers(s.Dims[axis], lost)
	case several:
		out[axis] = joinPieces(pieces, s.Dims[axis])
	default:
		out[axis] = core.surround(before, after, s.Dims[axis])
	}
	return out
}

// joinOthers returns the axis of n values without cells, of which lost cannot be followed.
func joinOthers(n, lost int) Axis {
	if lost > 0 {
		return unknown(n)
	}
	return otherAxis(n)
}

// surround returns the axis of cells with before more elements in front of them and after more behind them.
func (p Part) surround(before, after, size int) Axis {
	if len(p.Core) == 1 && p.Core[0].isWhole() { // rows or columns were added at the ends of a map
		return Axis{p.Core[0].Crop(-before, -after, size)}
	}
	p.Before, p.After, p.Size = p.Before+before, p.After+after, size
	if p.Before == 0 && p.After == 0 {
		return p.Core
	}
	return Axis{p}
}

// cellPart returns an axis as tokens; nil if it has no cells.
func cellPart(a Axis) *Part {
	if len(a) == 1 && a[0].Kind == Tokens {
		p := a[0]
		return &p
	}
	n := 1
	cells := false
	for _, p := range a {
		n *= p.Size
		cells = cells || p.Kind.isPlace()
	}
	if !cells {
		return nil
	}
	return &Part{Kind: Tokens, Size: n, Core: a}
}

// joinPieces returns the axis of rows, or of columns, that was joined from pieces.
func joinPieces(pieces []Axis, size int) Axis {
	k := Unknown
	for _, a := range pieces {
		p, ok := a.place()
		if !ok || k != Unknown && p.Kind != k {
			return unknown(size)
		}
		k = p.Kind
	}
	p := cells(k, size)
	p.Moved = true
	return Axis{p}
}
