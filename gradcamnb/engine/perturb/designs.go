package perturb

import (
	"maps"
	"math/bits"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// design is a way to draw masks and to average them.
type design struct {
	draw    func(seed, first, p *Node, n int, f field) *Node
	centred bool // the mean score is taken away before averaging
	half    bool // it needs the probability 1/2

	block func(cells int) int // masks that are drawn together; nil if each is drawn by itself
}

// designs are by the name in [ask.Sampling]. A centred average has the same
// expectation as the paper's, for with the mean score c
//
//	c + 1/(p N) SUM_i (w_i - c) M_i = 1/(p N) SUM_i w_i M_i + c (1 - 1/(p N) SUM_i M_i)
//
// and the last term, how unevenly the masks have covered a pixel times c, has none. It
// is what most of the paper's error is made of where c is far from zero.
var designs = map[string]design{
	"":         {draw: drawn},
	"centred":  {draw: drawn, centred: true},
	"balanced": {draw: balanced, centred: true, half: true, block: balancedBlock},
}

func designNames() string {
	return strings.Join(slices.Sorted(maps.Keys(designs))[1:], ", ")
}

// balanced makes masks like [drawn], in blocks: k rows of a Hadamard matrix of order k,
// the least power of two that is no less than the number of cells, each followed by its
// complement. In a whole block every cell is seen in half of the masks and every two cells
// together in a quarter, so that what one cell does to the score is not taken for another's,
// nor, with the complements, what two cells do together for one's. It is Plackett and
// Burman's screening design, folded over (Box and Wilson 1951).
//
// Cell j of row i is seen where the bits that i and the cell's code have in common are
// odd in number: with the code 0 in every row or in none, which the complements make half of
// the masks. Every block has codes, signs, an order of rows and a shift of its own.
func balanced(seed, first, _ *Node, n int, f field) *Node {
	seen, block := balancedCells(seed, first, n, f.cells())
	return f.enlarge(seen, func(axis, cell int) *Node {
		random := InsertAxes(unit(word(seed, block, 5+axis)), -1)
		return Floor(MulScalar(random, float64(cell)))
	})
}

// balancedOrder is the order of the Hadamard matrix.
func balancedOrder(cells int) uint32 { return uint32(1) << bits.Len(uint(cells-1)) }

// balancedBlock is the number of masks in a block, every row and its complement.
func balancedBlock(cells int) int { return 2 * int(balancedOrder(cells)) }

// balancedCells is 1 where a cell is seen, [n, cells], and the block of each mask [n].
func balancedCells(seed, first *Node, n, cells int) (seen, block *Node) {
	g := seed.Graph()
	order := balancedOrder(cells)
	at := Add(Iota(g, shapes.Make(dtypes.Uint32, n), 0), first)
	block = BitwiseShiftRightLogicalScalar(at, uint32(bits.Len32(order)))
	pair := BitwiseShiftRightLogicalScalar(at, uint32(1))
	random := func(stream int) *Node { return InsertAxes(word(seed, block, stream), -1) } // [n, 1]
	low := func(x *Node, mask uint32) *Node { return BitwiseAnd(x, Scalar(g, dtypes.Uint32, mask)) }
	odd := func(x *Node) *Node { return BitwiseOr(x, Scalar(g, dtypes.Uint32, uint32(1))) }

	// Times an odd number is one to one among the numbers below a power of two.
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

// word is 32 random bits of each number [n] and a stream.
func word(seed, number *Node, stream int) *Node {
	h := mix(Add(Slice(seed, AxisElem(0)), mix(Slice(seed, AxisElem(1)))))
	h = mix(Add(h, MulScalar(number, uint32(0x9e3779b9))))
	return mix(AddScalar(h, uint32(stream)*0x85ebca6b))
}

// unit brings random bits to [0, 1).
func unit(x *Node) *Node {
	top := ConvertDType(BitwiseShiftRightLogicalScalar(x, uint32(8)), dtypes.Int32)
	return MulScalar(ConvertDType(top, dtypes.Float32), 1.0/(1<<24))
}
