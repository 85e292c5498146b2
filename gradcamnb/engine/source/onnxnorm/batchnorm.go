package onnxnorm

import (
	"math"
	"slices"
)

// BatchNormalization of [batch, channels, ...] is, for each channel,
//
//	y = (x - mean) / sqrt(var + epsilon) * scale + bias.
//
// The running statistics are vectors, which become weights. A layer without them (torch's track_running_stats=False,
// and standardised weights) takes the statistics of its input, for each picture alone. That is the network's answer to
// the picture if it gets no other one at the same time, as in an explanation.
var _ = register("BatchNormalization", func(b *builder, n *node) {
	v := n.need(0)
	if len(v.dims) < 2 {
		failf("its input has the shape %v, and [batch, channels, ...] is wanted", v.dims)
	}
	numbers := v.dims[1]
	if n.normalisesEach() {
		numbers = size(v.dims[1:])
	}
	for i := 1; i <= 4; i++ {
		if size(n.need(i).dims) != numbers {
			failf("its input %d has the shape %v, and its data %d numbers to normalise", i, n.in[i].dims, numbers)
		}
	}
	running := n.in[3].konst != nil && n.in[4].konst != nil
	early := b.opset < 7 && n.attr("is_test") != nil && n.intOr("is_test", 0) == 0
	switch training := early || n.intOr("training_mode", 0) != 0; {
	case training && running && v.konst == nil:
		failf("it is in training mode, in which it normalises by the batch and not by the statistics that were learnt: export the model after model.eval()")
	case n.normalisesEach():
		n.out = []*value{b.normaliseEach(n)}
	case training:
		b.computeStatistics(n)
	case running && n.in[1].konst != nil && n.in[2].konst != nil:
		b.useRunningStatistics(n)
	default:
		b.useGivenStatistics(n)
	}
}, nil)

// normalisesEach tells whether a batch norm has statistics for each number of a picture and not for each channel, which
// there was before opset 9.
func (n *node) normalisesEach() bool { return n.intOr("spatial", 1) == 0 }

// normaliseEach normalises each number of a picture by its own statistics.
func (b *builder) normaliseEach(n *node) *value {
	combine := func(op string, x, y *value) *value { return b.applyStandard(n, op, []*value{x, y}) }
	epsilon := &value{dims: []int{}, konst: floatTensor([]int{}, []float32{n.floatOr("epsilon", 1e-5)})}
	deviation := b.applyStandard(n, "Sqrt", []*value{combine("Add", n.need(4), epsilon)})
	normal := combine("Div", combine("Sub", n.need(0), n.need(3)), deviation)
	return combine("Add", combine("Mul", normal, n.need(1)), n.need(2))
}

// useRunningStatistics writes one multiplication and one addition,
//
//	y = x * s + (bias - mean*s),  s = scale / sqrt(var + epsilon),
//
// with both vectors computed when the weights are loaded.
func (b *builder) useRunningStatistics(n *node) {
	scale, variance := n.in[1].konst, n.in[4].konst
	epsilon := float64(n.floatOr("epsilon", 1e-5))
	channels := []int{size(scale.dims)}
	mul := b.weight(n.Output[0]+"@factor", channels, func() []float32 {
		out, s, v := make([]float32, channels[0]), scale.floats(), variance.floats()
		for i := range out {
			out[i] = float32(float64(s[i]) / math.Sqrt(float64(v[i])+epsilon))
		}
		return out
	})
	add := b.weight(n.Output[0]+"@shift", channels, biasOf(n))
	b.applyPerChannel(n, func(x ref, vector func(ref) ref, _ []int) ref {
		return b.binary("Add", b.binary("Mul", x, vector(mul)), vector(add))
	})
}

// useGivenStatistics uses statistics that other nodes compute.
func (b *builder) useGivenStatistics(n *node) {
	if b.batch > 1 && n.in[3].konst == nil {
		failf("its statistics are computed from all %d pictures of a batch at once: explain one picture at a time", b.batch)
	}
	b.applyPerChannel(n, func(x ref, vector func(ref) ref, _ []int) ref {
		deviation := b.unary("Sqrt", b.binary("Add", b.plain(n.in[4]), b.scalar(n.floatOr("epsilon", 1e-5))))
		mean := vector(b.plain(n.in[3]))
		if isSpatial(n.in[0].dims) { // x has its channels last
			mean = b.spreadBack(b.reshape(mean, 1, 1, 1, size(mean.dims)), x.dims, []int{1, 2})
		}
		centred := b.binary("Sub", x, mean)
		return b.scaleAndBias(n, b.binary("Div", centred, vector(deviation)), vector)
	})
}

// computeStatistics computes the statistics of the layer's input.
func (b *builder) computeStatistics(n *node) {
	b.applyPerChannel(n, func(x ref, vector func(ref) ref, over []int) ref {
		if x.dims[0] == b.batch {
			over = over[1:]
		}
		if size(permute(x.dims, over)) == 1 {
			failf("it normalises each channel by the batch, and there is one value of each: the model can only be run on several pictures at once")
		}
		return b.scaleAndBias(n, b.normaliseOver(x, over, n.floatOr("epsilon", 1e-5)), vector)
	})
	for i := range n.Output[1:] { // the running statistics for further training
		n.out = append(n.out, n.in[3+i%2])
	}
}

func (b *builder) scaleAndBias(n *node, x ref, vector func(ref) ref) ref {
	return b.binary("Add", b.binary("Mul", x, vector(b.plain(n.in[1]))), vector(b.plain(n.in[2])))
}

// applyPerChannel sets the node's output to f(x, vector, over). vector brings one value for each channel to a shape
// that broadcasts to x. over are all axes of x except the channels'.
func (b *builder) applyPerChannel(n *node, f func(x ref, vector func(ref) ref, over []int) ref) {
	v := n.in[0]
	rank := len(v.dims)
	if isSpatial(v.dims) {
		n.out = []*value{b.newFromLast(f(b.moveChannelsLast(v), func(r ref) ref { return r }, []int{0, 1, 2}))}
		return
	}
	shape := append([]int{v.dims[1]}, slices.Repeat([]int{1}, rank-2)...)
	n.out = []*value{newFromPlain(f(b.plain(v), func(r ref) ref { return b.reshape(r, shape...) },
		slices.Concat([]int{0}, countUp(rank)[2:])))}
}
