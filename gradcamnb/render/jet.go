package render

import "image/color"

// Jet is the rainbow of OpenCV and of most published CAM pictures, for comparing with them. It is not perceptually
// uniform, so it shows edges that the map does not have.
//
//	red(t) = 3/2 - |4t - 3|, green(t) = 3/2 - |4t - 2|, blue(t) = 3/2 - |4t - 1|, cut to [0, 1]
var Jet = register(ColorMap{Name: "jet", At: func(t float64) color.NRGBA {
	t = min(max(t, 0), 1)
	ramp := func(centre float64) uint8 {
		d := 4*t - centre
		return uint8(255*min(max(1.5-max(d, -d), 0), 1) + 0.5)
	}
	return color.NRGBA{R: ramp(3), G: ramp(2), B: ramp(1), A: 255}
}})
