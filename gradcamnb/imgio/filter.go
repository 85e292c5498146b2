package imgio

import "math"

// Filter says how pixels are interpolated when a picture is scaled.
type Filter string

// These are the filters. Nearest, Bilinear, Bicubic and Lanczos are PIL's of the same names. Linear takes the four
// nearest pixels however much the picture shrinks, as OpenCV's INTER_LINEAR and TensorFlow's resize do.
const (
	Nearest  Filter = "nearest"
	Bilinear Filter = "bilinear"
	Bicubic  Filter = "bicubic"
	Lanczos  Filter = "lanczos"
	Linear   Filter = "linear"
	CV2      Filter = "cv2" // Linear with OpenCV's own rounding, to the bit if pictures shrink

	// CV2Cubic is OpenCV's INTER_CUBIC: sixteen pixels by Keys' kernel with a = -3/4, however much the picture shrinks.
	CV2Cubic Filter = "cv2-cubic"
)

// kernel is a filter as a function of the distance t from the pixel's middle, in pixels of the smaller picture; at(t)
// is 0 for |t| >= support. If narrow is true and the picture shrinks, t is in pixels of the larger picture.
type kernel struct {
	support float64
	at      func(t float64) float64
	narrow  bool
}

// kernels holds the kernels of all filters but Nearest, which takes one pixel. Bicubic is Keys' with a = -1/2, as in
// PIL, and CV2Cubic with -3/4, as in OpenCV. Lanczos is sinc(t) sinc(t/3).
var kernels = map[Filter]kernel{
	"":       {1, triangle, false},
	Bilinear: {1, triangle, false},
	Bicubic:  {2, keys(-0.5), false},
	Lanczos:  {3, lanczos3, false},
	Linear:   {1, triangle, true},
	CV2:      {1, triangle, true},
	CV2Cubic: {2, keys(-0.75), true},
}

func triangle(t float64) float64 { return max(0, 1-math.Abs(t)) }

// keys is the cubic kernel of Keys 1981 with a free number a.
func keys(a float64) func(t float64) float64 {
	return func(t float64) float64 {
		switch t = math.Abs(t); {
		case t < 1:
			return ((a+2)*t-(a+3))*t*t + 1
		case t < 2:
			return (((t-5)*t+8)*t - 4) * a
		}
		return 0
	}
}

func lanczos3(t float64) float64 {
	switch {
	case t == 0:
		return 1
	case math.Abs(t) >= 3:
		return 0
	}
	x := math.Pi * t
	return 3 * math.Sin(x) * math.Sin(x/3) / (x * x)
}
