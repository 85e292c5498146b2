package onnxnorm

import "slices"

var _ = register("Concat", func(b *builder, n *node) {
	at := axis(n.intOr("axis", 0), len(n.need(0).dims))
	b.repeatConstants(n, at)
	dims := concatDims(n, at)
	last := isSpatial(dims) && slices.ContainsFunc(n.in, isLast)
	var in []ref
	for _, v := range n.in {
		if size(v.dims) == 0 {
			continue // it adds nothing
		}
		if last {
			in = append(in, b.moveChannelsLast(v))
		} else {
			in = append(in, b.plain(v))
		}
	}
	if last {
		n.out = []*value{b.newFromLast(b.emit("Concat", permute(dims, channelsLast(4)), in,
			attrInt("axis", moveAxesLast([]int{at}, 4)[0])))}
		return
	}
	n.out = []*value{newFromPlain(b.emit("Concat", dims, in, attrInt("axis", at)))}
}, foldConcat)

func concatDims(n *node, at int) []int {
	dims := slices.Clone(n.need(0).dims)
	dims[at] = 0
	for i := range n.in {
		d := n.need(i).dims
		if len(d) != len(dims) || !slices.Equal(d[:at], dims[:at]) || !slices.Equal(d[at+1:], dims[at+1:]) {
			failf("it joins the shapes %v and %v along axis %d, and they differ elsewhere", n.in[0].dims, d, at)
		}
		dims[at] += d[at]
	}
	return dims
}

// foldConcat joins constant integers, since exporters put shapes and indices together this way. It takes from each
// operand in turn as many values as lie together in it.
func foldConcat(n *node) *tensor {
	at := axis(n.intOr("axis", 0), len(n.need(0).dims))
	dims := concatDims(n, at)
	if !foldsHere(dims, true) || slices.ContainsFunc(n.in, func(v *value) bool { return !v.konst.isInt }) {
		return nil
	}
	out := make([]int64, 0, size(dims))
	for row := range size(dims[:at]) {
		for _, v := range n.in {
			together := size(v.dims[at:])
			out = append(out, v.konst.ints[row*together:][:together]...)
		}
	}
	return intTensor(dims, out)
}
