package onnxnorm

import "slices"

// GridSample reads the picture at the places of a grid, which go from -1 to 1 between the edges (Jaderberg et al. 2015,
// section 3.3). The gradient goes to the picture and to the grid.
var _ = register("GridSample", func(b *builder, n *node) {
	x, grid := b.plain(n.need(0)), b.plain(n.need(1))
	axes := len(x.dims) - 2
	if axes < 1 || len(grid.dims) != len(x.dims) || grid.dims[len(grid.dims)-1] != axes || grid.dims[0] != x.dims[0] {
		failf("its input has the shape %v and its grid %v", x.dims, grid.dims)
	}
	corners := n.intOr("align_corners", 0) != 0
	out := grid.dims[1 : 1+axes]
	flat := b.reshape(grid, x.dims[0], size(out), axes)
	place := make([]ref, axes)
	for a := range axes { // the grid names the last axis first
		g := b.reshape(b.sliceAxis(flat, 2, axes-1-a, axes-a), x.dims[0], size(out))
		length := float32(x.dims[2+a])
		if corners {
			place[a] = b.scaleBy(b.offset(g, 1), (length-1)/2)
		} else {
			place[a] = b.offset(b.scaleBy(b.offset(g, 1), length/2), -0.5)
		}
	}
	s := b.newSampler(x, n.stringOr("padding_mode", "zeros"), corners)
	var y ref
	switch mode := n.stringOr("mode", "linear"); mode {
	case "linear", "bilinear":
		y = s.linear(place)
	case "nearest":
		y = s.nearest(place)
	case "cubic", "bicubic":
		y = s.cubic(place)
	default:
		failf("mode %q is not known", mode)
	}
	n.out = []*value{newFromPlain(b.reshape(b.swapAxes(y, 1, 2), slices.Concat(x.dims[:2], out)...))}
}, nil)

// AffineGrid makes the grid of [GridSample] from a matrix for each picture.
var _ = register("AffineGrid", func(b *builder, n *node) {
	theta := b.plain(n.need(0))
	dims := n.constantInput(1, "size").toInts()
	axes := len(dims) - 2
	if axes < 1 || len(theta.dims) != 3 || theta.dims[1] != axes || theta.dims[2] != axes+1 {
		failf("its matrices have the shape %v, and its size is %v", theta.dims, dims)
	}
	if !isPlausible(dims) {
		failf("its size is %v", dims)
	}
	cells := size(dims[2:])
	base := make([]float32, 0, afford(cells*(axes+1)))
	for i := range cells {
		at := unravel(i, dims[2:])
		for a := axes - 1; a >= 0; a-- { // the last axis first
			length := float32(dims[2+a])
			v := (2*float32(at[a])+1)/length - 1
			if n.intOr("align_corners", 0) != 0 {
				v = 2*float32(at[a])/max(length-1, 1) - 1
				if length == 1 {
					v = 0
				}
			}
			base = append(base, v)
		}
		base = append(base, 1)
	}
	y := b.matmul(b.floats([]int{cells, axes + 1}, base), b.swapAxes(theta, 1, 2))
	n.out = []*value{newFromPlain(b.reshape(y, slices.Concat(dims[:1], dims[2:], []int{axes})...))}
}, nil)
