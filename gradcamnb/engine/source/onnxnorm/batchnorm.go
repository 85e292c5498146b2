package onnxnorm

import (
	"math"
	"sync"
)

// BatchNormalization at inference is one multiply and one add a channel,
//
//	y = x * s + (bias - mean*s),  s = scale / sqrt(var + epsilon),
//
// with both vectors computed when the weights are loaded.
var _ = register("BatchNormalization", func(b *builder, n *node) {
	if n.intOr("training_mode", 0) != 0 {
		failf("it is in training mode: export the model in evaluation mode")
	}
	v := n.need(0)
	var p [4]*tensor
	for i := range p {
		if p[i] = n.need(i + 1).konst; p[i] == nil {
			failf("its input %d is computed from the picture, and only a constant is supported there", i+1)
		}
	}
	scale, bias, mean, variance := p[0], p[1], p[2], p[3]
	epsilon := float64(n.floatOr("epsilon", 1e-5))
	factors := sync.OnceValue(func() []float64 {
		out, s, v := make([]float64, size(scale.dims)), scale.floats(), variance.floats()
		for i := range out {
			out[i] = float64(s[i]) / math.Sqrt(float64(v[i])+epsilon)
		}
		return out
	})
	name := n.Output[0]
	channels := size(scale.dims)
	mul := b.weight(name+"@factor", []int{channels}, func() []float32 {
		return convert(factors(), func(f float64) float32 { return float32(f) })
	})
	add := b.weight(name+"@shift", []int{channels}, func() []float32 {
		out, shift, m := make([]float32, channels), bias.floats(), mean.floats()
		for i, f := range factors() {
			out[i] = float32(float64(shift[i]) - float64(m[i])*f)
		}
		return out
	})
	if spatial(v.dims) {
		n.out = []*value{b.fromLast(b.binary("Add", b.binary("Mul", b.lastOf(v), mul), add))}
		return
	}
	if len(v.dims) != 2 {
		failf("its input has the shape %v, and only [batch, channels] and [batch, channels, h, w] are supported", v.dims)
	}
	n.out = []*value{fromPlain(b.binary("Add", b.binary("Mul", b.plain(v), mul), add))}
}, nil)
