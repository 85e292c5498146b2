package onnxnorm

import "slices"

// These normalise by statistics of the picture itself, y = (x - mean) / sqrt(var + epsilon) * scale + bias.
var (
	// InstanceNormalization takes the statistics over the positions of each channel of each picture.
	_ = register("InstanceNormalization", func(b *builder, n *node) {
		v := n.need(0)
		rank := len(v.dims)
		if rank < 3 {
			failf("its input has the shape %v and no positions", v.dims)
		}
		epsilon := n.floatOr("epsilon", 1e-5)
		if isSpatial(v.dims) {
			x := b.normaliseOver(b.moveChannelsLast(v), []int{1, 2}, epsilon)
			n.out = []*value{b.newFromLast(b.affine(n, x, v.dims[1]))}
			return
		}
		x := b.normaliseOver(b.plain(v), countUp(rank)[2:], epsilon)
		n.out = []*value{newFromPlain(b.affine(n, x, v.dims[1], slices.Repeat([]int{1}, rank-2)...))}
	}, nil)

	// GroupNormalization takes the statistics over groups of neighbouring channels. Since opset 21 its scale and bias
	// have one value for each channel, before that one for each group.
	_ = register("GroupNormalization", func(b *builder, n *node) {
		v := n.need(0)
		groups := n.intOr("num_groups", 0)
		checkGroups(v.dims, groups)
		if !isSpatial(v.dims) {
			n.out = []*value{newFromPlain(b.groupNorm(n, b.plain(v), groups, b.opset >= 21))}
			return
		}
		batch, c, h, w := v.dims[0], v.dims[1], v.dims[2], v.dims[3]
		x := b.reshape(b.moveChannelsLast(v), batch, h, w, groups, c/groups)
		x = b.normaliseOver(x, []int{1, 2, 4}, n.floatOr("epsilon", 1e-5))
		if b.opset < 21 {
			x = b.reshape(b.affine(n, x, groups, 1), batch, h, w, c)
		} else {
			x = b.affine(n, b.reshape(x, batch, h, w, c), c)
		}
		n.out = []*value{b.newFromLast(x)}
	}, nil)
)

func checkGroups(dims []int, groups int) {
	if len(dims) < 3 || groups < 1 || dims[1]%groups != 0 {
		failf("its input has the shape %v, which does not make %d whole groups of channels", dims, groups)
	}
}

// groupNorm builds GroupNormalization of x over any number of axes. Its scale and bias have one value for each channel,
// or one for each group.
func (b *builder) groupNorm(n *node, x ref, groups int, eachChannel bool) ref {
	dims, batch, c := x.dims, x.dims[0], x.dims[1]
	rest := size(dims[2:])
	y := b.normaliseOver(b.reshape(x, batch, groups, c/groups*rest), []int{2}, n.floatOr("epsilon", 1e-5))
	if eachChannel {
		y = b.affine(n, b.reshape(y, batch, c, rest), c, 1)
	} else {
		y = b.affine(n, y, groups, 1)
	}
	return b.reshape(y, dims...)
}

// normaliseOver returns (x - mean) / sqrt(var + epsilon) over the given axes.
func (b *builder) normaliseOver(x ref, over []int, epsilon float32) ref {
	centred := b.centre(x, over)
	if size(permute(x.dims, over)) > longSum {
		centred = b.centre(centred, over)
	}
	variance := b.reduceRef("ReduceMean", b.binary("Mul", centred, centred), over)
	return b.binary("Div", centred, b.unary("Sqrt", b.binary("Add", variance, b.scalar(epsilon))))
}

// longSum is how many numbers a mean is taken of once. Of more it is taken twice, the second time of what the first has
// left: the gradient of a norm is what is left of numbers that are nearly equal, and a single mean in float32 leaves it
// few right digits.
const longSum = 1024

// centre returns x less its mean over the given axes.
func (b *builder) centre(x ref, over []int) ref {
	return b.binary("Sub", x, b.spreadBack(b.reduceRef("ReduceMean", x, over), x.dims, over))
}

// spreadBack brings a mean over some axes to the size of all of these axes but the first. The pure-Go backend then sums
// the gradient over one axis after another. Summed in one go, the gradient of a norm, which nearly cancels, would lose
// its digits.
func (b *builder) spreadBack(mean ref, dims, over []int) ref {
	if !b.pureGo || len(over) < 2 {
		return mean
	}
	for _, a := range over[1:] {
		to := slices.Clone(mean.dims)
		to[a] = dims[a]
		mean = b.broadcastTo(mean, to)
	}
	return mean
}

// affine returns x * scale + bias. Scale and bias are inputs 1 and 2 of the node; they must have the given length, and
// are followed by the axes ones.
func (b *builder) affine(n *node, x ref, length int, ones ...int) ref {
	for i, op := range []string{"Mul", "Add"} {
		v := n.need(i + 1)
		if size(v.dims) != length {
			failf("its input %d has the shape %v, and %d values are wanted", i+1, v.dims, length)
		}
		x = b.binary(op, x, b.reshape(b.plain(v), append([]int{length}, ones...)...))
	}
	return x
}
