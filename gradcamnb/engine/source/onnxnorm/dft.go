package onnxnorm

import (
	"fmt"
	"math"
	"slices"
)

// DFT is a product with the matrix exp(-2 pi i j k/n) along an axis. The last axis holds real and imaginary parts.
// inverse changes the sign and divides by n. onesided keeps the first n/2 + 1 frequencies, or takes them if it is
// inverse.
var _ = register("DFT", func(b *builder, n *node) {
	x := b.plain(n.need(0))
	rank := len(x.dims)
	at := n.intOr("axis", 1)
	if b.opset >= 20 {
		at = int(n.number(2, "axis", -2))
	}
	at = axis(at, rank)
	inverse, onesided := n.intOr("inverse", 0) != 0, n.intOr("onesided", 0) != 0
	length := x.dims[at]
	if inverse && onesided {
		length = 2 * (x.dims[at] - 1)
	}
	if n.input(1) != nil {
		length = int(n.number(1, "dft_length", 0))
	}
	n.out = []*value{newFromPlain(b.dft(x, at, length, inverse, onesided))}
}, nil)

func (b *builder) dft(x ref, at, length int, inverse, onesided bool) ref {
	last := len(x.dims) - 1
	if at == last || length < 1 || x.dims[last] > 2 {
		failf("its input has the shape %v, and it transforms axis %d with %d frequencies", x.dims, at, length)
	}
	in, out := length, length
	if onesided && inverse {
		in = length/2 + 1
	} else if onesided {
		out = length/2 + 1
	}
	// A longer axis is cut off, and a shorter one is filled with zeros.
	before, after := make([]int, last+1), make([]int, last+1)
	after[at] = in - x.dims[at]
	x = b.padWith(x, before, after, 0)
	m := dftMatrix{out: out, in: in, length: length, inverse: inverse, onesided: onesided}
	cos, sin := m.weight(b, "cos", math.Cos), m.weight(b, "sin", math.Sin)
	one := b.sliceAxis(x, last, 0, 1)
	re, im := b.resizeAxis(one, at, cos), b.resizeAxis(one, at, sin)
	if x.dims[last] == 2 {
		other := b.sliceAxis(x, last, 1, 2)
		re, im = b.sub(re, b.resizeAxis(other, at, sin)), b.add(im, b.resizeAxis(other, at, cos))
	}
	if inverse && onesided {
		return re
	}
	return b.join(last, re, im)
}

// dftMatrix is the matrix [out, in] of a Fourier transform.
type dftMatrix struct {
	out, in, length   int
	inverse, onesided bool
}

// weight declares the matrix of cosines or sines. It may be large, so it is computed when it is needed.
func (m dftMatrix) weight(b *builder, name string, f func(float64) float64) ref {
	name = fmt.Sprintf("@dft %s %d %d %d %t %t", name, m.out, m.in, m.length, m.inverse, m.onesided)
	return b.weight(name, []int{m.out, m.in}, func() []float32 {
		values := make([]float32, m.out*m.in)
		for k := range m.out {
			for j := range m.in {
				angle, weight := -2*math.Pi*float64(j*k%m.length)/float64(m.length), 1.0
				if m.inverse {
					angle, weight = -angle, 1/float64(m.length)
				}
				if m.inverse && m.onesided && j > 0 && 2*j != m.length {
					weight *= 2 // the other side is the conjugate, and only the real part is needed
				}
				values[k*m.in+j] = float32(weight * f(angle))
			}
		}
		return values
	})
}

// STFT is the DFT of frames of a signal [b, n, 1|2], each multiplied by a window.
var _ = register("STFT", func(b *builder, n *node) {
	x := b.plain(n.need(0))
	hop := int(n.number(1, "frame_step", 0))
	window := n.input(2)
	length := int(n.number(3, "frame_length", 0))
	if window != nil && n.input(3) == nil {
		length = size(window.dims)
	}
	if len(x.dims) != 3 || hop < 1 || length < 1 || length > x.dims[1] {
		failf("its input has the shape %v, and its frames %d values every %d", x.dims, length, hop)
	}
	frames := (x.dims[1]-length)/hop + 1
	var index []int
	for f := range frames {
		for i := range length {
			index = append(index, f*hop+i)
		}
	}
	y := b.reshape(b.take(x, 1, index), x.dims[0], frames, length, x.dims[2])
	if window != nil {
		y = b.mul(y, b.reshape(b.plain(window), length, 1))
	}
	n.out = []*value{newFromPlain(b.dft(y, 2, length, false, n.intOr("onesided", 1) != 0))}
}, nil)

// The windows, a - b cos(2 pi i/n) + c cos(4 pi i/n) for i = 0, 1, ...
var (
	_ = registerWindow("HannWindow", 0.5, 0.5, 0)
	_ = registerWindow("HammingWindow", 25.0/46, 21.0/46, 0)
	_ = registerWindow("BlackmanWindow", 0.42, 0.5, 0.08)
)

func registerWindow(op string, a, c1, c2 float64) bool {
	return register(op, nil, func(n *node) *tensor {
		count := n.constantInput(0, "size").toInts()[0]
		if !isPlausible([]int{count}) {
			failf("it has %d values", count)
		}
		period := float64(count)
		if n.intOr("periodic", 1) == 0 {
			period--
		}
		out := make([]float32, afford(count))
		for i := range out {
			t := 2 * math.Pi * float64(i) / period
			out[i] = float32(a - c1*math.Cos(t) + c2*math.Cos(2*t))
		}
		return floatTensor([]int{count}, out)
	})
}

// Col2Im adds columns, [b, c*k, positions], to the picture that they were read from.
var _ = register("Col2Im", func(b *builder, n *node) {
	x := b.plain(n.need(0))
	picture, block := n.constantInput(1, "image_shape").toInts(), n.constantInput(2, "block_shape").toInts()
	area := size(block)
	if len(x.dims) != 3 || len(picture) != len(block) || area < 1 || x.dims[1]%area != 0 {
		failf("its input has the shape %v, its picture %v and its blocks %v", x.dims, picture, block)
	}
	c := x.dims[1] / area
	g := newGrid(n, slices.Concat([]int{x.dims[0], c}, picture), block)
	if size(g.out) != x.dims[2] {
		failf("it has %d positions, and blocks %v in a picture %v have %d", x.dims[2], block, picture, size(g.out))
	}
	x = b.reshape(x, slices.Concat([]int{x.dims[0], c, area}, g.out)...)
	var sum ref
	for tap := range area {
		y := b.takeEntry(x, 2, tap)
		before, after := []int{0, 0}, []int{0, 0}
		for i, k := range unravel(tap, block) {
			y = b.insertZeros(y, 2+i, g.stride[i])
			start := k*g.dilate[i] - g.before[i]
			before = append(before, start)
			after = append(after, picture[i]-start-y.dims[2+i])
		}
		sum = b.addTo(sum, b.padOrCrop(y, before, after))
	}
	n.out = []*value{newFromPlain(sum)}
}, nil)

// padOrCrop is like padWith, but may also cut an axis off from the other end.
func (b *builder) padOrCrop(x ref, before, after []int) ref {
	padded := b.padWith(x, clampNegative(before), clampNegative(after), 0)
	return b.padWith(padded, clampPositive(before), clampPositive(after), 0)
}

func clampNegative(values []int) []int { return convert(values, func(v int) int { return max(v, 0) }) }
func clampPositive(values []int) []int { return convert(values, func(v int) int { return min(v, 0) }) }
