package onnxnorm

import (
	"slices"
	"strings"
)

// Einsum multiplies any number of operands, two at a time, as matrix products. An axis is summed over as soon as
// nothing later needs it.
var _ = register("Einsum", func(b *builder, n *node) {
	equation := n.stringOr("equation", "")
	var ranks []int
	for i := range n.in {
		ranks = append(ranks, len(n.need(i).dims))
	}
	named, out := einsumAxes(equation, ranks)
	var operands []labelledTensor
	for i, axes := range named {
		operands = append(operands, b.diagonal(labelledTensor{b.plain(n.in[i]), axes}))
	}
	lengthsAgree(equation, operands)
	x := operands[0]
	for i, y := range operands[1:] {
		keep := slices.Clone(out)
		for _, later := range operands[i+2:] {
			keep = append(keep, later.axes...)
		}
		x = b.contract(x, y, keep)
	}
	x = b.sumExcept(x, out)
	perm := make([]int, len(out))
	for i, a := range out {
		if perm[i] = slices.Index(x.axes, a); perm[i] < 0 {
			failf("the equation %q makes an axis that no operand has", equation)
		}
	}
	n.out = []*value{newFromPlain(b.transpose(x.ref, perm))}
}, nil)

// labelledTensor is a tensor with a name for each axis, see [EinsumAxes].
type labelledTensor struct {
	ref
	axes []rune
}

// EinsumAxes returns a name for each axis of the operands of an Einsum, whose ranks are given, and for each axis of its
// result. The axes of an ellipsis, counted from the last, have the names -1, -2, ...; ok is false if the equation does
// not fit the operands.
func EinsumAxes(equation string, ranks []int) (operands [][]rune, result []rune, ok bool) {
	failed := attempt(func() { operands, result = einsumAxes(equation, ranks) })
	return operands, result, failed == nil
}

func einsumAxes(equation string, ranks []int) (operands [][]rune, result []rune) {
	equation = strings.ReplaceAll(equation, " ", "")
	left, right, explicit := strings.Cut(equation, "->")
	terms := strings.Split(left, ",")
	if len(terms) != len(ranks) {
		failf("the equation %q has %d operands, and %d are given", equation, len(terms), len(ranks))
	}
	for i, term := range terms {
		operands = append(operands, spellOut(term, ranks[i]))
	}
	return operands, einsumOutput(right, explicit, terms, operands)
}

// spellOut returns a term with its ellipsis written out, for a tensor of the given rank.
func spellOut(term string, rank int) []rune {
	before, after, dots := strings.Cut(term, "...")
	out := []rune(before)
	if dots {
		for i := rank - len(before) - len(after); i > 0; i-- {
			out = append(out, rune(-i))
		}
	}
	out = append(out, []rune(after)...)
	if len(out) != rank {
		failf("its term %q does not fit an operand of rank %d", term, rank)
	}
	return out
}

// einsumOutput returns the axes of the result. Those are the named ones or, without an arrow, the ellipsis and then
// every axis that occurs once, in alphabetical order.
func einsumOutput(right string, explicit bool, terms []string, operands [][]rune) []rune {
	dots := 0
	for _, axes := range operands {
		for _, a := range axes {
			dots = max(dots, -int(a))
		}
	}
	if explicit {
		count := dots + len(strings.Replace(right, "...", "", 1))
		if !strings.Contains(right, "...") {
			count = len(right)
		}
		return spellOut(right, count)
	}
	var out []rune
	for i := dots; i > 0; i-- {
		out = append(out, rune(-i))
	}
	all := []rune(strings.ReplaceAll(strings.Join(terms, ""), "...", ""))
	slices.Sort(all)
	for _, a := range all {
		if strings.Count(string(all), string(a)) == 1 {
			out = append(out, a)
		}
	}
	return out
}

func lengthsAgree(equation string, operands []labelledTensor) {
	length := map[rune]int{}
	for _, x := range operands {
		for i, a := range x.axes {
			if d, seen := length[a]; seen && d != x.dims[i] && d != 1 && x.dims[i] != 1 {
				failf("the equation %q gives the axis %c the lengths %d and %d", equation, a, d, x.dims[i])
			}
			length[a] = max(length[a], x.dims[i])
		}
	}
}

// diagonal joins two axes with the same name.
func (b *builder) diagonal(x labelledTensor) labelledTensor {
	for i := range x.axes {
		j := slices.Index(x.axes[i+1:], x.axes[i])
		if j < 0 {
			continue
		}
		j += i + 1
		d := x.dims[i]
		y := b.swapAxes(b.swapAxes(x.ref, i, 0), j, 1)
		rest := y.dims[2:]
		index := make([]int, d)
		for k := range index {
			index[k] = k * (d + 1)
		}
		y = b.take(b.reshape(y, slices.Concat([]int{d * d}, rest)...), 0, index)
		axes := slices.Clone(x.axes)
		axes[i], axes[0] = axes[0], axes[i]
		axes[j], axes[1] = axes[1], axes[j]
		return b.diagonal(labelledTensor{y, slices.Concat(axes[:1], axes[2:])})
	}
	return x
}

// sumExcept sums over the axes that are not kept.
func (b *builder) sumExcept(x labelledTensor, keep []rune) labelledTensor {
	var over []int
	var axes []rune
	for i, a := range x.axes {
		if slices.Contains(keep, a) {
			axes = append(axes, a)
		} else {
			over = append(over, i)
		}
	}
	if len(over) == 0 {
		return x
	}
	y := b.reduceRef("ReduceSum", x.ref, over)
	return labelledTensor{b.reshape(y, dropAxes(y.dims, over)...), axes}
}

// contract multiplies two tensors and sums over the axes that are not kept: as a product of
// matrices [shared, own, summed] x [shared, summed, own].
func (b *builder) contract(x, y labelledTensor, keep []rune) labelledTensor {
	x, y = b.sumExcept(x, append(slices.Clone(keep), y.axes...)), b.sumExcept(y, append(slices.Clone(keep), x.axes...))
	var shared, sum, ownX, ownY []rune
	for _, a := range x.axes {
		switch in := slices.Contains(y.axes, a); {
		case !in:
			ownX = append(ownX, a)
		case slices.Contains(keep, a):
			shared = append(shared, a)
		default:
			sum = append(sum, a)
		}
	}
	for _, a := range y.axes {
		if !slices.Contains(x.axes, a) {
			ownY = append(ownY, a)
		}
	}
	length := map[rune]int{}
	for _, t := range []labelledTensor{x, y} {
		for i, a := range t.axes {
			length[a] = max(length[a], t.dims[i])
		}
	}
	total := func(axes []rune) int {
		n := 1
		for _, a := range axes {
			n *= length[a]
		}
		return n
	}
	ordered := func(t labelledTensor, axes ...[]rune) ref {
		order := slices.Concat(axes...)
		perm, dims := make([]int, len(order)), make([]int, len(order))
		for i, a := range order {
			perm[i], dims[i] = slices.Index(t.axes, a), length[a]
		}
		return b.broadcastTo(b.transpose(t.ref, perm), dims)
	}
	left := b.reshape(ordered(x, shared, ownX, sum), total(shared), total(ownX), total(sum))
	right := b.reshape(ordered(y, shared, sum, ownY), total(shared), total(sum), total(ownY))
	axes := slices.Concat(shared, ownX, ownY)
	dims := make([]int, len(axes))
	for i, a := range axes {
		dims[i] = length[a]
	}
	return labelledTensor{b.reshape(b.matmul(left, right), dims...), axes}
}
