package onnxnorm

import "slices"

// sampler reads a tensor [b, c, axes...] at places between its cells.
type sampler struct {
	b       *builder
	rows    ref   // [b*cells, c]
	dims    []int // lengths of the axes
	batch   int
	padding string // "zeros", "border" or "reflection"
	corners bool   // align_corners: whole-number places are the centres of the outermost cells
}

func (b *builder) newSampler(x ref, padding string, corners bool) *sampler {
	rank := len(x.dims)
	batch, c := x.dims[0], x.dims[1]
	rows := b.reshape(b.transpose(x, channelsLast(rank)), size(x.dims)/c, c)
	return &sampler{b: b, rows: rows, dims: x.dims[2:], batch: batch, padding: padding, corners: corners}
}

// cells reads the cells at whole-number places, [b, n] for each axis, as [b, n, c]. Outside the tensor it reads zero,
// or with border and reflection a cell inside.
func (s *sampler) cells(place []ref) ref {
	b := s.b
	var index, inside ref
	step := strides(s.dims)
	for a, p := range place {
		length := float32(s.dims[a])
		p = s.moveInside(p, a)
		if s.padding == "zeros" {
			in := b.mul(b.compare("GreaterOrEqual", p, b.scalar(0)), b.compare("Less", p, b.scalar(length)))
			inside = b.multiplyBy(inside, in)
		}
		p = b.binary("Min", b.binary("Max", p, b.scalar(0)), b.scalar(length-1))
		index = b.addTo(index, b.scaleBy(p, float32(step[a])))
	}
	n := index.dims[1]
	first := b.scaleBy(b.reshape(b.countAlong(s.batch, 1), s.batch, 1), float32(size(s.dims)))
	index = b.reshape(b.add(index, first), s.batch*n)
	c := s.rows.dims[1]
	got := b.emit("Gather", []int{s.batch * n, c}, []ref{s.rows, b.indices(index)}, attrInt("axis", 0))
	got = b.reshape(got, s.batch, n, c)
	if inside.ok() {
		got = b.mul(got, b.reshape(inside, s.batch, n, 1))
	}
	return got
}

// moveInside moves a place on an axis into the tensor.
func (s *sampler) moveInside(p ref, axis int) ref {
	b, last := s.b, float32(s.dims[axis]-1)
	switch s.padding {
	case "border":
		return b.clipHigh(b.clipLow(p, 0), last)
	case "reflection":
		low, span := float32(-0.5), last+1
		if s.corners {
			low, span = 0, last
		}
		if span == 0 {
			return b.mul(p, b.scalar(0))
		}
		d := b.abs(b.offset(p, -low)) // from the lower edge
		flips := b.unary("Floor", b.scaleBy(d, 1/span))
		rest := b.sub(d, b.scaleBy(flips, span))
		odd := b.sub(flips, b.scaleBy(b.unary("Floor", b.scaleBy(flips, 0.5)), 2))
		back := b.choose(b.binary("Greater", odd, b.scalar(0.5)), b.sub(b.scalar(span), rest), rest)
		return b.clipHigh(b.clipLow(b.offset(back, low), 0), last)
	}
	return p
}

// nearest reads the nearest cell, or the even one of two.
func (s *sampler) nearest(place []ref) ref {
	var at []ref
	for a, p := range place {
		at = append(at, s.b.round(s.moveInside(p, a)))
	}
	return s.cells(at)
}

// linear returns the weighted sum of the cells around each place.
func (s *sampler) linear(place []ref) ref { return s.weighCells(place, s.b.addTo) }

// linearMost returns the maximum of the weighted cells around each place, as ONNX's RoiAlign does with mode max.
func (s *sampler) linearMost(place []ref) ref { return s.weighCells(place, s.b.maxOrFirst) }

// weighCells weights the 2^axes cells around each place, and joins them.
func (s *sampler) weighCells(place []ref, join func(all, cell ref) ref) ref {
	b := s.b
	floors, fractions := make([]ref, len(place)), make([]ref, len(place))
	for a, p := range place {
		p = s.moveInside(p, a)
		floors[a] = b.unary("Floor", p)
		fractions[a] = b.sub(p, floors[a])
	}
	var all ref
	for corner := range 1 << len(place) {
		at, weight := slices.Clone(floors), ref{}
		for a := range place {
			w := b.sub(b.scalar(1), fractions[a])
			if corner>>a&1 != 0 {
				at[a], w = b.offset(floors[a], 1), fractions[a]
			}
			weight = b.multiplyBy(weight, w)
		}
		cell := b.mul(s.cells(at), b.reshape(weight, weight.dims[0], weight.dims[1], 1))
		if all.ok() {
			cell = join(all, cell)
		}
		all = cell
	}
	return all
}

// cubic returns the weighted sum of the 4^axes cells around each place (Keys 1981, with a = -0.75).
func (s *sampler) cubic(place []ref) ref {
	b := s.b
	floors, weights := make([]ref, len(place)), make([][4]ref, len(place))
	for a, p := range place {
		floors[a] = b.unary("Floor", p)
		weights[a] = b.cubicWeights(b.sub(p, floors[a]))
	}
	var sum ref
	for corner := range size(slices.Repeat([]int{4}, len(place))) {
		at, weight := slices.Clone(floors), ref{}
		for a, k := range unravel(corner, slices.Repeat([]int{4}, len(place))) {
			at[a] = b.offset(floors[a], float32(k-1))
			weight = b.multiplyBy(weight, weights[a][k])
		}
		sum = b.addTo(sum, b.mul(s.cells(at), b.reshape(weight, weight.dims[0], weight.dims[1], 1)))
	}
	return sum
}

// cubicWeights returns the weights of the cells at -1, 0, 1 and 2 for a fraction f.
func (b *builder) cubicWeights(f ref) (out [4]ref) {
	const a = -0.75
	for k := range 4 {
		d := b.sub(b.scalar(float32(k-1)), f) // -1-f, -f, 1-f, 2-f
		if k < 2 {
			d = b.neg(d)
		}
		if k == 1 || k == 2 {
			out[k] = b.offset(b.mul(b.square(d), b.offset(b.scaleBy(d, a+2), -(a+3))), 1)
			continue
		}
		// a d^3 - 5a d^2 + 8a d - 4a
		out[k] = b.offset(b.mul(d, b.offset(b.mul(d, b.offset(b.scaleBy(d, a), -5*a)), 8*a)), -4*a)
	}
	return out
}

// multiplyBy returns x * y, or y if there is no x yet.
func (b *builder) multiplyBy(x, y ref) ref {
	if !x.ok() {
		return y
	}
	return b.mul(x, y)
}
