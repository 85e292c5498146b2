package onnxnorm

import "math"

// resizePlan tells what Resize does to one axis.
type resizePlan struct {
	axis, in, out int
	scale         float64
	region        [2]float64 // for tf_crop_and_resize: the part of the axis that is read
	cropped       bool
	beyond        []int // for tf_crop_and_resize: the outputs outside the picture
}

// changes tells whether the axis is not just copied.
func (p *resizePlan) changes() bool { return p.out != p.in || p.scale != 1 || p.cropped }

// resizePlans reads sizes or scales. Since opset 18 they may be for some axes only.
func resizePlans(n *node, in []int) []*resizePlan {
	along := countUp(len(in))
	if n.attr("axes") != nil {
		along = axes(n.intsOr("axes", nil), len(in))
	}
	plans := make([]*resizePlan, len(in))
	for i, d := range in {
		plans[i] = &resizePlan{axis: i, in: d, out: d, scale: 1}
	}
	given, isSize := resizeGiven(n, len(along))
	if isSize {
		planSizes(n, plans, along, given.toInts())
	}
	for i, a := range along {
		p := plans[a]
		if !isSize {
			p.scale = float64(given.numbers()[i])
			p.out = int(math.Floor(float64(p.in) * p.scale))
		}
		if !isPlausible([]int{p.out, p.in}) || p.out < 1 {
			failf("it resizes %d pixels to %d", p.in, p.out)
		}
	}
	if n.stringOr("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize" {
		planRegion(n, plans, along)
	}
	return plans
}

// resizeGiven returns the sizes or scales, one for each of count axes.
func resizeGiven(n *node, count int) (given *tensor, isSize bool) {
	scales, sizes := n.input(2), n.input(3)
	if len(n.in) == 2 { // opset 9 and 10: (x, scales)
		scales = n.input(1)
	}
	if a := n.attr("scales"); a != nil { // opset 7
		return floatTensor([]int{len(a.Floats)}, a.Floats), false
	}
	v := scales
	if isSize = sizes != nil && size(sizes.dims) > 0; isSize {
		v = sizes
	}
	if v == nil || v.konst == nil || size(v.dims) != count {
		failf("its sizes or scales are missing or computed from the picture, and only constants, one an axis, are supported there")
	}
	return v.konst, isSize
}

// planSizes uses sizes as they are, or as bounds that keep the aspect ratio.
func planSizes(n *node, plans []*resizePlan, along, sizes []int) {
	policy := n.stringOr("keep_aspect_ratio_policy", "stretch")
	least, most := math.Inf(1), 0.0
	for i, a := range along {
		s := float64(sizes[i]) / float64(plans[a].in)
		least, most = min(least, s), max(most, s)
	}
	for i, a := range along {
		p := plans[a]
		switch policy {
		case "not_larger":
			p.scale = least
		case "not_smaller":
			p.scale = most
		default:
			p.out, p.scale = sizes[i], float64(sizes[i])/float64(p.in)
			continue
		}
		p.out = int(math.Floor(p.scale*float64(p.in) + 0.5))
	}
}

// planRegion reads the regions of tf_crop_and_resize: first all beginnings, then all ends.
func planRegion(n *node, plans []*resizePlan, along []int) {
	roi := n.constantInput(1, "roi").numbers()
	if len(roi) != 2*len(along) {
		failf("its roi has %d values for %d axes", len(roi), len(along))
	}
	for i, a := range along {
		p := plans[a]
		p.region, p.cropped = [2]float64{float64(roi[i]), float64(roi[len(along)+i])}, true
		for o := range p.out {
			if x := p.coordinate(n, o); x < 0 || x > float64(p.in-1) {
				p.beyond = append(p.beyond, o)
			}
		}
	}
}

// weights returns the matrix [out, in] of the axis.
func (p *resizePlan) weights(n *node) []float32 {
	weights := make([]float64, p.out*p.in)
	inside := n.intOr("exclude_outside", 0) != 0
	for o := range p.out {
		row := weights[o*p.in:][:p.in]
		sum := 0.0
		for _, t := range p.taps(n, p.coordinate(n, o)) {
			if inside && (t.at < 0 || t.at >= p.in) {
				continue
			}
			row[min(max(t.at, 0), p.in-1)] += t.weight
			sum += t.weight
		}
		for i := range row {
			if inside {
				row[i] /= sum
			}
		}
	}
	return convert(weights, func(w float64) float32 { return float32(w) })
}

// resizeTap is a cell that is read, and its weight.
type resizeTap struct {
	at     int
	weight float64
}

// taps returns the cells that are read for the place x of the input. With antialias the kernel is wider by the factor
// by which the axis gets shorter.
func (p *resizePlan) taps(n *node, x float64) []resizeTap {
	var kernel func(d float64) float64
	reach := 1.0
	switch mode := n.stringOr("mode", "nearest"); mode {
	case "nearest":
		return []resizeTap{{nearest(n, x, p.scale), 1}}
	case "linear":
		kernel = func(d float64) float64 { return max(0, 1-d) }
	case "cubic":
		a := float64(n.floatOr("cubic_coeff_a", -0.75))
		kernel, reach = func(d float64) float64 { return cubic(d, a) }, 2
	default:
		failf("mode %q is not known", mode)
	}
	scale, antialias := 1.0, n.intOr("antialias", 0) != 0
	if antialias {
		scale = min(p.scale, 1)
	}
	var out []resizeTap
	sum := 0.0
	for i := int(math.Floor(x - reach/scale)); i <= int(math.Ceil(x+reach/scale)); i++ {
		if w := kernel(math.Abs(float64(i)-x) * scale); w != 0 {
			out = append(out, resizeTap{i, w})
			sum += w
		}
	}
	for i := range out {
		if antialias {
			out[i].weight /= sum
		}
	}
	return out
}

// coordinate returns the place in the input of output pixel o (ONNX: Resize,
// coordinate_transformation_mode).
func (p *resizePlan) coordinate(n *node, o int) float64 {
	x, in, out := float64(o), p.in, p.out
	switch mode := n.stringOr("coordinate_transformation_mode", "half_pixel"); mode {
	case "half_pixel":
		return (x+0.5)/p.scale - 0.5
	case "half_pixel_symmetric":
		adjust := float64(out) / (p.scale * float64(in))
		return float64(in)/2*(1-adjust) + (x+0.5)/p.scale - 0.5
	case "pytorch_half_pixel":
		if out == 1 {
			return 0
		}
		return (x+0.5)/p.scale - 0.5
	case "align_corners":
		if out == 1 {
			return 0
		}
		return x * float64(in-1) / float64(out-1)
	case "asymmetric":
		return x / p.scale
	case "tf_half_pixel_for_nn":
		return (x + 0.5) / p.scale
	case "tf_crop_and_resize":
		length := float64(in - 1)
		if out == 1 {
			return 0.5 * (p.region[0] + p.region[1]) * length
		}
		return p.region[0]*length + x*(p.region[1]-p.region[0])*length/float64(out-1)
	default:
		failf("coordinate_transformation_mode %q is not known", mode)
		return 0
	}
}

func nearest(n *node, x, scale float64) int {
	switch mode := n.stringOr("nearest_mode", "round_prefer_floor"); mode {
	case beforeOpset11:
		if scale < 1 {
			return int(math.Ceil(x))
		}
		return int(math.Floor(x))
	case "round_prefer_floor":
		return int(math.Ceil(x - 0.5))
	case "round_prefer_ceil":
		return int(math.Floor(x + 0.5))
	case "floor":
		return int(math.Floor(x))
	case "ceil":
		return int(math.Ceil(x))
	default:
		failf("nearest_mode %q is not known", mode)
		return 0
	}
}

// cubic returns Keys' kernel at the distance d (Keys 1981, eq. 15, a = -0.5 there).
func cubic(d, a float64) float64 {
	switch {
	case d <= 1:
		return (a+2)*d*d*d - (a+3)*d*d + 1
	case d < 2:
		return a*d*d*d - 5*a*d*d + 8*a*d - 4*a
	}
	return 0
}
