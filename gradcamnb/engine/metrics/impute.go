package metrics

// The weights of a pixel's neighbours in a noisy linear imputation.
const (
	beside = 1. / 6
	across = 1. / 12 // a corner
)

// hole is the hidden pixels of a picture, and the equations A x = b that say how they are filled (Rong et al. 2022,
// section 4): each becomes the weighted mean of its neighbours, hidden ones included.
//
//	x_i SUM_(j beside i) w_ij = SUM_(j beside i) w_ij x_j,   w = 1/6 beside, 1/12 across a corner
//
// Neighbours beyond the edge do not count. A is symmetric, and positive definite if at least one pixel is seen. Pixels
// lie in a grid with a border of zeros, so that every pixel has eight neighbours.
type hole struct {
	pixels  []int32   // their numbers, rising
	at      []int32   // their places in the grid
	sums    []float64 // of the weights of their neighbours, the diagonal of A
	inverse []float64 // of the diagonal D of the preconditioner
	grid    int       // values of the grid
	down    int       // from a place of the grid to the one below
}

// newHole returns the hole of the hidden pixels of a picture that is w pixels wide. Its preconditioner is
//
//	M = (D - L) D^(-1) (D - U),   D_i = A_ii - 0.99 SUM_(j < i) w_ij (SUM_(k > j) w_jk) / D_j
//
// L and U are the weights of the hidden neighbours before and after each pixel. The rows of M and A have almost the
// same sums, so that a wide hole takes few steps (Gustafsson 1978, "A class of first order factorization methods").
// The factor keeps D away from 0.
func newHole(hidden []bool, w int) *hole {
	h := len(hidden) / w
	o := &hole{grid: (h + 2) * (w + 2), down: w + 2}
	inside, filled := make([]float64, o.grid), make([]float64, o.grid) // 1 for the picture's pixels, and the hidden ones
	for i, is := range hidden {
		inside[o.place(i)] = 1
		if is {
			filled[o.place(i)] = 1
			o.pixels, o.at = append(o.pixels, int32(i)), append(o.at, o.place(i))
		}
	}
	after := make([]float64, o.grid) // SUM_(k > j) w_jk / D_j
	for _, at := range o.at {
		sum := o.before(inside, at) + o.after(inside, at)
		inverse := 1 / (sum - 0.99*o.before(after, at))
		after[at] = o.after(filled, at) * inverse
		o.sums, o.inverse = append(o.sums, sum), append(o.inverse, inverse)
	}
	return o
}

// place returns the place of a pixel in the grid.
func (o *hole) place(pixel int) int32 {
	w := o.down - 2
	return int32((pixel/w+1)*o.down + pixel%w + 1)
}

// before returns SUM_j w_j x_j over the four neighbours j of a place in the grid that come before it.
func (o *hole) before(x []float64, at int32) float64 {
	above := (*[3]float64)(x[int(at)-o.down-1:])
	return beside*(above[1]+x[at-1]) + across*(above[0]+above[2])
}

// after returns the same sum over the four neighbours that come after a place.
func (o *hole) after(x []float64, at int32) float64 {
	below := (*[3]float64)(x[int(at)+o.down-1:])
	return beside*(below[1]+x[at+1]) + across*(below[0]+below[2])
}

// solve returns the values of the hidden pixels of one channel; value returns that of a seen pixel. It solves A x = b
// by preconditioned conjugate gradients (Saad 2003, "Iterative Methods for Sparse Linear Systems", algorithm 9.1),
// from x = 0 until |b - A x| is at most 1e-7 |b|.
func (o *hole) solve(hidden []bool, value func(pixel int) float32) []float64 {
	p := make([]float64, o.grid) // first the seen pixels, then the direction of the search
	for i, is := range hidden {
		if !is {
			p[o.place(i)] = float64(value(i))
		}
	}
	n := len(o.at)
	x, ap, r := make([]float64, n), make([]float64, n), make([]float64, n)
	var rr float64
	for k, at := range o.at {
		r[k] = o.before(p, at) + o.after(p, at)
		rr += r[k] * r[k]
	}
	z := make([]float64, o.grid)
	rz := o.precondition(r, z)
	copy(p, z)
	for limit, steps := 1e-14*rr, 0; rr > limit && steps < 10*n; steps++ {
		var pap float64
		for k, at := range o.at {
			ap[k] = o.sums[k]*p[at] - o.before(p, at) - o.after(p, at)
			pap += p[at] * ap[k]
		}
		alpha := rz / pap
		rr = 0
		for k, at := range o.at {
			x[k] += alpha * p[at]
			r[k] -= alpha * ap[k]
			rr += r[k] * r[k]
		}
		next := o.precondition(r, z)
		beta := next / rz
		for _, at := range o.at {
			p[at] = z[at] + beta*p[at]
		}
		rz = next
	}
	return x
}

// precondition solves M z = r, where z lies in the grid, and returns r z.
func (o *hole) precondition(r, z []float64) (rz float64) {
	for k, at := range o.at {
		z[at] = (r[k] + o.before(z, at)) * o.inverse[k]
	}
	for k := len(o.at) - 1; k >= 0; k-- {
		at := o.at[k]
		z[at] += o.after(z, at) * o.inverse[k]
		rz += r[k] * z[at]
	}
	return rz
}
