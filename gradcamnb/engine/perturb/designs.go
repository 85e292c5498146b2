package perturb

import (
	"math/bits"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// design says how masks are drawn and averaged.
type design struct {
	use     string // what it does, in a few words
	draw    func(seed, first, p *Node, n int, f field) *Node
	centred bool // the mean score is subtracted before averaging
	half    bool // it needs the probability 1/2

	block func(cells int) int // returns how many masks are drawn together; nil if each is drawn by itself
}

// designs has the designs by their name in [ask.Sampling]. A centred average has the same
// expectation as the paper's. With the mean score c
//
//	c + 1/(p N) SUM_i (w_i - c) M_i = 1/(p N) SUM_i w_i M_i + c (1 - 1/(p N) SUM_i M_i)
//
// and the expectation of the last term is zero: it measures how unevenly the masks have
// covered a pixel. If c is far from zero, most of the error of the paper's average comes from
// this term.
var designs = map[string]design{
	"":        {draw: drawRandom},
	"centred": {use: "subtracts the mean score before averaging", draw: drawRandom, centred: true},
	"balanced": {use: "shows every two cells together equally often, and centres", draw: drawBalanced, centred: true,
		half: true, block: balancedBlock},
}

// Designs returns the names of the designs that are not the papers' own, and what each does.
func Designs() map[string]string {
	out := map[string]string{}
	for name, d := range designs {
		if name != "" {
			out[name] = d.use
		}
	}
	return out
}

// drawBalanced makes masks like [drawRandom], but in blocks. A block has the k rows of a Hadamard
// matrix of order k, each followed by its complement; k is the least power of two that is no
// less than the number of cells. In a whole block every cell is seen in half of the masks,
// and every two cells are seen together in a quarter. So the effect of one cell is not
// attributed to another, and, because of the complements, the joint effect of two cells is
// not attributed to one. It is Plackett and Burman's screening design, folded over (Box and
// Wilson 1951).
//
// Cell j of row i is seen if the number of bits that i and the cell's code have in common is
// odd. With the code 0 it is seen in every row or in none, and the complements make that half
// of the masks. Every block has its own codes, signs, order of rows and shift.
func drawBalanced(seed, first, _ *Node, n int, f field) *Node {
	seen, block := balancedCells(seed, first, n, f.cells())
	return f.enlarge(seen, func(axis, cell int) *Node {
		random := InsertAxes(unit(word(seed, block, 5+axis)), -1)
		return Floor(MulScalar(random, float64(cell)))
	})
}

// balancedOrder returns the order of the Hadamard matrix.
func balancedOrder(cells int) uint32 { return uint32(1) << bits.Len(uint(cells-1)) }

// balancedBlock returns the number of masks in a block: every row and its complement.
func balancedBlock(cells int) int { return 2 * int(balancedOrder(cells)) }

// balancedCells returns 1 for cells that are seen and 0 for others, [n, cells], and the block
// of each mask [n].
func balancedCells(seed, first *Node, n, cells int) (seen, block *Node) {
	g := seed.Graph()
	order := balancedOrder(cells)
	at := Add(Iota(g, shapes.Make(dtypes.Uint32, n), 0), first)
	block = BitwiseShiftRightLogicalScalar(at, uint32(bits.Len32(order)))
	pair := BitwiseShiftRightLogicalScalar(at, uint32(1))
	random := func(stream int) *Node { return InsertAxes(word(seed, block, stream), -1) } // [n, 1]
	low := func(x *Node, mask uint32) *Node { return BitwiseAnd(x, Scalar(g, dtypes.Uint32, mask)) }
	odd := func(x *Node) *Node { return BitwiseOr(x, Scalar(g, dtypes.Uint32, uint32(1))) }

	// Multiplying by an odd number permutes the numbers below a power of two.
	row := low(Add(Mul(InsertAxes(pair, -1), odd(random(1))), random(2)), order-1)
	number := AddScalar(Iota(g, shapes.Make(dtypes.Uint32, 1, cells), 1), uint32(1))
	common := BitwiseAnd(low(Mul(number, odd(random(3))), order-1), row)
	for _, by := range []uint32{16, 8, 4, 2, 1} {
		common = BitwiseXor(common, BitwiseShiftRightLogicalScalar(common, by))
	}
	signs := mix(Add(random(4), MulScalar(number, uint32(0x85ebca6b))))
	bit := low(BitwiseXor(BitwiseXor(common, signs), InsertAxes(at, -1)), 1)
	return ConvertDType(ConvertDType(bit, dtypes.Int32), dtypes.Float32), block
}

// word returns 32 random bits for each number [n] in a stream.
func word(seed, number *Node, stream int) *Node {
	h := mix(Add(Slice(seed, AxisElem(0)), mix(Slice(seed, AxisElem(1)))))
	h = mix(Add(h, MulScalar(number, uint32(0x9e3779b9))))
	return mix(AddScalar(h, uint32(stream)*0x85ebca6b))
}

// unit maps 32 random bits to [0, 1).
func unit(x *Node) *Node {
	top := ConvertDType(BitwiseShiftRightLogicalScalar(x, uint32(8)), dtypes.Int32)
	return MulScalar(ConvertDType(top, dtypes.Float32), 1.0/(1<<24))
}
