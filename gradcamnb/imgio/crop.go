package imgio

import "math"

func init() { fits[Crop] = placeCrop }

// placeCrop scales the shorter side to Resize pixels and the longer one in the same ratio, rounded down, as
// torchvision's Resize does. Then it cuts the centre out. If Resize is 0, it scales to the smallest size that fills the
// input.
func placeCrop(p Prep, w, h int) placement {
	short := p.Resize
	switch {
	case short > 0:
	case w*p.Height < h*p.Width: // the picture is narrower than the input
		return p.cut(p.Width, h*p.Width/w)
	default:
		return p.cut(w*p.Height/h, p.Height)
	}
	if w <= h {
		return p.cut(short, short*h/w)
	}
	return p.cut(short*w/h, short)
}

// cut cuts the input out of the middle of a picture of w x h pixels.
func (p Prep) cut(w, h int) placement {
	return placement{w: w, h: h, left: p.margin(w - p.Width), top: p.margin(h - p.Height)}
}

// margin returns the part of a spare length that lies left of the cut, or above it.
func (p Prep) margin(spare int) int {
	if p.Margin == MarginDown {
		return spare / 2
	}
	return int(math.RoundToEven(float64(spare) / 2))
}
