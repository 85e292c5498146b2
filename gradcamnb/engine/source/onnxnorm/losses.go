package onnxnorm

import "slices"

// These are losses, which some exports have at their end. Labels are constants or computed; a label equal to
// ignore_index does not count.
var (
	_ = register("NegativeLogLikelihoodLoss", func(b *builder, n *node) {
		n.out = []*value{newFromPlain(b.likelihoodLoss(n, b.plain(n.need(0))))}
	}, nil)
	_ = register("SoftmaxCrossEntropyLoss", func(b *builder, n *node) {
		logs := b.logSoftmax(b.plain(n.need(0)), 1)
		n.out = []*value{newFromPlain(b.likelihoodLoss(n, logs)), newFromPlain(logs)}
	}, nil)
)

// likelihoodLoss returns -w[label] * logs[label] at each place, their sum, or the sum divided by that of the weights
// that count.
func (b *builder) likelihoodLoss(n *node, logs ref) ref {
	label := b.plain(n.need(1))
	classes := logs.dims[1]
	dims := slices.Insert(slices.Clone(label.dims), 1, 1)
	label = b.reshape(label, dims...)
	weights := b.fillConstant([]int{classes}, 1)
	if w := n.input(2); w != nil {
		weights = b.plain(w)
	}
	shape := slices.Repeat([]int{1}, len(logs.dims))
	shape[1] = classes
	// This is one at the label's class, and zero everywhere if the label is ignored.
	on := b.compare("Equal", b.broadcastTo(b.countAlong(classes, len(dims)-1), logs.dims), b.broadcastTo(label, logs.dims))
	if a := n.attr("ignore_index"); a != nil {
		ignored := b.compare("Equal", label, b.scalar(float32(a.I)))
		on = b.mul(on, b.sub(b.scalar(1), ignored))
	}
	weight := b.reduceRef("ReduceSum", b.mul(on, b.reshape(weights, shape...)), []int{1})
	picked := b.choose(b.numberToTruth(on), logs, b.scalar(0))
	loss := b.neg(b.mul(weight, b.reduceRef("ReduceSum", picked, []int{1})))
	all := countUp(len(dims))
	switch n.stringOr("reduction", "mean") {
	case "none":
		return b.reshape(loss, n.in[1].dims...)
	case "sum":
		return b.reshape(b.reduceRef("ReduceSum", loss, all))
	}
	return b.reshape(b.div(b.reduceRef("ReduceSum", loss, all), b.reduceRef("ReduceSum", weight, all)))
}
