package onnxnorm

import (
	"math"
	"slices"
)

// Reductions over axes.
var (
	_ = register("ReduceMean", func(b *builder, n *node) {
		reduce(b, n, func(x ref, over []int) ref {
			if n.in[0].kind() != whole {
				return b.reduceRef("ReduceMean", x, over)
			}
			sum := b.reduceRef("ReduceSum", x, over) // whole numbers have a whole mean, without the fraction
			return b.divideRounded(sum, b.scalar(float32(size(x.dims)/max(1, size(sum.dims)))), true)
		})
	}, nil)
	_ = registerReduce("ReduceSum", nil)
	_ = registerReduce("ReduceMax", nil)
	_ = registerReduce("ReduceMin", nil)
	_ = registerReduce("ReduceProd", (*builder).product)
	_ = registerReduce("ReduceL1",
		func(b *builder, x ref, over []int) ref { return b.reduceRef("ReduceSum", b.abs(x), over) })
	_ = registerReduce("ReduceL2",
		func(b *builder, x ref, over []int) ref { return b.root(b.reduceRef("ReduceSum", b.square(x), over)) })
	_ = registerReduce("ReduceSumSquare",
		func(b *builder, x ref, over []int) ref { return b.reduceRef("ReduceSum", b.square(x), over) })
	_ = registerReduce("ReduceLogSum",
		func(b *builder, x ref, over []int) ref { return b.log(b.reduceRef("ReduceSum", x, over)) })
	_ = registerReduce("ReduceLogSumExp", func(b *builder, x ref, over []int) ref {
		if slices.Contains(x.dims, 0) {
			return b.log(b.reduceRef("ReduceSum", b.exp(x), over))
		}
		// The largest value, at least -MaxFloat32, is subtracted, so that exp does not overflow.
		most := b.binary("Max", b.reduceRef("ReduceMax", x, over), b.scalar(-math.MaxFloat32))
		return b.add(most, b.log(b.reduceRef("ReduceSum", b.exp(b.sub(x, most)), over)))
	})
)

func registerReduce(op string, f func(b *builder, x ref, over []int) ref) bool {
	if f == nil {
		f = func(b *builder, x ref, over []int) ref { return b.reduceRef(op, x, over) }
	}
	return register(op, func(b *builder, n *node) { reduce(b, n, func(x ref, over []int) ref { return f(b, x, over) }) },
		nil)
}

// product multiplies the two halves of an axis until one entry is left, so that it has a derivative even if a factor is
// zero.
func (b *builder) product(x ref, over []int) ref {
	for _, at := range over {
		if x.dims[at] == 0 {
			x = b.fillConstant(replaceDim(x.dims, at, 1), 1)
		}
		for x.dims[at] > 1 {
			half, d := x.dims[at]/2, x.dims[at]
			y := b.mul(b.sliceAxis(x, at, 0, half), b.sliceAxis(x, at, half, 2*half))
			if d%2 != 0 {
				y = b.join(at, y, b.sliceAxis(x, at, d-1, d))
			}
			x = y
		}
	}
	return x
}

// replaceDim returns dims with another length on one axis.
func replaceDim(dims []int, at, length int) []int {
	out := slices.Clone(dims)
	out[at] = length
	return out
}

// reduce takes the axes from an attribute or an input, depending on the opset, and works on the layout that it is
// given.
func reduce(b *builder, n *node, f func(x ref, over []int) ref) {
	v := n.need(0)
	rank := len(v.dims)
	asked, _ := n.param(1, "axes")
	over := asked
	if len(over) == 0 {
		over = countUp(rank)
		if n.intOr("noop_with_empty_axes", 0) != 0 {
			over = nil
		}
	}
	over = axes(over, rank)
	keep := n.intOr("keepdims", 1) != 0

	if n.OpType == "ReduceMax" || n.OpType == "ReduceMin" {
		t := findTies(n, asked, rank)
		f = func(x ref, over []int) ref { return b.reduceExtreme(n.OpType, x, over, t) }
	}
	if isLast(v) {
		kept := f(v.last, moveAxesLast(over, rank))
		out := b.newFromLast(kept)
		if !keep {
			out = newFromPlain(b.reshape(b.plain(out), dropAxes(out.dims, over)...))
		}
		n.out = []*value{out}
		return
	}
	x := f(b.plain(v), over)
	if !keep {
		n.out = []*value{newFromPlain(b.reshape(x, dropAxes(x.dims, over)...))}
		return
	}
	n.out = []*value{markTail(newFromPlain(x), v)}
}

// reduceRef reduces and keeps the reduced axes as ones.
func (b *builder) reduceRef(op string, x ref, over []int) ref {
	dims := slices.Clone(x.dims)
	for _, a := range over {
		dims[a] = 1
	}
	if len(over) == 0 {
		return x
	}
	if slices.Contains(x.dims, 0) { // there is nothing to reduce
		return b.fillConstant(dims, map[string]float32{"ReduceMax": negInf, "ReduceMin": -negInf,
			"ReduceMean": float32(math.NaN())}[op])
	}
	if b.pureGo && len(over) > 1 && (op == "ReduceMean" || op == "ReduceSum") {
		// It adds one value after another, and loses less precision with one axis after another.
		return b.reduceRef(op, b.reduceRef(op, x, over[1:]), over[:1])
	}
	return b.emit(op, dims, []ref{x, b.ints(over...)}, attrInt("keepdims", 1))
}

// dropAxes drops the named axes.
func dropAxes(dims, drop []int) []int {
	out := []int{}
	for i, d := range dims {
		if !slices.Contains(drop, i) {
			out = append(out, d)
		}
	}
	return out
}
