package perturb

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// drawRandom makes masks number first, first+1, ... of a seed: [n, height, width].
// A mask is a grid of cells, seen (1) or hidden (0), enlarged bilinearly and shifted
// at random (Petsiuk et al. 2018, section 3.3); of a volume along three axes. seed is two
// uint32 words, first a uint32 and p a float32.
//
// Every mask depends on the seed and its number alone. So a run can be repeated and
// continued, in batches of any size and on any backend.
func drawRandom(seed, first, p *Node, n int, f field) *Node {
	cells := f.cells()
	random := hash(seed, first, n, cells+f.axes()) // the last are the shifts
	seen := ConvertDType(LessThan(Slice(random, AxisRange(), AxisRange(0, cells)), p), dtypes.Float32)
	return f.enlarge(seen, func(axis, cell int) *Node {
		return Floor(MulScalar(Slice(random, AxisRange(), AxisElem(cells+axis)), float64(cell)))
	})
}

// cell returns the size of a cell in pixels.
func cell(size, grid int) int { return (size + grid - 1) / grid }

// axes returns the number of axes along which masks are shifted: rows, columns and, of a volume, slices.
func (f field) axes() int {
	if f.slices > 1 {
		return 3
	}
	return 2
}

// enlarge enlarges grids [n, cells] of s x s cells of c pixels to a side of (s+1) c pixels,
// bilinearly with half-pixel centres, and cuts out [n, height, width]. The cut starts at the
// shift [n, 1] of each axis (0 rows, 1 columns, 2 slices), from 0 to c-1. It is one matrix
// product for each axis, with the shift inside the weights: pixel o reads the grid at
//
//	x = (o + shift + 1/2) s / ((s + 1) c) - 1/2.
func (f field) enlarge(grids *Node, shift func(axis, cell int) *Node) *Node {
	n, s, rows, k := grids.Shape().Dim(0), f.grid, f.rows(), f.layers()
	y := tents(shift(0, cell(rows, s)), rows, s)
	x := tents(shift(1, cell(f.width, s)), f.width, s)
	if f.slices == 1 {
		masks := Einsum("nhi,nij->nhj", y, Reshape(grids, n, s, s))
		return Einsum("nhj,nwj->nhw", masks, x)
	}
	masks := Einsum("nhi,nkij->nkhj", y, Reshape(grids, n, k, s, s))
	masks = Einsum("nkhj,nwj->nkhw", masks, x)
	masks = Einsum("ndk,nkhw->ndhw", tents(shift(2, cell(f.slices, k)), f.slices, k), masks)
	return Reshape(masks, n, f.height, f.width)
}

// tents returns the weights [n, size, s] of a linear interpolation, clamped at the ends.
func tents(shift *Node, size, s int) *Node {
	g := shift.Graph()
	n := shift.Shape().Dim(0)
	o := Iota(g, shapes.Make(dtypes.Float32, n, size, s), 1)
	k := Iota(g, shapes.Make(dtypes.Float32, n, size, s), 2)
	x := AddScalar(MulScalar(AddScalar(Add(o, InsertAxes(shift, -1)), 0.5), float64(s)/float64((s+1)*cell(size, s))), -0.5)
	x = ClipScalar(x, 0, float64(s-1))
	return MaxScalar(OneMinus(Abs(Sub(x, k))), 0)
}

// hash returns n x m random numbers in [0, 1). Number (i, j) depends on the seed, first+i and
// j, and on nothing else. It is the finaliser "lowbias32" of Chris Wellons's hash-prospector,
// chained over the words. Each number has 24 random bits.
func hash(seed, first *Node, n, m int) *Node {
	g := seed.Graph()
	h := mix(Add(Slice(seed, AxisElem(0)), mix(Slice(seed, AxisElem(1))))) // [1]
	i := Add(Iota(g, shapes.Make(dtypes.Uint32, n), 0), first)
	h = mix(Add(h, MulScalar(i, uint32(0x9e3779b9)))) // [n]
	j := MulScalar(AddScalar(Iota(g, shapes.Make(dtypes.Uint32, 1, m), 1), uint32(1)), uint32(0x85ebca6b))
	h = mix(Add(InsertAxes(h, -1), j)) // [n, m]
	return unit(h)
}

// mix scrambles the bits of a uint32.
func mix(x *Node) *Node {
	step := func(x *Node, by uint32) *Node { return BitwiseXor(x, BitwiseShiftRightLogicalScalar(x, by)) }
	x = MulScalar(step(x, 16), uint32(0x7feb352d))
	x = MulScalar(step(x, 15), uint32(0x846ca68b))
	return step(x, 16)
}
