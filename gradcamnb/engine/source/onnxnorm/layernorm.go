package onnxnorm

// LayerNormalization is left as it is, since its gradient is right on both backends. In pictures it is sealed off from
// the operators around it. XLA would otherwise compute its input again for each of the three times that it is read.
// From about a million values on, it would also join the norm with the products and activations before and after it
// into one pipeline of YNNPACK, which takes longer than they do apart.
var _ = register("LayerNormalization", func(b *builder, n *node) {
	x := b.plain(n.need(0))
	if len(n.Output) > 1 || axis(n.intOr("axis", -1), len(x.dims)) != len(x.dims)-1 {
		b.layerNormParts(n)
		return
	}
	if isSpatial(x.dims) {
		x = b.padSealed(x, window{})
	}
	in := []ref{x, b.plain(n.need(1))}
	if v := n.input(2); v != nil {
		in = append(in, b.plain(v))
	}
	y := b.emit("LayerNormalization", x.dims, in, n.Attribute...)
	if isSpatial(y.dims) && size(y.dims) >= joinedNorm {
		y = b.padSealed(y, window{})
	}
	n.out = []*value{markTail(newFromPlain(y), n.in[0])}
}, nil)

// joinedNorm is the number of values from which XLA joins what follows a layer norm to it: for ConvNeXt-T in a batch of
// 8 [8, 28, 28, 192], but not [8, 14, 14, 384].
const joinedNorm = 1 << 20
