package kind

import (
	"fmt"
	"math"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// segmentation is the predicted class of every pixel of a picture, row by row.
type segmentation struct {
	h, w  int
	class []int
}

// predictPixels runs the model and returns the best class of every pixel, for every picture.
func predictPixels(sc Scene, tensor string) ([]segmentation, error) {
	dims, values, err := sc.Values(tensor, nil)
	if err != nil {
		return nil, err
	}
	batch, classes, h, w := dims[0], dims[1], dims[2], dims[3]
	if classes == 1 {
		return nil, fmt.Errorf("the output has one class only, so every pixel is predicted as it; give a mask")
	}
	var out []segmentation
	for i := range batch {
		p := segmentation{h, w, make([]int, h*w)}
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

// neighbours returns the pixels above, below, left and right of a pixel.
func (p segmentation) neighbours(k int) []int {
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

// classes returns the classes that are predicted anywhere, in rising order.
func (p segmentation) classes() []int {
	sorted := slices.Clone(p.class)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// resolveMasks looks up a class of a segmentation that is scored over masks [h, w]. It takes the masks of the target.
// If there are none, predict makes them from the model's own segmentation.
func resolveMasks(sc Scene, s Spec, predict func(p segmentation, class int) (heatmap.Grid, error)) (
	ResolvedTarget, error) {
	r, err := element(sc, s, "region", Places)
	if err != nil {
		return r, err
	}
	masks := s.Masks
	if len(masks) == 0 {
		seen, err := predictPixels(sc, r.Tensors[0])
		if err != nil {
			return r, err
		}
		for i, p := range seen {
			m, err := predict(p, int(r.Index[i]))
			if err != nil {
				return r, err
			}
			masks = append(masks, m)
		}
	}
	if len(masks) != 1 && len(masks) != sc.Batch() {
		return r, fmt.Errorf("it has %d masks for %d pictures; give one, or one for each picture", len(masks), sc.Batch())
	}
	for i := range sc.Batch() {
		weights, err := maskWeights(masks[i%len(masks)], r.Shape[2], r.Shape[3], s.Mean)
		if err != nil {
			return r, err
		}
		r.Argument = append(r.Argument, weights...)
	}
	return r, nil
}

// maskWeights returns the values of a mask of h x w pixels. For a mean it divides them by their sum.
func maskWeights(m heatmap.Grid, h, w int, mean bool) ([]float32, error) {
	if m.H != h || m.W != w {
		return nil, fmt.Errorf("the mask is %d x %d pixels and the output %d x %d (width x height); bring it to the output's size, a weight for each of its pixels", m.W, m.H, w, h)
	}
	var sum, size float32
	for _, v := range m.Values {
		sum += v
		size += max(v, -v)
	}
	switch {
	case math.IsNaN(float64(size)) || math.IsInf(float64(size), 0):
		return nil, fmt.Errorf("the mask holds values that are no numbers")
	case size == 0:
		return nil, fmt.Errorf("the mask is empty: no pixel counts")
	case mean && sum == 0:
		return nil, fmt.Errorf("the weights of the mask add up to zero, so there is no mean over it; take the sum")
	}
	out := slices.Clone(m.Values)
	if mean {
		for k := range out {
			out[k] /= sum
		}
	}
	return out, nil
}

// meanSuffix returns the end of the command line's text if a region is scored by its mean.
func meanSuffix(s Spec) string {
	if s.Mean {
		return ":mean"
	}
	return ""
}
