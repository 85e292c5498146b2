package cam

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// SESS makes a method see objects of any size. It scales the picture up in twelve steps of
// 2/7, and slides windows of the model's input size over every scale. It scales the method's
// map of each window to [0, 1], weighs it by the model's score of the window, and puts it
// back in its place. It averages these maps at every pixel over those that are positive
// there, and blurs the mean:
//
//	L = blur(mean_p [L_p w_p > 0] L_p w_p),  w_p = p_c(window p) / max p_c     (eq. 1 to 4)
//
// p_c is the softmax probability of the class, the sigmoid of a tag, or, if the target is
// neither, the positive part of the score. Tursun et al. 2022, "SESS: Saliency Enhancing with Scaling and Sliding",
// as in pytorch-grad-cam 1.5.7 (sess.py) with its defaults. It is made of Grad-CAM, or of
// another method of one pass at a layer: SESS(LayerCAM). Shape: [H, W], of the picture.
var SESS = Register(Method{
	Name:    "SESS",
	Plane:   true,
	Spreads: true,
	Paper:   "Tursun et al. 2022, arXiv:2207.01769",
	Formula: "blurred mean of the method's maps of 122 windows in 12 scales, weighted with the class's probability there (eq. 1 to 4)",
	Unit:    "relative",
	Passes:  "122 forward, 122 backward",
	Use:     "for small or several objects",
	Peers:   "pytorch-grad-cam takes square windows; here they have the shape of the model's input",
	Procedure: Wrapper{Usual: "Grad-CAM", Make: func(base Method) (Procedure, error) {
		see, err := onePassAtLayer(base)
		if err != nil {
			return nil, err
		}
		return Pictures{See: appendWeight(see), Start: startSESS}, nil
	}},
})

// appendWeight returns a procedure that makes base's map of a window, scaled to [0, 1], with
// the window's weight behind it: [batch, h*w + 1].
func appendWeight(base OnePass) OnePass {
	see := func(at View, m *Node) *Node {
		m = minMax(positive(m), 1, 2)
		w := positive(at.Score)
		if at.Probability != nil {
			w = positive(at.Probability)
		}
		batch := m.Shape().Dim(0)
		return Concatenate([]*Node{Reshape(m, batch, -1), ExpandAxes(w, -1)}, 1)
	}
	return Map(func(at View) *Node { m, _ := MakeMap(base, at); return see(at, m) })
}

// window is a part of the enlarged picture that has the model's input size.
type window struct {
	scale float64
	x, y  int
}

func startSESS(c Original) Run {
	h, w := c.Picture.H, c.Picture.W
	var windows []window
	for i := range 12 {
		scale := 1 + 2.0/7*float64(i)
		sh, sw := int(math.Round(float64(h)*scale)), int(math.Round(float64(w)*scale))
		for _, y := range windowStarts(sh, h) {
			for _, x := range windowStarts(sw, w) {
				windows = append(windows, window{scale, x, y})
			}
		}
	}
	seen := make([]Grid, 0, len(windows)) // each at the layer's size
	var weights []float64
	return Run{
		Inputs: len(windows),
		Input:  func(i int) []float32 { return c.cut(windows[i]) },
		Take: func(_ int, _ float32, s []float32) {
			n := len(s) - 1
			seen = append(seen, Grid{H: c.Act.H, W: c.Act.W, Flat: append([]float32(nil), s[:n]...)})
			weights = append(weights, float64(s[n]))
		},
		Map: func() Grid { return fuseWindows(windows, seen, weights, h, w) },
	}
}

// windowStarts returns where windows start along one side; the last one is moved back into the
// picture.
func windowStarts(length, size int) []int {
	var out []int
	for at := 0; ; at += size {
		if at+size >= length {
			return append(out, max(length-size, 0))
		}
		out = append(out, at)
	}
}

// cut returns a window of the scaled picture, bilinearly with half-pixel centres.
func (c Original) cut(at window) []float32 {
	p := c.Picture
	out := make([]float32, len(p.Flat))
	sh, sw := math.Round(float64(p.H)*at.scale), math.Round(float64(p.W)*at.scale)
	for k := range p.C {
		plane := func(y, x int) int {
			if c.ChannelsLast {
				return (y*p.W+x)*p.C + k
			}
			return (k*p.H+y)*p.W + x
		}
		read := func(y, x int) float32 { return p.Flat[plane(y, x)] }
		for y := range p.H {
			sy := (float64(y+at.y)+0.5)*float64(p.H)/sh - 0.5
			for x := range p.W {
				out[plane(y, x)] = bilinearAt(read, p.H, p.W, sy, (float64(x+at.x)+0.5)*float64(p.W)/sw-0.5)
			}
		}
	}
	return out
}

