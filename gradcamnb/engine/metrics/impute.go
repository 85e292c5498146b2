package metrics

import "math/rand/v2"

// neighbourWeights are the weights of a pixel's eight neighbours in a noisy linear imputation.
var neighbourWeights = []struct {
	dy, dx int
	weight float64
}{
	{-1, -1, 1. / 12}, {-1, 0, 1. / 6}, {-1, 1, 1. / 12},
	{0, -1, 1. / 6}, {0, 1, 1. / 6},
	{1, -1, 1. / 12}, {1, 0, 1. / 6}, {1, 1, 1. / 12},
}

// impute fills the hidden pixels of one channel of h x w values. Each becomes the weighted mean of its neighbours,
// hidden ones included, plus noise of the given standard deviation (Rong et al. 2022, section 4):
//
//	x_i SUM_(j beside i) w_ij = SUM_(j beside i) w_ij x_j,   w = 1/6 beside, 1/12 across a corner
//
// Neighbours beyond the edge do not count. The system is symmetric, and positive definite if at least one pixel is
// seen. It is solved by conjugate gradients to 1e-7 of the right-hand side. Value i of the channel is values[at(i)]. If
// no pixel is seen, the values stay as they are.
func impute(values []float32, at func(i int) int, hidden []bool, h, w int, noise float64, draw *rand.Rand) {
	var unknown []int32
	place := make([]int32, len(hidden))
	for i, is := range hidden {
		if is {
			place[i] = int32(len(unknown))
			unknown = append(unknown, int32(i))
		}
	}
	n := len(unknown)
	if n == 0 || n == len(hidden) {
		return
	}
	diagonal, right := make([]float64, n), make([]float64, n)
	type link struct {
		to     int32
		weight float64
	}
	links := make([][]link, n)
	for k, i := range unknown {
		y, x := int(i)/w, int(i)%w
		for _, b := range neighbourWeights {
			v, u := y+b.dy, x+b.dx
			if v < 0 || v >= h || u < 0 || u >= w {
				continue
			}
			j := v*w + u
			diagonal[k] += b.weight
			if hidden[j] {
				links[k] = append(links[k], link{place[j], b.weight})
			} else {
				right[k] += b.weight * float64(values[at(j)])
			}
		}
	}
	times := func(x, out []float64) {
		for k, v := range x {
			sum := diagonal[k] * v
			for _, l := range links[k] {
				sum -= l.weight * x[l.to]
			}
			out[k] = sum
		}
	}
	for k, v := range conjugateGradients(times, right) {
		values[at(int(unknown[k]))] = float32(v + noise*draw.NormFloat64())
	}
}

// conjugateGradients returns the solution of A x = b for a symmetric positive definite A. It starts from x = 0 and
// stops when the residual is 1e-7 of b. times multiplies by A.
func conjugateGradients(times func(x, out []float64), b []float64) []float64 {
	x, ap := make([]float64, len(b)), make([]float64, len(b))
	r, p := append([]float64(nil), b...), append([]float64(nil), b...)
	rr := dot(r, r)
	for limit, steps := 1e-14*rr, 0; rr > limit && steps < 10*len(b); steps++ {
		times(p, ap)
		alpha := rr / dot(p, ap)
		for i := range x {
			x[i] += alpha * p[i]
			r[i] -= alpha * ap[i]
		}
		next := dot(r, r)
		for i := range p {
			p[i] = r[i] + next/rr*p[i]
		}
		rr = next
	}
	return x
}

func dot(a, b []float64) float64 {
	var sum float64
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}
