package onnxnorm

import "slices"

// An operator with a window over one axis is one over two axes of which the first has length 1. So a signal [b, c, n]
// in a network of pictures uses the rules for pictures.

// makePlanesRule returns a rule for any number of spatial axes, made from a rule for two of them and one for more. The
// node's first withAxes inputs have spatial axes.
func makePlanesRule(withAxes int, two, more rule) rule {
	return func(b *builder, n *node) {
		switch len(n.need(0).dims) {
		case 3:
			b.applyOnPlanes(n, withAxes, two)
		case 4:
			two(b, n)
		default:
			more(b, n)
		}
	}
}

// applyOnPlanes runs a rule over two axes on a node over one.
func (b *builder) applyOnPlanes(n *node, withAxes int, r rule) {
	p := n.withAttributes()
	p.Attribute, p.in = nil, slices.Clone(n.in)
	for _, a := range n.Attribute {
		if a.Name == "pads" && len(a.Ints) == 2 {
			a = attrInts("pads", []int{0, int(a.Ints[0]), 0, int(a.Ints[1])})
		}
		if fill, ok := planeFill[a.Name]; ok && len(a.Ints) == 1 {
			a = attrInts(a.Name, []int{fill, int(a.Ints[0])})
		}
		p.Attribute = append(p.Attribute, a)
	}
	for i := range min(withAxes, len(p.in)) {
		p.in[i] = b.raiseRank(n.need(i))
	}
	r(b, p)
	for _, v := range p.out {
		low := newFromPlain(b.reshape(b.plain(v), v.dims[0], v.dims[1], v.dims[3]))
		n.out = append(n.out, low.setType(v.typ))
	}
}

// planeFill has the value of each attribute for an axis of length 1.
var planeFill = map[string]int{"kernel_shape": 1, "strides": 1, "dilations": 1, "output_padding": 0, "output_shape": 1}

// raiseRank returns [b, c, n] as [b, c, 1, n].
func (b *builder) raiseRank(v *value) *value {
	if len(v.dims) != 3 {
		failf("one of its operands has the shape %v, and its input one spatial axis", v.dims)
	}
	dims := []int{v.dims[0], v.dims[1], 1, v.dims[2]}
	if v.konst != nil {
		return &value{name: v.name, dims: dims, konst: v.konst.reshape(dims)}
	}
	out := newFromPlain(b.reshape(b.plain(v), dims...)).setType(v.dtype())
	out.quant = v.quant
	return out
}
