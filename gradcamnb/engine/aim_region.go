package engine

import (
	"fmt"
	"image"
	"math"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// mask lays the masks of a region out as [batch, h, w], divided by their sum for a mean.
// Without masks the model's own prediction makes them.
func (s aiming) mask(a *aim, t gradcamnb.Target) error {
	masks := t.Masks
	if len(masks) == 0 {
		predicted, err := s.predicted(a)
		if err != nil {
			return err
		}
		for i, p := range predicted {
			m, err := p.region(int(a.index[i]), t)
			if err != nil {
				return err
			}
			masks = append(masks, m)
		}
	}
	if len(masks) != 1 && len(masks) != s.batch {
		return fmt.Errorf("it has %d masks for %d pictures; give one, or one a picture", len(masks), s.batch)
	}
	h, w := a.shape[2], a.shape[3]
	for i := range s.batch {
		m := masks[i%len(masks)]
		if m.H != h || m.W != w {
			return fmt.Errorf("the mask is %d x %d pixels and the output %d x %d (width x height); bring it to the output's size, a weight for each of its pixels", m.W, m.H, w, h)
		}
		var sum, size float32
		for _, v := range m.Values {
			sum += v
			size += max(v, -v)
		}
		switch {
		case notFinite(size):
			return fmt.Errorf("the mask holds values that are no numbers")
		case size == 0:
			return fmt.Errorf("the mask is empty: no pixel counts")
		case t.Mean && sum == 0:
			return fmt.Errorf("the weights of the mask add up to zero, so there is no mean over it; take the sum")
		}
		for _, v := range m.Values {
			if t.Mean {
				v /= sum
			}
			a.beside = append(a.beside, v)
		}
	}
	return nil
}

func notFinite(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) }

// predictedClasses is the class of every pixel of a segmentation, row by row.
type predictedClasses struct {
	h, w  int
	class []int
}

// predicted runs the model and takes the best class of every pixel of every picture.
func (s aiming) predicted(a *aim) ([]predictedClasses, error) {
	dims, values, err := s.look(a.tensor(), gradcamnb.Target{})
	if err != nil {
		return nil, err
	}
	batch, classes, h, w := dims[0], dims[1], dims[2], dims[3]
	if classes == 1 {
		return nil, fmt.Errorf("the output has one class only, so every pixel is predicted as it; give a mask")
	}
	var out []predictedClasses
	for i := range batch {
		p := predictedClasses{h, w, make([]int, h*w)}
		of := func(c, k int) float32 { return values[(i*classes+c)*h*w+k] }
		for k := range p.class {
			for c := range classes {
				if of(c, k) > of(p.class[k], k) {
					p.class[k] = c
				}
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// region is where the class is predicted, or the part of it that holds the target's point.
func (p predictedClasses) region(class int, t gradcamnb.Target) (heatmap.Grid, error) {
	m := heatmap.NewGrid(p.w, p.h)
	if t.Kind == "part" {
		at := t.Point
		if !at.In(image.Rect(0, 0, p.w, p.h)) {
			return m, fmt.Errorf("the pixel (%d, %d) is outside the segmentation of %d x %d pixels", at.X, at.Y, p.w, p.h)
		}
		if got := p.class[at.Y*p.w+at.X]; got != class {
			return m, fmt.Errorf("the pixel (%d, %d) is predicted as class %d and not as class %d, so no part of the latter holds it", at.X, at.Y, got, class)
		}
		p.flood(m.Values, at.Y*p.w+at.X)
		return m, nil
	}
	empty := true
	for k, c := range p.class {
		if c == class {
			m.Values[k], empty = 1, false
		}
	}
	if empty {
		return m, fmt.Errorf("no pixel is predicted as class %d, so its region is empty; the classes that are predicted are %v", class, p.classes())
	}
	return m, nil
}

// flood marks everything of one class that is connected, side by side, with a pixel.
func (p predictedClasses) flood(mark []float32, from int) {
	todo := []int{from}
	for len(todo) > 0 {
		k := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if mark[k] != 0 {
			continue
		}
		mark[k] = 1
		for _, n := range p.neighbours(k) {
			if p.class[n] == p.class[from] {
				todo = append(todo, n)
			}
		}
	}
}

// neighbours are the pixels above, below and beside a pixel.
func (p predictedClasses) neighbours(k int) []int {
	var out []int
	if k >= p.w {
		out = append(out, k-p.w)
	}
	if k+p.w < len(p.class) {
		out = append(out, k+p.w)
	}
	if k%p.w > 0 {
		out = append(out, k-1)
	}
	if k%p.w < p.w-1 {
		out = append(out, k+1)
	}
	return out
}

func (p predictedClasses) classes() []int {
	sorted := slices.Clone(p.class)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// border weighs the pixels of two predicted regions that touch: 1 for the first class, -1
// for the other, there; divided by their number for a mean.
func (s aiming) border(a *aim, t gradcamnb.Target) error {
	if len(a.shape) != 4 {
		return fmt.Errorf("the output has the shape %v and is no segmentation, [batch, classes, height, width]", a.shape)
	}
	predicted, err := s.predicted(a)
	if err != nil {
		return err
	}
	one, other := t.Index[0], t.Index[1]
	for _, p := range predicted {
		weights := make([]float32, a.shape[1]*p.h*p.w)
		n := 0
		for k, c := range p.class {
			rival := one + other - c
			if c != one && c != other || !slices.ContainsFunc(p.neighbours(k), func(n int) bool { return p.class[n] == rival }) {
				continue
			}
			weights[one*p.h*p.w+k], weights[other*p.h*p.w+k] = 1, -1
			n++
		}
		if n == 0 {
			return fmt.Errorf("no pixel that is predicted as class %d touches one of class %d; the classes that are predicted are %v", one, other, p.classes())
		}
		if t.Mean {
			for k := range weights {
				weights[k] /= float32(n)
			}
		}
		a.beside = append(a.beside, weights...)
	}
	return nil
}
