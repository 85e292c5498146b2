package onnxnorm

import "github.com/gomlx/compute-onnx/support/protos"

// RNN, GRU (Cho et al. 2014) and LSTM (Hochreiter and Schmidhuber 1997) are unrolled. Their gates are in ONNX's order.
var (
	_ = register("RNN", func(b *builder, n *node) { b.recurrent(n, 1, []string{"Tanh"}, rnnStep) }, nil)
	_ = register("GRU", func(b *builder, n *node) { b.recurrent(n, 3, []string{"Sigmoid", "Tanh"}, gruStep) }, nil)
	_ = register("LSTM", func(b *builder, n *node) { b.recurrent(n, 4, []string{"Sigmoid", "Tanh", "Tanh"}, lstmStep) },
		nil)
)

// cell is one direction of a recurrent layer.
type cell struct {
	n       *node
	hidden  int
	gates   int
	r       ref // [hidden, gates*hidden]
	wb, rb  ref // biases [gates*hidden]
	peep    ref // peepholes of an LSTM [3*hidden]
	acts    []func(x ref) ref
	clipped float32
}

// state is carried from step to step, [b, hidden]. Only LSTM has c.
type state struct{ h, c ref }

// step returns the state after one entry, given x W' [b, gates*hidden].
type step func(b *builder, k *cell, x ref, s state) state

func (b *builder) recurrent(n *node, gates int, acts []string, f step) {
	x := b.plain(n.need(0))
	batchFirst := n.intOr("layout", 0) != 0
	if len(x.dims) != 3 {
		failf("its input has the shape %v", x.dims)
	}
	if batchFirst {
		x = b.swapAxes(x, 0, 1)
	}
	length, batch := x.dims[0], x.dims[1]
	hidden := n.intOr("hidden_size", n.need(2).dims[2])
	directions := n.need(1).dims[0]
	var ys, hs, cs []ref
	for d := range directions {
		k := b.newCell(n, d, gates, hidden, acts)
		w := b.takeEntry(b.plain(n.need(1)), 0, d)
		all := b.reshape(b.matmul(b.reshape(x, length*batch, x.dims[2]), b.swapAxes(w, 0, 1)), length, batch, gates*hidden)
		dims := []int{batch, hidden}
		s := state{b.initialState(n, 5, d, dims, batchFirst), b.initialState(n, 6, d, dims, batchFirst)}
		back := d == 1 || n.stringOr("direction", "forward") == "reverse"
		outs := make([]ref, length)
		for i := range length {
			t := i
			if back {
				t = length - 1 - i
			}
			next := f(b, k, b.takeEntry(all, 0, t), s)
			outs[t], s = b.stopAtLength(n, t, next, s)
		}
		for t := range outs {
			outs[t] = b.reshape(outs[t], 1, 1, batch, hidden)
		}
		ys = append(ys, b.join(0, outs...))
		hs, cs = append(hs, b.reshape(s.h, 1, batch, hidden)), append(cs, b.reshape(s.c, 1, batch, hidden))
	}
	y, h, c := b.join(1, ys...), b.join(0, hs...), b.join(0, cs...)
	if batchFirst {
		y, h, c = b.transpose(y, []int{2, 0, 1, 3}), b.swapAxes(h, 0, 1), b.swapAxes(c, 0, 1)
	}
	n.out = []*value{newFromPlain(y), newFromPlain(h), newFromPlain(c)}
}

// initialState returns the state [batch, hidden] that an input gives, or zeros.
func (b *builder) initialState(n *node, i, direction int, dims []int, batchFirst bool) ref {
	if n.input(i) == nil || i == 6 && n.OpType != "LSTM" {
		return b.fillConstant(dims, 0)
	}
	x := b.plain(n.need(i))
	if batchFirst {
		x = b.swapAxes(x, 0, 1)
	}
	return b.takeEntry(x, 0, direction)
}

// stopAtLength returns the output and the state at entry t. After the end of a sequence the output is zero and the
// state stays as it is.
func (b *builder) stopAtLength(n *node, t int, next, s state) (ref, state) {
	lengths := n.input(4)
	if lengths == nil {
		return next.h, next
	}
	l := b.plain(lengths)
	within := b.binary("Greater", b.reshape(l, size(l.dims), 1), b.scalar(float32(t)))
	out := b.choose(within, next.h, b.scalar(0))
	return out, state{b.choose(within, next.h, s.h), b.choose(within, next.c, s.c)}
}

func (b *builder) newCell(n *node, d, gates, hidden int, acts []string) *cell {
	k := &cell{n: n, hidden: hidden, gates: gates, clipped: n.floatOr("clip", 0)}
	k.r = b.swapAxes(b.takeEntry(b.plain(n.need(2)), 0, d), 0, 1)
	if bias := n.input(3); bias != nil {
		all := b.takeEntry(b.plain(bias), 0, d)
		k.wb, k.rb = b.sliceAxis(all, 0, 0, gates*hidden), b.sliceAxis(all, 0, gates*hidden, 2*gates*hidden)
	} else {
		k.wb, k.rb = b.fillConstant([]int{gates * hidden}, 0), b.fillConstant([]int{gates * hidden}, 0)
	}
	if p := n.input(7); p != nil && n.OpType == "LSTM" {
		k.peep = b.takeEntry(b.plain(p), 0, d)
	}
	names := acts
	if a := n.attr("activations"); a != nil {
		names = convert(a.Strings, func(s []byte) string { return string(s) })
		names = names[min(d*len(acts), len(names)-len(acts)):]
	}
	alpha, beta := n.floatsOr("activation_alpha"), n.floatsOr("activation_beta")
	for i := range acts {
		at := d*len(acts) + i
		k.acts = append(k.acts, b.recurrentActivation(names[i], entryOrNil(alpha, at), entryOrNil(beta, at)))
	}
	return k
}

