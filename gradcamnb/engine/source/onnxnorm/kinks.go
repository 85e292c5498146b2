package onnxnorm

import (
	"slices"
	"strings"
)

// These piecewise functions have the derivative that torch takes where their pieces meet. After a Relu half of all
// cells lie at such a place. docs/kinks.md lists all of them, with their values.
//
// If no gradient is taken they are the plain operators, which are quicker.

// extreme returns max(x, y) or min(x, y). Where the operands are equal, it sends a half of its gradient to each, as
// torch.maximum does. It is the mean of two selections, each of which sends the whole gradient to one operand.
func (b *builder) extreme(op string, x, y ref) ref {
	if !b.differentiable {
		return b.binary(op, x, y)
	}
	beyond := map[string]string{"Max": "Greater", "Min": "Less"}[op]
	return b.applyBroadcast(x, y, func(x, y ref, dims []int) ref {
		one := b.emit("Where", dims, []ref{b.emit(beyond, dims, []ref{x, y}), x, y})
		other := b.emit("Where", dims, []ref{b.emit(beyond, dims, []ref{y, x}), y, x})
		return b.binary("Add", b.scaleBy(one, 0.5), b.scaleBy(other, 0.5))
	})
}

// abs returns |x| with the derivative 0 at 0.
func (b *builder) abs(x ref) ref {
	if !b.differentiable {
		return b.unary("Abs", x)
	}
	below := b.emit("Where", x.dims, []ref{b.isZero(x), b.scalar(0), b.unary("Neg", x)})
	return b.selectPositive(x, x, below)
}

// root returns sqrt(x) with the derivative 0 at 0. The derivative of torch's sqrt is infinite there, which would leave
// nothing of a map; torch's norms and standard deviations have 0, too.
func (b *builder) root(x ref) ref {
	return b.applyExceptZero(x, b.scalar(0), func(x ref) ref { return b.unary("Sqrt", x) })
}

// applyExceptZero returns f(x), or atZero where x is 0. f and its derivative are not evaluated there.
func (b *builder) applyExceptZero(x, atZero ref, f func(x ref) ref) ref {
	if !b.differentiable {
		return f(x)
	}
	zero := b.isZero(x)
	y := f(b.emit("Where", x.dims, []ref{zero, b.scalar(1), x}))
	return b.emit("Where", y.dims, []ref{zero, atZero, y})
}

func (b *builder) isZero(x ref) ref { return b.emit("Equal", x.dims, []ref{x, b.scalar(0)}) }

// ties tells which of several equal values gets the gradient of ReduceMax and ReduceMin.
type ties int

const (
	tiesShare ties = iota // all, each an equal part
	tiesFirst             // the first in row-major order
)

// reduceExtreme emits ReduceMax or ReduceMin over axes, which are kept with length 1. The axes are in the file's order,
// which decides which value is the first.
//
//	share:  SUM (x where x = max x, else 0) / COUNT (x = max x)
//	first:  SUM (x where it is the first with x = max x, else 0)
func (b *builder) reduceExtreme(op string, x ref, over []int, t ties) ref {
	most := b.reduceRef(op, x, over)
	if !b.differentiable {
		return most
	}
	tied := b.emit("Equal", x.dims, []ref{x, most})
	if t == tiesShare {
		one := b.emit("Where", x.dims, []ref{tied, b.scalar(1), b.scalar(0)})
		sum := b.reduceRef("ReduceSum", b.emit("Where", x.dims, []ref{tied, x, b.scalar(0)}), over)
		return b.binary("Div", sum, b.reduceRef("ReduceSum", one, over))
	}
	places, count := places(x.dims, over)
	place := b.floats(places.dims, places.floats())
	first := b.reduceRef("ReduceMin", b.emit("Where", x.dims, []ref{tied, place, b.scalar(count)}), over)
	chosen := b.emit("Equal", x.dims, []ref{place, first})
	return b.reduceRef("ReduceSum", b.emit("Where", x.dims, []ref{chosen, x, b.scalar(0)}), over)
}

// places numbers the cells of the given axes in row-major order, as a constant that is the same along all other axes.
// count is the number of these cells.
func places(dims, over []int) (numbers *tensor, count float32) {
	shape, along := slices.Repeat([]int{1}, len(dims)), 1
	for _, a := range slices.Backward(over) {
		shape[a] = dims[a]
	}
	values := make([]float32, afford(size(shape)))
	inShape := strides(shape)
	for _, a := range slices.Backward(over) {
		for i := range values {
			values[i] += float32(i / inShape[a] % dims[a] * along)
		}
		along *= dims[a]
	}
	return floatTensor(shape, values), float32(along)
}

// findTies finds out which call of torch a ReduceMax or ReduceMin was. The newer exporter writes the call into the
// node: amax and amin share the gradient, and max(x, dim) and min(x, dim) choose one value. Adaptive pooling, written
// as amax over the axes [-2, -1], chooses the first value, too. The older exporter writes the same node for all of
// these. Then a ReduceMax over one axis counts as max(x, dim), over several as amax, and a ReduceMin as amin.
func findTies(n *node, asked []int, rank int) ties {
	call, _ := torchCall(n)
	switch {
	case strings.HasPrefix(call, "amax"):
		pooled := rank > 2 && slices.Equal(asked, convert(countUp(rank-2), func(i int) int { return i - (rank - 2) }))
		if pooled && n.intOr("keepdims", 1) != 0 {
			return tiesFirst
		}
		return tiesShare
	case strings.HasPrefix(call, "amin"), call == "max.default", call == "min.default",
		n.OpType == "ReduceMin" && call == "":
		return tiesShare
	case strings.HasPrefix(call, "max.dim"), strings.HasPrefix(call, "min.dim"), len(asked) == 1:
		return tiesFirst
	}
	return tiesShare
}

// torchCall returns the operator of torch that the newer exporter made a node from, such as "amax.default", and its
// arguments; both are empty if the file does not say.
func torchCall(n *node) (call, args string) {
	for _, m := range n.MetadataProps {
		if m.Key == "pkg.torch.onnx.fx_node" {
			_, rest, _ := strings.Cut(m.Value, "torch.ops.aten.")
			call, args, _ = strings.Cut(rest, "]")
			return call, args
		}
	}
	return "", ""
}

// clampsToNumber tells whether a Max or Min is torch.clamp with a number, as torch's newer exporter writes it. Its
// derivative at that number is 0, and not a half as torch.maximum's is.
func clampsToNumber(n *node) bool {
	call, args := torchCall(n)
	return strings.HasPrefix(call, "clamp") &&
		(!strings.Contains(call, "Tensor") || strings.Contains(args, "scalar_tensor"))
}
