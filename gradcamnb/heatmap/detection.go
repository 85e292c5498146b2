package heatmap

import (
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Box is a rectangle x0, y0, x1, y1 in pixels of a picture, x right, y down.
type Box [4]float64

// Detection is one object that a detector finds in a picture.
type Detection struct {
	Box   Box     // in the original picture
	Class int     // number of the class
	Label string  // of the class; empty if the model has no labels
	Score float32 // how sure the detector is: objectness times the class's probability

	Scores     []float32    // probability of each class
	Objectness float32      // probability that there is an object at all; 1 for detectors that do not say
	Points     [][2]float64 // landmarks, in pixels of the original picture; nil if there are none

	// Mask is the mask of the instance, with values in [0, 1]. It covers the model's input, not the picture, and may have
	// another resolution. It is empty if the model has no instance masks.
	Mask  Grid
	Frame imgio.Frame // where the model's input lies in the picture
}

// MaskOnPicture returns the instance's mask on the original picture: 1 if the mask, read bilinearly at the middle of a
// pixel, is above 1/2, and 0 otherwise. It is empty if there is no mask.
func (d Detection) MaskOnPicture() Grid {
	if len(d.Mask.Values) == 0 || d.Frame.PictureW == 0 {
		return Grid{}
	}
	g := d.Mask.Resized(d.Frame.ModelW, d.Frame.ModelH).OnPicture(d.Frame)
	for i, v := range g.Values {
		g.Values[i] = 0
		if v > 0.5 {
			g.Values[i] = 1
		}
	}
	return g
}

// Area returns the area of a box. It is 0 if x1 < x0 or y1 < y0.
func (b Box) Area() float64 { return max(b[2]-b[0], 0) * max(b[3]-b[1], 0) }

// IoU returns the area that two boxes share over the area that they cover. It is 0 if they do not meet or have no area.
func (b Box) IoU(o Box) float64 {
	shared := Box{max(b[0], o[0]), max(b[1], o[1]), min(b[2], o[2]), min(b[3], o[3])}.Area()
	covered := b.Area() + o.Area() - shared
	if covered <= 0 {
		return 0
	}
	return shared / covered
}

// Match returns how well a detection o of a masked picture matches this one of the whole picture (Petsiuk et al. 2021,
// "Black-box Explanation of Object Detectors via Saliency Maps", eq. 5):
//
//	s = IoU(L, L_o) * (P . P_o) / (|P| |P_o|) * O_o
//
// with boxes L, class probabilities P and objectness O. If both have masks of one size, the IoU is that of the masks.
func (d Detection) Match(o Detection) float64 {
	overlap := d.Box.IoU(o.Box)
	if n := len(d.Mask.Values); n > 0 && n == len(o.Mask.Values) {
		overlap = d.Mask.IoU(o.Mask)
	}
	return overlap * cosine(d.Scores, o.Scores) * float64(o.Objectness)
}

// Weight returns the best match among the detections of a masked picture; 0 if there are none.
func (d Detection) Weight(found []Detection) float64 {
	var best float64
	for _, o := range found {
		best = max(best, d.Match(o))
	}
	return best
}

// IoU returns the overlap of two masks with values in [0, 1] and of one size: SUM min(a, b) / SUM max(a, b). It is 0 if
// both are empty.
func (g Grid) IoU(o Grid) float64 {
	var shared, covered float64
	for i, v := range g.Values {
		shared += float64(min(v, o.Values[i]))
		covered += float64(max(v, o.Values[i]))
	}
	if covered == 0 {
		return 0
	}
	return shared / covered
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

// Points tells whether the map has its highest value inside the box of its detection (the pointing game of Zhang et al.
// 2016, "Top-down Neural Attention by Excitation Backprop"). The frame says where the map lies in the picture.
func (m *Map) Points(f imgio.Frame) bool {
	at := 0
	for i, v := range m.Values {
		if v > m.Values[at] {
			at = i
		}
	}
	return len(m.Values) > 0 && m.isInBox(f, at)
}

// Energy returns the share of the sum of the map's values that lies inside the box of its detection (Wang et al. 2020,
// "Score-CAM", section 4.3). It is NaN if the map is zero.
func (m *Map) Energy(f imgio.Frame) float64 {
	var in, all float64
	for i, v := range m.Values {
		all += float64(v)
		if m.isInBox(f, i) {
			in += float64(v)
		}
	}
	return in / all
}

// isInBox tells whether the middle of pixel i of the map lies in its box.
func (m *Map) isInBox(f imgio.Frame, i int) bool {
	x, y := f.ToPicture(float64(i%m.W)+0.5, float64(i/m.W)+0.5)
	return x >= m.Box[0] && x < m.Box[2] && y >= m.Box[1] && y < m.Box[3]
}
