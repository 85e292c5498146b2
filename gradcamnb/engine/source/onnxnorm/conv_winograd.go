package onnxnorm

// These are the constants of Winograd's F(4x4, 3x3), in which sixteen neighbouring results of a 3x3 kernel take 36
// products instead of 144,
//
//	Y = A' [ (G W G') * (B' D B) ] A
//
// with 6x6 inputs D, 3x3 weights W and 4x4 results Y (Lavin and Gray 2016, "Fast
// algorithms for convolutional neural networks", section 4.3). The matrices are those of
// polynomials that are multiplied by their values at points (Cook and Toom), with
// f_i = PRODUCT_{j != i} (p_i - p_j) for finite p_i, and one more row for infinity:
//
//	A'_ki = p_i^k              A'_35 = 1
//	G_il  = p_i^l / f_i        G_52  = 1
//	B'_ik = coefficient of x^k in PRODUCT_{j != i} (x - p_j), in row 5 in that of all j.
const (
	winogradTile  = 4                // results of a line that are computed together
	winogradReach = winogradTile + 2 // inputs that they depend on
)

// winogradPoints leave two fifths of the rounding error of the usual points 1, -1, 2, -2. For 64 to 512 channels after
// a ReLU, the root mean squares are 2.5e-7 and 5.1e-7 of the largest result; the plain sum has 0.6e-7. A and B are
// exact.
var winogradPoints = []float64{0, 3. / 4, -3. / 4, 3. / 2, -3. / 2}

var winogradOutput, winogradKernel, winogradInput = cookToom(winogradPoints)

// cookToom returns A', G and B' of F(n-1, 3) for n finite points.
func cookToom(points []float64) (output, kernel, input [][]float64) {
	n := len(points)
	output = make([][]float64, n-1)
	for k := range output {
		output[k] = make([]float64, n+1)
	}
	output[n-2][n] = 1
	for i := range n + 1 {
		product, f := []float64{1}, 1.
		for j, p := range points {
			if j == i {
				continue
			}
			product = append([]float64{0}, product...) // times x, less p times what it was
			for k := range product[1:] {
				product[k] -= p * product[k+1]
			}
			if i < n {
				f *= points[i] - p
			}
		}
		row := []float64{0, 0, 1}
		if i < n {
			power := 1.
			for k := range output {
				output[k][i] = power
				power *= points[i]
			}
			product = append(product, 0)
			row = []float64{1 / f, points[i] / f, points[i] * points[i] / f}
		}
		kernel, input = append(kernel, row), append(input, product)
	}
	return output, kernel, input
}

// minWinogradSaving is the least number of multiplications that must be saved for every value that only Winograd's form
// moves: the values of the kernel, which become four times as many, of the 6x6 inputs, three times, and of the
// products, twice.
const minWinogradSaving = 28

// gainsByWinograd tells whether Winograd's form pays. It may only be used if no gradient goes through it.
func (b *builder) gainsByWinograd(x ref, c conv) bool {
	out, in, positions := c.kernel.dims[0], c.kernel.dims[1], c.positions(x.dims[0])
	saved := positions * in * out * 9 * 3 / 4
	moved := in*out*36 + positions*(in*3+out*2)*9/4
	return b.winograds && !b.differentiable &&
		c.window.kernel == [2]int{3, 3} && c.stride == [2]int{1, 1} && c.dilate == [2]int{1, 1} &&
		saved >= minWinogradSaving*moved
}

// winograd emits a 3x3 convolution with a quarter of its multiplications. Its transforms are matrix products, too, with
// the 6x6 inputs of all tiles side by side,
//
//	[36, 36] x [36, b*tiles*in] = [36, b*tiles, in]
//	[36, b*tiles, in] x [36, in, out]
//	[16, 36] x [36, b*tiles*out] = [4, 4, b, th, tw, out] -> [b, th*4, tw*4, out],
//
// which XLA runs in half the time of loops over sums of slices.
func (b *builder) winograd(x ref, c conv) ref {
	n, in, out := x.dims[0], c.kernel.dims[1], c.kernel.dims[0]
	const t, r = winogradTile, winogradReach
	th, tw := (c.out[0]+t-1)/t, (c.out[1]+t-1)/t

	// Every value is there once: cell (i, j) of all tiles. Each axis has one tile more, since a tile's last cells are
	// the first of the next.
	wide := c.window
	wide.after = [2]int{(th+1)*t - wide.in[0] - wide.before[0], (tw+1)*t - wide.in[1] - wide.before[1]}
	parts, order := b.winogradCells(b.padLast(x, wide, 0), th, tw)
	inputs := b.reshape(b.emit("Concat", []int{r * r, n, th, tw, in}, parts, attrInt("axis", 0)), r*r, n*th*tw*in)

	inputs = b.reshape(b.matmul(b.kroneckerSquare(winogradInput, order), inputs), r*r, n*th*tw, in)
	products := b.matmul(inputs, b.winogradWeights(c.kernel))
	y := b.matmul(b.kroneckerSquare(winogradOutput, countUp(r*r)), b.reshape(products, r*r, n*th*tw*out))
	y = b.transpose(b.reshape(y, t, t, n, th, tw, out), []int{2, 3, 0, 4, 1, 5})
	y = b.reshape(y, n, th*t, tw*t, out)
	return b.slice(y, []int{0, 0, 0, 0}, []int{n, c.out[0], c.out[1], out}, []int{1, 1, 1, 1})
}

