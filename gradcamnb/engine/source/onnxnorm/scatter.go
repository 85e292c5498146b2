package onnxnorm

import "slices"

// ScatterElements and ScatterND write updates into a tensor, or with a reduction combine them with its values. The
// gradient goes to the updates, and to the data that remains.
var (
	_ = register("ScatterElements", scatterElements, nil)
	_ = register("Scatter", scatterElements, nil) // its name before opset 11
)

func scatterElements(b *builder, n *node) {
	x, index, updates := b.plain(n.need(0)), n.need(1), b.plain(n.need(2))
	at := axis(n.intOr("axis", 0), len(x.dims))
	if len(index.dims) != len(x.dims) || !slices.Equal(index.dims, updates.dims) {
		failf("its indices have the shape %v, its updates %v and its data %v", index.dims, updates.dims, x.dims)
	}
	// The place in the flat tensor is given by the index along its axis and by the update's own place along all others.
	step := strides(x.dims)
	own := make([]float32, afford(size(index.dims)))
	for i := range own {
		for a, k := range unravel(i, index.dims) {
			if a != at {
				own[i] += float32(k * step[a])
			}
		}
	}
	along := b.countIndicesUp(index, x.dims[at])
	place := b.add(b.scaleBy(along, float32(step[at])), b.floats(slices.Clone(index.dims), own))
	count := size(index.dims)
	flat := b.scatterRows(n, b.reshape(x, size(x.dims), 1), b.reshape(place, count, 1), b.reshape(updates, count, 1))
	n.out = []*value{newFromPlain(b.reshape(flat, x.dims...))}
}

// countIndicesUp returns an index as numbers from 0 on. A negative index counts from the end.
func (b *builder) countIndicesUp(index *value, length int) ref {
	if index.konst != nil {
		return b.numeric(wrap(index.konst, length))
	}
	return b.countFromStart(b.plain(index), length)
}

// countFromStart adds the length of an axis to negative indices, which count from its end.
func (b *builder) countFromStart(i ref, length int) ref {
	return b.choose(b.binary("Less", i, b.scalar(0)), b.offset(i, float32(length)), i)
}

// scatterRows writes updates [m, k] to rows of x [n, k], or combines them with these. places [m, 1] are whole numbers.
func (b *builder) scatterRows(n *node, x, places, updates ref) ref {
	index := b.indices(places)
	switch how := n.stringOr("reduction", "none"); how {
	case "add", "max", "min":
		return b.scatterNumbers(x, index, updates, how)
	case "mul":
		// A sum of logarithms would only work for positive numbers. So each row has a column that marks its updates.
		if x.dims[0]*updates.dims[0]*x.dims[1] > foldLimit*64 {
			failf("its reduction mul of %d updates into %d rows is too large", updates.dims[0], x.dims[0])
		}
		its := b.binary("Equal", b.reshape(b.countAlong(x.dims[0], 1), 1, x.dims[0]), places)
		its = b.reshape(b.truthToNumber(its), its.dims[0], its.dims[1], 1)
		factors := b.choose(b.numberToTruth(its), b.reshape(updates, updates.dims[0], 1, updates.dims[1]), b.scalar(1))
		return b.mul(x, b.reshape(b.product(factors, []int{0}), x.dims...))
	case "none":
		return b.overwriteRows(x, index, updates)
	default:
		failf("the reduction %q is not known", how)
	}
	return ref{}
}

// overwriteRows writes updates [m, k] to rows of x [n, k]. Of several updates for one row the last one stays: ONNX does
// not say which, and onnxruntime writes them in turn. index [m, 1] holds integers.
func (b *builder) overwriteRows(x, index, updates ref) ref {
	turns := b.offset(b.reshape(b.countAlong(afford(updates.dims[0]), 1), updates.dims[0], 1), 1)
	last := b.scatterNumbers(b.fillConstant([]int{x.dims[0], 1}, 0), index, turns, "max") // 0 if nothing is written
	its := b.emit("Gather", turns.dims, []ref{b.reshape(last, x.dims[0]), index}, attrInt("axis", 0))
	stays := b.choose(b.binary("Equal", its, turns), updates, b.scalar(0))
	written := b.scatterNumbers(b.fillConstant(slices.Clone(x.dims), 0), index, stays, "add")
	return b.choose(b.binary("Greater", last, b.scalar(0)), written, x)
}

// scatterNumbers combines updates with rows of x.
func (b *builder) scatterNumbers(x, index, updates ref, how string) ref {
	return b.emit("ScatterND", slices.Clone(x.dims), []ref{x, index, updates}, attrString("reduction", how))
}
