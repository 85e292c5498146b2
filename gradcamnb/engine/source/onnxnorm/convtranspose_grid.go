package onnxnorm

import (
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"
)

// convTransposeGrid builds a transposed convolution over any number of axes, whose kernel may be computed from the
// picture: a convolution by the reversed kernel of the input with zeros between its cells.
func convTransposeGrid(b *builder, n *node) {
	x, k := b.plain(n.need(0)), b.plain(n.need(1))
	groups, count := n.intOr("group", 1), len(x.dims)-2
	if count < 1 || len(k.dims) != len(x.dims) || groups < 1 || x.dims[1] != k.dims[0] || k.dims[0]%groups != 0 {
		failf("its input has the shape %v, and its kernel %v in %d groups does not fit", x.dims, k.dims, groups)
	}
	stride, dilate, begin, end := readTransposedAxes(n, x.dims[2:], k.dims[2:])
	before, after := make([]int, len(x.dims)), make([]int, len(x.dims))
	for i := range count {
		x = b.insertZeros(x, 2+i, stride[i])
		k = b.reverse(k, 2+i)
		reach := (k.dims[2+i] - 1) * dilate[i]
		before[2+i], after[2+i] = reach-begin[i], reach-end[i]
	}
	x = b.padWith(x, before, after, 0)
	// [in, out/g, ...] -> [g, in/g, out/g, ...] -> [g, out/g, in/g, ...] -> [out, in/g, ...]
	in, out, spatial := k.dims[0]/groups, k.dims[1], k.dims[2:]
	k = b.swapAxes(b.reshape(k, slices.Concat([]int{groups, in, out}, spatial)...), 1, 2)
	k = b.reshape(k, slices.Concat([]int{groups * out, in}, spatial)...)
	c := &node{
		NodeProto: &protos.NodeProto{OpType: "Conv", Name: n.Name, Output: n.Output,
			Attribute: []*protos.AttributeProto{attrInt("group", groups), attrInts("dilations", dilate)}},
		in: []*value{newFromPlain(x), newFromPlain(k), n.input(2)},
	}
	convGrid(b, c)
	n.out = c.out
}

// insertZeros puts zeros between the entries of an axis, so that neighbours are stride places apart.
func (b *builder) insertZeros(x ref, at, stride int) ref {
	if stride == 1 {
		return x
	}
	wide := slices.Insert(slices.Clone(x.dims), at+1, 1)
	after := make([]int, len(wide))
	after[at+1] = stride - 1
	y := b.pad(b.reshape(x, wide...), make([]int, len(wide)), after, 0)
	y = b.reshape(y, replaceDim(x.dims, at, x.dims[at]*stride)...)
	return b.sliceAxis(y, at, 0, (x.dims[at]-1)*stride+1)
}
