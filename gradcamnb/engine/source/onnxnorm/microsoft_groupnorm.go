package onnxnorm

import "slices"

// GroupNorm and SkipGroupNorm of domain com.microsoft are GroupNormalization with the channels last, unless told
// otherwise, and with a scale and a shift a channel, before SiLU or nothing. The second norms the sum of its input, of
// skip and of a bias a channel, and hands the sum on.
var (
	_ = register("com.microsoft.GroupNorm", func(b *builder, n *node) {
		n.out = []*value{b.groupNormOf(n, b.moveChannelsSecond(n, n.need(0)))}
	}, nil)
	_ = register("com.microsoft.SkipGroupNorm", func(b *builder, n *node) {
		sum := b.applyStandard(n, "Add", []*value{n.need(0), b.spreadChannels(n, n.need(3))})
		if bias := n.input(4); bias != nil {
			sum = b.applyStandard(n, "Add", []*value{sum, b.spreadChannels(n, bias)})
		}
		n.out = []*value{b.groupNormOf(n, b.moveChannelsSecond(n, sum)), sum}
	}, nil)
)

// moveChannelsSecond returns a node's input as [batch, channels, ...]. An input with too few axes stays as it is, and
// is refused later.
func (b *builder) moveChannelsSecond(n *node, v *value) *value {
	if n.intOr("channels_last", 1) == 0 || len(v.dims) < 3 {
		return v
	}
	return b.applyStandard(n, "Transpose", []*value{v}, attrInts("perm", inverse(channelsLast(len(v.dims)))))
}

// spreadChannels adds axes of length 1 to [batch, channels] or [channels], so that it has as many axes as the node's
// input. It returns any other shape as it is.
func (b *builder) spreadChannels(n *node, v *value) *value {
	rank := len(n.need(0).dims)
	if len(v.dims) < 1 || len(v.dims) > 2 || rank < 3 {
		return v
	}
	dims, last := slices.Repeat([]int{1}, rank), len(v.dims)-1
	at := rank - 1
	if n.intOr("channels_last", 1) == 0 {
		at = 1
	}
	dims[at] = v.dims[last]
	if last == 1 {
		dims[0] = v.dims[0]
	}
	return newFromPlain(b.reshape(b.plain(v), dims...))
}

func (b *builder) groupNormOf(n *node, v *value) *value {
	x, groups := b.plain(v), n.intOr("groups", 0)
	checkGroups(x.dims, groups)
	y := b.groupNorm(n, x, groups, true)
	if n.intOr("activation", 0) == 1 {
		y = b.mul(y, b.unary("Sigmoid", y))
	}
	out := newFromPlain(y)
	if n.intOr("channels_last", 1) != 0 {
		out = b.applyStandard(n, "Transpose", []*value{out}, attrInts("perm", channelsLast(len(v.dims))))
	}
	return out
}
