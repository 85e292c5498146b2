package onnxnorm

// MatMul follows numpy: a vector is a row on the left and a column on the right.
var _ = register("MatMul", func(b *builder, n *node) {
	x, w := b.plain(n.need(0)), n.need(1)
	if len(x.dims) == 1 || len(w.dims) == 1 {
		n.out = []*value{newFromPlain(b.multiplyVector(x, b.plain(w)))}
		return
	}
	y := b.factor(w, x)
	if len(x.dims) < 2 || len(y.dims) < 2 {
		failf("it multiplies the shapes %v and %v", x.dims, y.dims)
	}
	if len(y.dims) == 2 && len(x.dims) > 2 {
		n.out = []*value{markTail(newFromPlain(b.linear(x, y)), n.in[0])}
		return
	}
	n.out = []*value{newFromPlain(b.matmul(x, y))}
}, nil)

func (b *builder) multiplyVector(x, y ref) ref {
	left, right := len(x.dims) == 1, len(y.dims) == 1
	if len(x.dims) == 0 || len(y.dims) == 0 {
		failf("it multiplies the shapes %v and %v", x.dims, y.dims)
	}
	if left {
		x = b.reshape(x, 1, x.dims[0])
	}
	if right {
		y = b.reshape(y, y.dims[0], 1)
	}
	z := b.matmul(x, y)
	rank := len(z.dims)
	var drop []int
	if left {
		drop = append(drop, rank-2)
	}
	if right {
		drop = append(drop, rank-1)
	}
	return b.reshape(z, dropAxes(z.dims, drop)...)
}

// factor returns the operand that x is multiplied by. A constant matrix that should be packed is stored transposed.
func (b *builder) factor(w *value, x ref) ref {
	swap := []int{1, 0}
	if w.konst == nil || len(w.dims) != 2 || !b.isPackedByXLA(size(x.dims)/max(1, w.dims[0]), size(w.dims)) {
		return b.plain(w)
	}
	return b.transpose(b.konst(w.konst.transpose(swap)), swap)
}

// XLA packs the constant matrix of a product if more than packedRows rows are multiplied by it, or if it is transposed.
// Otherwise it reads the matrix as it lies in memory, which is quicker for small matrices and very few rows only.
const (
	fewestRows, packedRows = 25, 50
	packedWeights          = 1 << 19
)

// isPackedByXLA tells whether a constant matrix of this many weights, by which this many rows are multiplied, should be
// stored transposed, so that XLA packs it. On a Xeon with AVX-512, 49 rows times [4608, 512] then take 1.3 ms instead
// of 2.6, and ResNet-50 takes 50 ms instead of 57.
func (b *builder) isPackedByXLA(rows, weights int) bool {
	return !b.pureGo && fewestRows <= rows && rows <= packedRows && weights >= packedWeights
}
