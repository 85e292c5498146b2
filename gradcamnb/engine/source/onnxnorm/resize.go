package onnxnorm

import (
	"fmt"
	"slices"
	"strings"
)

var (
	_ = register("Resize", resize, nil)
	_ = register("Upsample", resize, nil) // of opset 7 and 9, which Resize took the place of
)

// resize multiplies by constant weights along each axis that changes,
//
//	y[o] = SUM_i W[o, i] x[i],
//
// The rows of W hold the interpolation weights of each output pixel. GoMLX's own interpolation has a wrong gradient on
// the pure-Go backend.
func resize(b *builder, original *node) {
	n := original
	v := n.need(0)
	if b.opset < 11 {
		n = n.withAttributes(attrString("coordinate_transformation_mode", "asymmetric"),
			attrString("nearest_mode", beforeOpset11))
	}
	plans := resizePlans(n, v.dims)
	if isSpatial(v.dims) && !plans[0].changes() && !plans[1].changes() {
		original.out = []*value{b.resizePlane(n, v, plans)}
		return
	}
	x := b.plain(v)
	for at, p := range plans {
		if p.changes() {
			x = b.resizeAxis(x, at, b.resizeMatrix(n, p))
		}
	}
	original.out = []*value{newFromPlain(b.extrapolate(n, x, plans))}
}

// resizePlane changes the height and the width.
func (b *builder) resizePlane(n *node, v *value, plans []*resizePlan) *value {
	x := b.moveChannelsLast(v)
	batch, c := v.dims[0], v.dims[1]
	h, w := plans[2], plans[3]
	if h.changes() {
		x = b.matmul(b.resizeMatrix(n, h), b.reshape(x, batch, h.in, w.in*c))
	}
	if w.changes() {
		x = b.matmul(b.resizeMatrix(n, w), b.reshape(x, batch*h.out, w.in, c))
	}
	out := b.newFromLast(b.reshape(x, batch, h.out, w.out, c))
	if len(h.beyond)+len(w.beyond) > 0 {
		out = newFromPlain(b.extrapolate(n, b.plain(out), plans))
	}
	return out
}

// resizeAxis multiplies one axis by a matrix [out, in].
func (b *builder) resizeAxis(x ref, at int, matrix ref) ref {
	out, in := matrix.dims[0], matrix.dims[1]
	y := b.reshape(x, size(x.dims[:at]), in, size(x.dims[at+1:]))
	y = b.matmul(matrix, y)
	return b.reshape(y, replaceDim(x.dims, at, out)...)
}

// resizeMatrix returns the matrix of an axis, [out, in]. A large one is computed when it is needed.
func (b *builder) resizeMatrix(n *node, p *resizePlan) ref {
	dims := []int{p.out, p.in}
	if size(dims) <= foldLimit || p.cropped { // cropping must know at once what lies outside
		afford(size(dims))
		return b.floats(dims, p.weights(n))
	}
	probe := *p
	probe.out = 1
	probe.weights(n) // an unsupported attribute is reported now
	var name strings.Builder
	fmt.Fprintf(&name, "@resize %d to %d by %v", p.in, p.out, p.scale)
	for _, a := range n.Attribute {
		fmt.Fprintf(&name, " %s=%d,%g,%s,%v", a.Name, a.I, a.F, a.S, a.Ints)
	}
	return b.weight(name.String(), dims, func() []float32 { return p.weights(n) })
}

// extrapolate writes extrapolation_value where tf_crop_and_resize reads outside the picture.
func (b *builder) extrapolate(n *node, x ref, plans []*resizePlan) ref {
	for _, p := range plans {
		if len(p.beyond) == 0 {
			continue
		}
		mask := make([]float32, p.out)
		for _, o := range p.beyond {
			mask[o] = 1
		}
		dims := slices.Repeat([]int{1}, len(x.dims)-p.axis)
		dims[0] = p.out
		where := b.broadcastTo(b.floats(dims, mask), slices.Clone(x.dims))
		x = b.choose(b.numberToTruth(where), b.scalar(n.floatOr("extrapolation_value", 0)), x)
	}
	return x
}

// beforeOpset11 is onnxruntime's rounding for opsets without nearest_mode: down when it enlarges, up when it makes
// smaller.
const beforeOpset11 = "before opset 11"
