package onnxnorm

import "slices"

var _ = register("Slice", func(b *builder, n *node) {
	v := n.need(0)
	start, end, step := sliceRange(n)
	if slices.ContainsFunc(step, func(s int) bool { return s < 0 }) {
		b.sliceBackwards(n, start, end, step)
		return
	}
	if empty := emptySlice(start, end); empty != nil {
		setConstant(n, empty)
		return
	}
	if isLast(v) {
		p := channelsLast(4)
		n.out = []*value{b.newFromLast(b.slice(v.last, permute(start, p), permute(end, p), permute(step, p)))}
		return
	}
	n.out = []*value{newFromPlain(b.slice(b.plain(v), start, end, step))}
}, func(n *node) *tensor {
	t := n.in[0].konst
	start, end, step := sliceRange(n)
	dims, skip, from := make([]int, len(start)), strides(t.dims), 0
	for i := range start {
		if step[i] > 0 {
			dims[i] = max(0, (end[i]-start[i]+step[i]-1)/step[i])
		} else {
			dims[i] = max(0, (start[i]-end[i]-step[i]-1)/-step[i])
		}
		from += start[i] * skip[i]
		skip[i] *= step[i]
	}
	if !foldsHere(dims, t.isInt) {
		return nil
	}
	if t.isInt {
		return intTensor(dims, gather(t.ints, dims, skip, from))
	}
	return floatTensor(dims, gather(t.floats(), dims, skip, from))
})

// emptySlice returns the result of a slice without values, a constant; nil for any other slice.
func emptySlice(start, end []int) *tensor {
	dims, empty := make([]int, len(start)), false
	for i := range start {
		dims[i] = max(0, end[i]-start[i])
		empty = empty || dims[i] == 0
	}
	if !empty {
		return nil
	}
	return floatTensor(dims, nil)
}

// sliceBackwards builds a slice with a negative step, which a model may use to reverse its channels. It looks the
// entries up.
func (b *builder) sliceBackwards(n *node, start, end, step []int) {
	v := n.in[0]
	x, layout, places := b.plain(v), newFromPlain, countUp(len(start))
	if isLast(v) {
		x, layout, places = v.last, b.newFromLast, inverse(channelsLast(4))
	}
	for i := range start {
		var index []int
		for k := start[i]; step[i] > 0 && k < end[i] || step[i] < 0 && k > end[i]; k += step[i] {
			index = append(index, k)
		}
		if len(index) == 0 {
			failf("it leaves nothing of axis %d", i)
		}
		x = b.take(x, places[i], index)
	}
	n.out = []*value{markTail(layout(x), v)}
}

// sliceRange resolves starts, ends, axes and steps into a range [start, end) and a step for every axis. A negative step
// goes down from start to end, exclusive, and its end may be -1, before the first element. onnx-gomlx 0.5.5 reads that
// wrongly, and torch's older exporter makes pads in this way.
func sliceRange(n *node) (start, end, step []int) {
	dims := n.need(0).dims
	rank := len(dims)
	starts, ok1 := n.param(1, "starts")
	ends, ok2 := n.param(2, "ends")
	if !ok1 || !ok2 || len(starts) != len(ends) {
		failf("its starts %v and ends %v do not match", starts, ends)
	}
	along, ok := n.param(3, "axes")
	if !ok {
		along = countUp(len(starts))
	}
	steps, ok := n.param(4, "steps")
	if !ok {
		steps = slices.Repeat([]int{1}, len(starts))
	}
	if len(along) != len(starts) || len(steps) != len(starts) {
		failf("its starts %v, axes %v and steps %v do not match", starts, along, steps)
	}
	start, end, step = make([]int, rank), slices.Clone(dims), slices.Repeat([]int{1}, rank)
	for i, a := range axes(along, rank) {
		d, k := dims[a], steps[i]
		lo, hi := 0, d // where start and end may lie
		if k < 0 {
			lo, hi = -1, d-1
		}
		if k == 0 {
			failf("a step of 0 along axis %d", a)
		}
		place := func(at int) int { return min(max(CountFromStart(at, d), lo), hi) }
		start[a], end[a], step[a] = place(starts[i]), place(ends[i]), k
	}
	return start, end, step
}
