package cam

import (
	"math"
)

// ScoreCAM weighs every channel by what the model says of the picture behind it as a
// mask, with no gradient:
//
//	H_k = s(Up(A_k)),  s(a) = (a - min a) / (max a - min a)     (eq. 5)
//	w   = softmax_k S(x * H_k),  L = SUM_k w_k A_k              (eq. 6)
//
// Wang et al. 2020, "Score-CAM: Score-Weighted Visual Explanations for Convolutional
// Neural Networks". The paper's baseline score is the same for all channels and drops out
// of the softmax. Up is bilinear with aligned corners and 1e-8 is added to the range, as in
// pytorch-grad-cam 1.5.7. Shapes: [h, w, channels] -> [h, w].
var ScoreCAM = register(Method{
	Name:    "Score-CAM",
	Paper:   "Wang et al. 2020, arXiv:1910.01279",
	Formula: "ReLU(SUM_k w_k A_k), w = softmax_k S(x * s(Up(A_k))) (eq. 5, 6)",
	Unit:    "activation",
	Passes:  "1 forward for every channel",
	Use:     "where there is no gradient, or none to be trusted",
	Peers:   "tf-keras-vis takes the softmax of the prediction and none over the channels",
	How: Masked{Start: func(c Clean) Run {
		scores := make([]float64, 0, c.Act.C)
		return Run{
			Inputs: c.Act.C,
			Input:  func(k int) []float32 { return c.masked(c.Act.channel(k).aligned(c.Picture.H, c.Picture.W)) },
			Take:   func(_ int, score float32, _ []float32) { scores = append(scores, float64(score)) },
			Map:    func() Grid { return c.Act.weighted(softmax(scores)) },
		}
	}},
})

// channel is one channel as a grid.
func (v Values) channel(k int) Grid {
	out := Grid{H: v.H, W: v.W, Flat: make([]float32, v.H*v.W)}
	for i := range out.Flat {
		out.Flat[i] = v.Flat[i*v.C+k]
	}
	return out
}

// aligned resizes bilinearly with the corners on each other: output pixel o reads the
// input at o (in-1)/(out-1).
func (g Grid) aligned(h, w int) Grid {
	rows := Grid{H: h, W: g.W, Flat: make([]float32, h*g.W)}
	for y := range h {
		lo, f := alignedAt(y, g.H, h)
		hi := min(lo+1, g.H-1)
		for x := range g.W {
			rows.Flat[y*g.W+x] = g.Flat[lo*g.W+x]*(1-f) + g.Flat[hi*g.W+x]*f
		}
	}
	out := Grid{H: h, W: w, Flat: make([]float32, h*w)}
	for x := range w {
		lo, f := alignedAt(x, g.W, w)
		hi := min(lo+1, g.W-1)
		for y := range h {
			row := rows.Flat[y*g.W:]
			out.Flat[y*w+x] = row[lo]*(1-f) + row[hi]*f
		}
	}
	return out
}

func alignedAt(o, in, out int) (lo int, fraction float32) {
	if out == 1 {
		return 0, 0
	}
	at := float64(o) * float64(in-1) / float64(out-1)
	lo = min(int(at), in-1)
	return lo, float32(at - float64(lo))
}

// masked is the picture times a mask that is scaled to [0, 1].
func (c Clean) masked(mask Grid) []float32 {
	lo, hi := float32(math.Inf(1)), float32(math.Inf(-1))
	for _, v := range mask.Flat {
		lo, hi = min(lo, v), max(hi, v)
	}
	for i, v := range mask.Flat {
		mask.Flat[i] = (v - lo) / (hi - lo + 1e-8)
	}
	p := c.Picture
	out := make([]float32, len(p.Flat))
	for i, m := range mask.Flat {
		for k := range p.C {
			at := k*p.H*p.W + i
			if c.ChannelsLast {
				at = i*p.C + k
			}
			out[at] = p.Flat[at] * m
		}
	}
	return out
}

// softmax is exp(x_k) / SUM_j exp(x_j).
func softmax(x []float64) []float64 {
	highest := math.Inf(-1)
	for _, v := range x {
		highest = max(highest, v)
	}
	out := make([]float64, len(x))
	var sum float64
	for i, v := range x {
		out[i] = math.Exp(v - highest)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}