// bilinearAt returns a field's value between its cells, clamped at the edges.
func bilinearAt(read func(y, x int) float32, h, w int, y, x float64) float32 {
	fy, fx := math.Floor(y), math.Floor(x)
	y0, y1 := clamp(int(fy), h), clamp(int(fy)+1, h)
	x0, x1 := clamp(int(fx), w), clamp(int(fx)+1, w)
	dy, dx := float32(y-fy), float32(x-fx)
	return (read(y0, x0)*(1-dx)+read(y0, x1)*dx)*(1-dy) + (read(y1, x0)*(1-dx)+read(y1, x1)*dx)*dy
}

// fuseWindows puts the maps of the windows in their places, averages them at every pixel over
// those that are positive there, and blurs the mean.
func fuseWindows(windows []window, seen []Grid, weights []float64, h, w int) Grid {
	sum, count := make([]float64, h*w), make([]float64, h*w)
	var largest float64
	for _, v := range weights {
		largest = max(largest, v)
	}
	for i, g := range seen {
		at, weight := windows[i], 1.0
		if largest > 0 {
			weight = weights[i] / largest
		}
		g = scaleMinMax(resizeGrid(g, h, w)) // the map of the window, at the window's size
		inWindow := func(y, x int) float32 {
			if y -= at.y; y < 0 || y >= h {
				return 0
			}
			if x -= at.x; x < 0 || x >= w {
				return 0
			}
			return g.Flat[y*w+x]
		}
		sh, sw := int(math.Round(float64(h)*at.scale)), int(math.Round(float64(w)*at.scale))
		for y := range h {
			sy := (float64(y)+0.5)*float64(sh)/float64(h) - 0.5
			for x := range w {
				v := float64(bilinearAt(inWindow, sh, sw, sy, (float64(x)+0.5)*float64(sw)/float64(w)-0.5)) * weight
				if v > 0 {
					sum[y*w+x] += v
					count[y*w+x]++
				}
			}
		}
	}
	out := Grid{H: h, W: w, Flat: make([]float32, h*w)}
	for i := range sum {
		if count[i] > 0 {
			out.Flat[i] = float32(sum[i] / count[i])
		}
	}
	return blur(out)
}

// resizeGrid returns g at another size, bilinearly with half-pixel centres.
func resizeGrid(g Grid, h, w int) Grid {
	out := Grid{H: h, W: w, Flat: make([]float32, h*w)}
	read := func(y, x int) float32 { return g.Flat[y*g.W+x] }
	for y := range h {
		for x := range w {
			out.Flat[y*w+x] = bilinearAt(read, g.H, g.W, (float64(y)+0.5)*float64(g.H)/float64(h)-0.5,
				(float64(x)+0.5)*float64(g.W)/float64(w)-0.5)
		}
	}
	return out
}

// blur returns g convolved with an 11 x 11 Gaussian of deviation 5. Beyond the edge the
// picture is mirrored without repeating its edge pixel, as OpenCV does.
func blur(g Grid) Grid {
	var kernel [11]float32
	var total float32
	for i := range kernel {
		kernel[i] = float32(math.Exp(-float64((i-5)*(i-5)) / (2 * 5 * 5)))
		total += kernel[i]
	}
	reflect := func(i, n int) int {
		for n > 1 && (i < 0 || i >= n) {
			if i < 0 {
				i = -i
			} else {
				i = 2*(n-1) - i
			}
		}
		return clamp(i, n)
	}
	along := func(in []float32, dy, dx int) []float32 {
		out := make([]float32, len(in))
		for y := range g.H {
			for x := range g.W {
				var sum float32
				for i, k := range kernel {
					sum += k / total * in[reflect(y+dy*(i-5), g.H)*g.W+reflect(x+dx*(i-5), g.W)]
				}
				out[y*g.W+x] = sum
			}
		}
		return out
	}
	return Grid{H: g.H, W: g.W, Flat: along(along(g.Flat, 0, 1), 1, 0)}
}
