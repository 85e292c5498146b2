package onnxnorm

import "slices"

// A file that was made for one batch of pictures holds numbers that depend on the batch: the shape of a Reshape, the
// sizes of a Resize, a class token that is repeated for each picture. If the graph is written for another batch,
// [Options.Own] has every tensor's shape for the file's own batch, and the rules below change such numbers to the batch
// at hand. A number that they do not know makes an operator fail, or shows in a shape without the batch: see
// [Options.Own].

// batchAxis returns the axis of the pictures, given a tensor's shape here and for the file's own batch: the only axis
// that differs. ok is false if none or several differ.
func batchAxis(here, own []int) (axis int, ok bool) {
	if len(here) != len(own) {
		return 0, false
	}
	axis = -1
	for i := range here {
		if here[i] == own[i] {
			continue
		}
		if axis >= 0 {
			return 0, false
		}
		axis = i
	}
	return axis, axis >= 0
}

// reshapeDims returns the dims of a Reshape for the batch at hand. If a is the pictures' axis of the input, the
// pictures' axis k of the output has as many values in front of it,
//
//	PRODUCT_(i<a) in_i = PRODUCT_(i<k) out_i.
//
// If the output has no such axis, the first axis holds the pictures, too, and is longer by the same factor.
func (b *builder) reshapeDims(n *node) []int {
	in, ownIn, ownOut := n.need(0).dims, b.own[n.Input[0]], b.own[n.Output[0]]
	a, ok := batchAxis(in, ownIn)
	if !ok || ownOut == nil {
		return reshapeDims(n)
	}
	before := size(in[:a])
	for k, d := range ownOut {
		if size(ownOut[:k]) != before || d*in[a]%ownIn[a] != 0 || k > 0 && (d != ownIn[a] || ownIn[a] > b.ownBatch) ||
			d%b.ownBatch != 0 {
			continue
		}
		dims := slices.Clone(ownOut)
		dims[k] = d * in[a] / ownIn[a]
		b.rebatched = b.rebatched || !slices.Equal(dims, writtenDims(n))
		return dims
	}
	failf("it was made for a batch of %d, and in the shape %v its pictures have no axis of their own", b.ownBatch, ownOut)
	return nil
}

// writtenDims returns the dims of a Reshape as they are in the file; nil if they do not fit.
func writtenDims(n *node) (dims []int) {
	_ = attempt(func() { dims = reshapeDims(n) })
	return dims
}

// repeatConstants repeats constant operands of a Concat that the file has once, for its one picture, such as a class
// token. Each is repeated for every picture.
func (b *builder) repeatConstants(n *node, at int) {
	for i, v := range n.in {
		if v == nil || v.konst != nil {
			continue
		}
		a, ok := batchAxis(v.dims, b.own[n.Input[i]])
		if !ok || a == at || b.ownBatch != 1 {
			continue
		}
		for k, c := range n.in {
			if c == nil || c.konst == nil || len(c.dims) != len(v.dims) || c.dims[a] != 1 {
				continue
			}
			dims := replaceDim(c.dims, a, v.dims[a])
			b.rebatched = true
			n.in[k] = newFromPlain(b.broadcastTo(b.plain(c), dims))
		}
		return
	}
}
