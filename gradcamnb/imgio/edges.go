package imgio

import (
	"fmt"
	"image"
	"math"
)

func init() { fits[Edges] = placeStretch } // see [Prep.ForSize]

// Edges keeps the picture's ratio of width to height. The model's input is the whole picture, so its size differs from
// picture to picture. The shorter side is scaled to Prep.Resize pixels. If the longer side would then be longer than
// Prep.Longest, it is scaled to that instead. A limit of 0 means no limit; without both, the picture keeps its size.
// [Prep.ForSize] computes the size.
const Edges Fit = "edges"

// ForSize returns the preprocessing for pictures of w x h pixels. If the fit is [Edges], or a letterbox with a stride,
// it becomes one to a width and a height. It returns an error if a side would be longer than a model's input may be.
func (p Prep) ForSize(w, h int) (Prep, error) {
	of := p
	switch {
	case w < 1 || h < 1:
		return p, nil
	case p.Fit == Letterbox && p.Stride > 0:
		of = p.rectangle(w, h)
	case p.Fit == Edges && p.Width == 0: // both sides are scaled to a size that is given
		of = p.edges(w, h).addBars()
	}
	if of.Width > maxInput || of.Height > maxInput {
		return p, fmt.Errorf("preprocessing: a picture of %d x %d pixels would make an input of %d x %d, and a side has at "+
			"most %d: explain a part of the picture, or write a smaller \"longest\"", w, h, of.Width, of.Height, maxInput)
	}
	return of, nil
}

// edges returns the preprocessing that stretches pictures of w x h pixels as [Edges] says.
//
// Let a be the shorter side, b the longer one, s the limit Resize and m the limit Longest. The shorter side becomes s,
// or m a/b if s b/a > m. The longer side becomes that times b/a, rounded down. See transformers 5.24.0,
// image_transforms.py (get_size_with_aspect_ratio). With RoundSides both sides are multiplied by min(s/a, m/b) and
// rounded to the nearest. See mmcv 2.1.0, image/geometric.py (rescale_size).
func (p Prep) edges(w, h int) Prep {
	p.Fit, p.Width, p.Height = Stretch, w, h
	short, long := float64(min(w, h)), float64(max(w, h))
	limit, longest := p.Resize, float64(p.Longest)
	p.Resize, p.Longest = 0, 0
	if p.RoundSides && limit > 0 {
		ratio := float64(limit) / short
		if longest > 0 {
			ratio = min(ratio, longest/long)
		}
		p.Width, p.Height = max(1, int(float64(w)*ratio+0.5)), max(1, int(float64(h)*ratio+0.5))
		return p
	}
	exact, side := float64(limit), limit
	if longest > 0 && (side == 0 && long > longest || long/short*exact > longest) {
		exact = longest * short / long
		side = int(math.RoundToEven(exact))
	}
	if side == 0 || side == min(w, h) {
		return p
	}
	other := max(1, int(exact*long/short))
	if p.Width, p.Height = other, side; w < h {
		p.Width, p.Height = side, other
	}
	return p
}

// addBars returns the preprocessing, which stretches a picture to its size, with bars right and below up to the next
// multiples of the stride.
func (p Prep) addBars() Prep {
	s := p.Stride
	p.Stride, p.RoundSides = 0, false
	if s < 1 || p.Width%s == 0 && p.Height%s == 0 {
		return p
	}
	p.scaled = image.Pt(p.Width, p.Height)
	p.Fit, p.At = Letterbox, Corner
	p.Width, p.Height = (p.Width+s-1)/s*s, (p.Height+s-1)/s*s
	return p
}

// clearBars sets the part of the model's input that lies beside the picture to 0.
func (p Prep) clearBars(values []float32, at placement, layout Layout) {
	seen := image.Rect(0, 0, at.w, at.h).Sub(image.Pt(at.left, at.top))
	channels := p.Channels()
	for i := range p.Width * p.Height {
		if (image.Point{X: i % p.Width, Y: i / p.Width}).In(seen) {
			continue
		}
		for c := range channels {
			if layout == ChannelsLast {
				values[channels*i+c] = 0
			} else {
				values[c*p.Width*p.Height+i] = 0
			}
		}
	}
}

// checkEdges returns an error if a limit of [Edges] is wrong.
func (p Prep) checkEdges() error {
	if p.Resize < 0 || p.Resize > maxInput || p.Longest < 0 || p.Longest > maxInput {
		return fmt.Errorf("preprocessing: resize %d or longest %d is not between 0 and %d", p.Resize, p.Longest, maxInput)
	}
	return nil
}
