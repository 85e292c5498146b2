package cam

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// squarings is how often the matrix of products is squared, which makes 2^14 steps of the power method.
const squarings = 14

// principal projects x [batch, h, w, channels], centred over the cells, onto its first
// right singular vector: [batch, h, w].
//
// With X [n, c] the centred cells, the smaller of X X' and X' X is squared again and
// again, which leaves its first eigenvector in every column. The column with the
// largest diagonal element is taken. For X X' it is the first left singular vector u,
// and X v = sigma u with sigma^2 = u' X X' u; for X' X it is v itself. The value
// furthest from zero is made positive.
func principal(x *Node) *Node {
	batch, h, w, c := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(2), x.Shape().Dim(3)
	cells := Reshape(Sub(x, ReduceAndKeep(x, ReduceMean, 1, 2)), batch, h*w, c)
	var p *Node // [batch, n]
	if h*w <= c {
		products := Einsum("bik,bjk->bij", cells, cells)
		u := firstEigenvector(products)
		sigma := Sqrt(Einsum("bi,bi->b", u, Einsum("bij,bj->bi", products, u)))
		p = Mul(u, ExpandAxes(sigma, -1))
	} else {
		v := firstEigenvector(Einsum("bki,bkj->bij", cells, cells))
		p = Einsum("bkj,bj->bk", cells, v)
	}
	flip := GreaterThan(Neg(ReduceAndKeep(p, ReduceMin, 1)), ReduceAndKeep(p, ReduceMax, 1))
	sign := AddScalar(MulScalar(ConvertDType(flip, dtypes.Float32), -2), 1)
	return Reshape(Mul(p, sign), batch, h, w)
}

// firstEigenvector returns the first eigenvectors of symmetric, positive semidefinite
// matrices [batch, n, n], as unit vectors [batch, n]. For a matrix of zeros it returns zeros.
func firstEigenvector(m *Node) *Node {
	unit := func(x *Node, axes ...int) *Node {
		largest := ReduceAndKeep(Abs(x), ReduceMax, axes...)
		return Div(x, Where(Equal(largest, ZerosLike(largest)), OnesLike(largest), largest))
	}
	m = unit(m, 1, 2)
	for range squarings {
		m = unit(Einsum("bij,bjk->bik", m, m), 1, 2)
	}
	n := m.Shape().Dim(1)
	g := m.Graph()
	diagonal := ReduceSum(Mul(m, ExpandAxes(ConvertDType(Diagonal(g, n), dtypes.Float32), 0)), -1)
	column := OneHot(ArgMax(diagonal, -1), n, dtypes.Float32)
	v := unit(Einsum("bij,bj->bi", m, column), 1)
	length := Sqrt(ReduceAndKeep(Mul(v, v), ReduceSum, 1))
	return Div(v, Where(Equal(length, ZerosLike(length)), OnesLike(length), length))
}
