package onnxnorm

import (
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"
)

// MatMulNBits multiplies by a matrix whose weights have 2, 4 or 8 bits, as onnxruntime's quantiser writes language and
// vision transformers. Each row of weights makes one output. It is cut into blocks, each of which has a scale and a
// zero point, by default the middle of the numbers. A weight stands for scale * (q - zero).
var _ = register("com.microsoft.MatMulNBits", func(b *builder, n *node) {
	w := readNBits(n)
	y := b.apply(n, "MatMul", []*value{n.need(0), {dims: w.dims, konst: w}})
	if bias := n.input(5); bias != nil {
		y = b.pair("Add", y, bias)
	}
	n.out = []*value{y}
}, nil)

// nbits are the weights of a MatMulNBits as the file holds them.
type nbits struct {
	bits, columns, block, blocks int       // bits of a number; numbers of a row; of a block; blocks of a row
	packed, scales, zeros        []float32 // bytes; a scale and a zero point for each block
	group                        []int     // the block whose scale a column has; nil if they are in order
}

// readNBits returns the matrix [inputs, outputs] of a MatMulNBits.
func readNBits(n *node) *tensor {
	q := nbits{bits: n.intOr("bits", 4), columns: n.intOr("K", 0), block: n.intOr("block_size", 0)}
	rows := n.intOr("N", 0)
	if !slices.Contains([]int{2, 4, 8}, q.bits) || min(q.columns, rows, q.block) < 1 ||
		max(q.columns, q.block) > largest || q.block*q.bits%8 != 0 {
		failf("its %d weights of %d bits in blocks of %d cannot be read", q.columns, q.bits, q.block)
	}
	q.blocks = (q.columns + q.block - 1) / q.block
	if !isPlausible([]int{rows, q.blocks * q.block}) {
		failf("its %d rows of %d weights are more than can be read", rows, q.columns)
	}
	for i := 1; i <= 4; i++ {
		if v := n.input(i); v != nil && v.konst == nil {
			failf("its input %d is computed from the picture, and only a constant is supported there", i)
		}
	}
	packed, scales := n.need(1).konst, n.need(2).konst
	if size(packed.dims) != rows*q.blocks*q.block*q.bits/8 || size(scales.dims) != rows*q.blocks {
		failf("its weights have the shape %v and its scales %v, which are not those of %d rows of %d numbers in blocks of %d",
			packed.dims, scales.dims, rows, q.columns, q.block)
	}
	zeros, group := n.input(3), q.readGroup(n.input(4))
	q.checkZeros(zeros, rows)
	t := &tensor{dims: []int{q.columns, rows}, floats: func() []float32 {
		q := q
		q.packed, q.scales, q.zeros, q.group = packed.numbers(), scales.numbers(), q.readZeros(zeros, rows), group
		return q.matrix(rows)
	}}
	if packed.origin != "" {
		t.origin = deriveName(packed.origin, "@dequantised by "+n.Output[0])
	}
	return t
}

// readGroup returns the block of each column, if the file lists them.
func (q nbits) readGroup(v *value) []int {
	if v == nil {
		return nil
	}
	group := v.konst.toInts()
	if len(group) < q.columns || slices.ContainsFunc(group, func(g int) bool { return g < 0 || g >= q.blocks }) {
		failf("its input 4 lists blocks that do not exist, or of fewer than %d columns", q.columns)
	}
	return group
}

// zerosOfRow returns how many values hold the zero points of a row: a number each, or bytes.
func (q nbits) zerosOfRow(v *value) int {
	if v.dtype() == protos.TensorProto_UINT8 {
		return (q.blocks*q.bits + 7) / 8
	}
	return q.blocks
}

func (q nbits) checkZeros(v *value, rows int) {
	if v != nil && size(v.dims) != rows*q.zerosOfRow(v) {
		failf("its zero points have the shape %v, and %d rows of %d blocks are wanted", v.dims, rows, q.blocks)
	}
}

// readZeros returns the zero point of each block. They may be numbers, or packed as the weights are, those of a row
// into whole bytes.
func (q nbits) readZeros(v *value, rows int) []float32 {
	if v == nil {
		return slices.Repeat([]float32{float32(int(1) << (q.bits - 1))}, rows*q.blocks)
	}
	given := v.konst.numbers()
	if v.dtype() != protos.TensorProto_UINT8 {
		return given
	}
	bytes := q.zerosOfRow(v)
	out := make([]float32, 0, rows*q.blocks)
	for r := range rows {
		for k := range q.blocks {
			at := k * q.bits
			out = append(out, q.read(given[r*bytes:], at))
		}
	}
	return out
}

// read returns the number that begins at a bit of some bytes.
func (q nbits) read(bytes []float32, at int) float32 {
	return float32(int(bytes[at/8]) >> (at % 8) & (1<<q.bits - 1))
}

// matrix returns the weights, [columns, rows].
func (q nbits) matrix(rows int) []float32 {
	out := make([]float32, q.columns*rows)
	for r := range rows {
		for c := range q.columns {
			at := (r*q.blocks*q.block + c) * q.bits
			v := q.read(q.packed, at)
			block := c / q.block
			if q.group != nil {
				block = q.group[c]
			}
			k := r*q.blocks + block
			out[c*rows+r] = (v - q.zeros[k]) * q.scales[k]
		}
	}
	return out
}