func (n *node) floatsOr(name string) []float32 {
	if a := n.attr(name); a != nil {
		return a.Floats
	}
	return nil
}

// entryOrNil returns entry i, or nil.
func entryOrNil(values []float32, i int) *float32 {
	if i >= len(values) {
		return nil
	}
	return &values[i]
}

// recurrentActivation returns one of the functions that the attribute activations names. Most are operators, with their
// defaults.
func (b *builder) recurrentActivation(name string, alpha, beta *float32) func(x ref) ref {
	or := func(p *float32, def float32) float32 {
		if p != nil {
			return *p
		}
		return def
	}
	switch name {
	case "Affine":
		return func(x ref) ref { return b.offset(b.scaleBy(x, or(alpha, 1)), or(beta, 0)) }
	case "ScaledTanh":
		return func(x ref) ref { return b.scaleBy(b.unary("Tanh", b.scaleBy(x, or(beta, 1))), or(alpha, 1)) }
	case "Tanh", "Sigmoid":
		return func(x ref) ref { return b.unary(name, x) }
	case "Relu", "LeakyRelu", "ThresholdedRelu", "HardSigmoid", "Elu", "Softsign", "Softplus":
		n := &node{NodeProto: &protos.NodeProto{}}
		for key, p := range map[string]*float32{"alpha": alpha, "beta": beta} {
			if p != nil {
				n.Attribute = append(n.Attribute, attrFloat(key, *p))
			}
		}
		return func(x ref) ref { return b.plain(b.apply(n, name, []*value{newFromPlain(x)})) }
	}
	failf("its activation %q is not known", name)
	return nil
}

// clip bounds the input of an activation to -clip..clip.
func (k *cell) clip(b *builder, x ref) ref {
	if k.clipped <= 0 {
		return x
	}
	return b.clipHigh(b.clipLow(x, -k.clipped), k.clipped)
}

// gate returns the columns of gate i of [.., gates*hidden].
func (k *cell) gate(b *builder, x ref, i int) ref {
	return b.sliceAxis(x, len(x.dims)-1, i*k.hidden, (i+1)*k.hidden)
}

// rnnStep computes h' = f(x W' + h R' + b).
func rnnStep(b *builder, k *cell, x ref, s state) state {
	z := b.add(b.add(x, b.matmul(s.h, k.r)), b.add(k.wb, k.rb))
	return state{k.acts[0](k.clip(b, z)), s.c}
}

// gruStep computes z, r = f(...); h~ = g(x W' + r (h R' + b) or (r h) R' + b); h' = (1 - z) h~ + z h.
func gruStep(b *builder, k *cell, x ref, s state) state {
	x = b.add(x, k.wb)
	gate := func(i int) ref {
		z := b.add(k.gate(b, x, i), b.add(b.matmul(s.h, k.gate(b, k.r, i)), k.gate(b, k.rb, i)))
		return k.acts[0](k.clip(b, z))
	}
	z, r := gate(0), gate(1)
	var inner ref
	if k.n.intOr("linear_before_reset", 0) != 0 {
		inner = b.mul(r, b.add(b.matmul(s.h, k.gate(b, k.r, 2)), k.gate(b, k.rb, 2)))
	} else {
		inner = b.add(b.matmul(b.mul(r, s.h), k.gate(b, k.r, 2)), k.gate(b, k.rb, 2))
	}
	candidate := k.acts[1](k.clip(b, b.add(k.gate(b, x, 2), inner)))
	return state{b.add(b.mul(b.sub(b.scalar(1), z), candidate), b.mul(z, s.h)), s.c}
}

// lstmStep computes, with gates in the order input, output, forget, cell and peepholes p,
//
//	i = f(xi + pi c); f = f(xf + pf c); c' = f c + i g(xc); o = f(xo + po c'); h' = o h(c')
func lstmStep(b *builder, k *cell, x ref, s state) state {
	z := b.add(b.add(x, b.matmul(s.h, k.r)), b.add(k.wb, k.rb))
	peeped := func(gate, peep int, c ref) ref {
		y := k.gate(b, z, gate)
		if k.peep.ok() {
			y = b.add(y, b.mul(k.gate(b, k.peep, peep), c))
		}
		return k.acts[0](k.clip(b, y))
	}
	i := peeped(0, 0, s.c)
	f := b.sub(b.scalar(1), i)
	if k.n.intOr("input_forget", 0) == 0 {
		f = peeped(2, 2, s.c)
	}
	c := b.add(b.mul(f, s.c), b.mul(i, k.acts[1](k.clip(b, k.gate(b, z, 3)))))
	o := peeped(1, 1, c)
	return state{b.mul(o, k.acts[2](c)), c}
}
