package imgio

import (
	"fmt"
	"math"
)

func init() { fits[Edges] = placeStretch } // see [Prep.ForSize]

// Edges keeps the picture's own ratio of width to height: the model's input is the whole picture, of another size for
// each. Its shorter side is scaled to Prep.Resize pixels, or its longer one to Prep.Longest if it were longer then; a
// limit of 0 is none, and with neither the picture keeps its size. [Prep.ForSize] says the size.
const Edges Fit = "edges"

// ForSize returns the preprocessing for pictures of w x h pixels: that of [Edges] becomes one to a width and a height.
//
// With the shorter side a, the longer one b and the limits s and m, the shorter one becomes s or, if b/a s > m, m a/b;
// the longer one that times b/a, rounded down; transformers 5.24.0, image_transforms.py (get_size_with_aspect_ratio).
func (p Prep) ForSize(w, h int) Prep {
	if p.Fit != Edges || p.Width > 0 || w < 1 || h < 1 { // of a given size both sides are scaled to it
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

// checkEdges says which limit of [Edges] is wrong, if one is.
func (p Prep) checkEdges() error {
	if p.Resize < 0 || p.Resize > maxInput || p.Longest < 0 || p.Longest > maxInput {
		return fmt.Errorf("preprocessing: resize %d or longest %d is not between 0 and %d", p.Resize, p.Longest, maxInput)
	}
	return nil
}
