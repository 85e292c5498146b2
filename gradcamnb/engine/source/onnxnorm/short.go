package onnxnorm

import "slices"

// These are short forms for rules that are formulas.

func (b *builder) add(x, y ref) ref { return b.binary("Add", x, y) }
func (b *builder) sub(x, y ref) ref { return b.binary("Sub", x, y) }
func (b *builder) mul(x, y ref) ref { return b.binary("Mul", x, y) }
func (b *builder) div(x, y ref) ref { return b.binary("Div", x, y) }
func (b *builder) exp(x ref) ref    { return b.unary("Exp", x) }
func (b *builder) log(x ref) ref    { return b.unary("Log", x) }
func (b *builder) neg(x ref) ref    { return b.unary("Neg", x) }
func (b *builder) square(x ref) ref { return b.mul(x, x) }

// offset returns x + c for a number c.
func (b *builder) offset(x ref, c float32) ref { return b.add(x, b.scalar(c)) }

// sliceAxis returns the entries from from to to, exclusive, of one axis of x.
func (b *builder) sliceAxis(x ref, at, from, to int) ref {
	start, end := make([]int, len(x.dims)), slices.Clone(x.dims)
	start[at], end[at] = from, to
	return b.slice(x, start, end, slices.Repeat([]int{1}, len(x.dims)))
}

// takeEntry returns one entry of an axis, which is dropped.
func (b *builder) takeEntry(x ref, at, i int) ref {
	return b.reshape(b.sliceAxis(x, at, i, i+1), dropAxes(x.dims, []int{at})...)
}

// join puts tensors one after another along an axis.
func (b *builder) join(at int, parts ...ref) ref {
	if len(parts) == 1 {
		return parts[0]
	}
	dims := slices.Clone(parts[0].dims)
	for _, p := range parts[1:] {
		dims[at] += p.dims[at]
	}
	return b.emit("Concat", dims, parts, attrInt("axis", at))
}

// take reads the entries of one axis by constant indices.
func (b *builder) take(x ref, at int, index []int) ref {
	if slices.Equal(index, countUp(x.dims[at])) {
		return x
	}
	return b.emit("Gather", replaceDim(x.dims, at, len(index)), []ref{x, b.ints(index...)}, attrInt("axis", at))
}

// swapAxes swaps two axes.
func (b *builder) swapAxes(x ref, i, j int) ref {
	perm := countUp(len(x.dims))
	perm[i], perm[j] = j, i
	return b.transpose(x, perm)
}

// fillConstant returns a constant that has one value everywhere.
func (b *builder) fillConstant(dims []int, v float32) ref {
	return b.broadcastTo(b.scalar(v), dims)
}

// broadcastTo broadcasts x to the shape.
func (b *builder) broadcastTo(x ref, dims []int) ref {
	if slices.Equal(x.dims, dims) {
		return x
	}
	return b.emit("Expand", dims, []ref{x, b.ints(dims...)})
}

// constantInput returns a constant input as a tensor. It fails if the input is computed from the picture.
func (n *node) constantInput(i int, what string) *tensor {
	v := n.need(i)
	if v.konst == nil {
		failf("its input %d (%s) is computed from the picture, and only a constant is supported there", i, what)
	}
	return v.konst
}

// number returns a constant input of one number, or def if it is not given.
func (n *node) number(i int, what string, def float64) float64 {
	if n.input(i) == nil {
		return def
	}
	t := n.constantInput(i, what)
	if size(t.dims) != 1 {
		failf("its input %d (%s) has the shape %v, and one number is wanted", i, what, t.dims)
	}
	if t.isInt {
		return float64(t.ints[0])
	}
	return float64(t.floats()[0])
}