// winogradCells returns the 6x6 cells of all tiles of x [n, (th+1)*4, (tw+1)*4, in], as parts [cells, n, th, tw, in],
// and the order of the cells in them. XLA transposes once and slices four times, which takes a sixth of the time of a
// slice for each cell. The pure-Go backend transposes more slowly than it slices.
func (b *builder) winogradCells(x ref, th, tw int) (parts []ref, order []int) {
	const t, r = winogradTile, winogradReach
	n, in := x.dims[0], x.dims[3]
	if b.pureGo {
		for cell := range r * r {
			i, j := cell/r, cell%r
			part := b.slice(x, []int{0, i, j, 0}, []int{n, i + (th-1)*t + 1, j + (tw-1)*t + 1, in}, []int{1, t, t, 1})
			parts = append(parts, b.reshape(part, 1, n, th, tw, in))
		}
		return parts, countUp(r * r)
	}
	cells := b.transpose(b.reshape(x, n, th+1, t, tw+1, t, in), []int{2, 4, 0, 1, 3, 5})
	for _, y := range [][2]int{{0, t}, {t, r}} {
		for _, x := range [][2]int{{0, t}, {t, r}} {
			rows, columns, down, right := y[1]-y[0], x[1]-x[0], y[0]/t, x[0]/t
			part := b.slice(cells, []int{0, 0, 0, down, right, 0}, []int{rows, columns, n, down + th, right + tw, in},
				[]int{1, 1, 1, 1, 1, 1})
			parts = append(parts, b.reshape(part, rows*columns, n, th, tw, in))
			for i := y[0]; i < y[1]; i++ {
				for j := x[0]; j < x[1]; j++ {
					order = append(order, i*r+j)
				}
			}
		}
	}
	return parts, order
}

// kroneckerSquare returns the matrix that does to both axes of a tile what m does to one: the Kronecker product of m
// with itself. order gives the order of the tile's cells.
func (b *builder) kroneckerSquare(m [][]float64, order []int) ref {
	r := len(m[0])
	var values []float32
	for _, y := range m {
		for _, x := range m {
			for _, cell := range order {
				values = append(values, float32(y[cell/r]*x[cell%r]))
			}
		}
	}
	return b.floats([]int{len(m) * len(m), len(order)}, values)
}

// winogradWeights declares G W G' of a kernel [out, in, 3, 3] as [36, in, out].
func (b *builder) winogradWeights(k *tensor) ref {
	dims := []int{winogradReach * winogradReach, k.dims[1], k.dims[0]}
	return b.weightOrConstant(k, k.origin+"@winograd", dims, func(out []float32) {
		multiplyBothSides(out, winogradKernel, k.transpose([]int{2, 3, 1, 0}).floats())
	})
}

// multiplyBothSides computes G W G' for every W of w [3, 3, ...]: [6, 6, ...].
func multiplyBothSides(out []float32, g [][]float64, w []float32) {
	const block = 1024 // values of each position, so that all stay in the cache
	r, n := len(g), len(w)/9
	lines := make([]float64, r*3*block) // G W
	for from := 0; from < n; from += block {
		size := min(block, n-from)
		for i, g := range g {
			for l := range 3 {
				line := lines[(3*i+l)*block:][:size]
				w0, w1, w2 := w[l*n+from:][:size], w[(3+l)*n+from:][:size], w[(6+l)*n+from:][:size]
				for at := range line {
					line[at] = g[0]*float64(w0[at]) + g[1]*float64(w1[at]) + g[2]*float64(w2[at])
				}
			}
		}
		for i := range r {
			l0, l1, l2 := lines[3*i*block:][:size], lines[(3*i+1)*block:][:size], lines[(3*i+2)*block:][:size]
			for j, g := range g {
				u := out[(r*i+j)*n+from:][:size]
				for at := range u {
					u[at] = float32(g[0]*l0[at] + g[1]*l1[at] + g[2]*l2[at])
				}
			}
		}
	}
}
