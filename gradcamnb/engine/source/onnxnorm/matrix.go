package onnxnorm

import "slices"

// The result [b, h, w, c] of a matrix product is a view of the matrix [b*h*w, c]. The results of elementwise operators
// on views are views again, since these operators work on the matrices. So the next product reads the same tensor that
// a shortcut around it reads. With a Reshape between the two, XLA would compute it once for each, with everything
// before it.

// viewMatrix returns a matrix as a tensor of the given shape, whose last axis is the matrix's.
func (b *builder) viewMatrix(m ref, dims []int) ref {
	x := b.reshape(m, dims...)
	if x.name != m.name {
		b.views[x.name] = m
	}
	return x
}

// matrix returns x as a matrix of its last axis.
func (b *builder) matrix(x ref) ref {
	if m, ok := b.views[x.name]; ok {
		return m
	}
	k := x.dims[len(x.dims)-1]
	return b.reshape(x, size(x.dims)/k, k)
}

// applyOnMatrix returns f(x), computed on x's matrix; f must work on each element alone.
func (b *builder) applyOnMatrix(x ref, f func(x ref) ref) ref {
	if m, ok := b.views[x.name]; ok {
		return b.viewMatrix(f(m), x.dims)
	}
	return f(x)
}

// matrices returns the operands of an elementwise operator as matrices; dims is the shape of its results. ok is false
// unless both are views, or one is and the other is the same for every row.
func (b *builder) matrices(x, y ref, dims []int) (mx, my ref, ok bool) {
	if !b.isView(x, dims) && !b.isView(y, dims) {
		return ref{}, ref{}, false
	}
	mx, okX := b.rows(x, dims)
	my, okY := b.rows(y, dims)
	return mx, my, okX && okY
}

func (b *builder) isView(x ref, dims []int) bool {
	_, ok := b.views[x.name]
	return ok && slices.Equal(x.dims, dims)
}

// rows returns the matrix that x is a view of, or x as [c] or [1, c] if it is the same for every row.
func (b *builder) rows(x ref, dims []int) (m ref, ok bool) {
	switch {
	case b.isView(x, dims):
		return b.views[x.name], true
	case size(x.dims) == 1 || isVector(x, dims[len(dims)-1]):
		if len(x.dims) > 2 {
			x = b.reshape(x, 1, size(x.dims))
		}
		return x, true
	}
	return ref{}, false
}
