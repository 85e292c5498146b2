package imgio

import (
	"fmt"
	"math"
)

func init() { fits[Edges] = placeStretch } // see [Prep.ForSize]

// Edges keeps the picture's ratio of width to height. The model's input is the whole picture, so its size differs from
// picture to picture. The shorter side is scaled to Prep.Resize pixels. If the longer side would then be longer than
// Prep.Longest, it is scaled to that instead. A limit of 0 means no limit; without both, the picture keeps its size.
// [Prep.ForSize] computes the size.
const Edges Fit = "edges"

// ForSize returns the preprocessing for pictures of w x h pixels. If the fit is [Edges], it becomes [Stretch] to a
// width and a height.
//
// Let a be the shorter side, b the longer one, s the limit Resize and m the limit Longest. The shorter side becomes s,
// or m a/b if s b/a > m. The longer side becomes that times b/a, rounded down. See transformers 5.24.0,
// image_transforms.py (get_size_with_aspect_ratio).
func (p Prep) ForSize(w, h int) Prep {
	if p.Fit != Edges || p.Width > 0 || w < 1 || h < 1 { // both sides are scaled to a size that is given
		return p
	}
	p.Fit, p.Width, p.Height = Stretch, w, h
	short, long := float64(min(w, h)), float64(max(w, h))
	exact := float64(p.Resize)
	side := p.Resize
	if p.Longest > 0 && (side == 0 && long > float64(p.Longest) || long/short*exact > float64(p.Longest)) {
		exact = float64(p.Longest) * short / long
		side = int(math.RoundToEven(exact))
	}
	p.Resize, p.Longest = 0, 0
	if side == 0 || side == min(w, h) {
		return p
	}
	other := max(1, int(exact*long/short))
	if p.Width, p.Height = other, side; w < h {
		p.Width, p.Height = side, other
	}
	return p
}

// checkEdges returns an error if a limit of [Edges] is wrong.
func (p Prep) checkEdges() error {
	if p.Resize < 0 || p.Resize > maxInput || p.Longest < 0 || p.Longest > maxInput {
		return fmt.Errorf("preprocessing: resize %d or longest %d is not between 0 and %d", p.Resize, p.Longest, maxInput)
	}
	return nil
}
