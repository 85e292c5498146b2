package imgio

import (
	"fmt"
	"math"
)

// Doubt says in words why no network can have been trained on what the preprocessing makes of pictures; it is empty if
// one can. A pixel p of 0 to 255 becomes (p - mean) / scale:
//
//   - a mean and a scale for pixels of 0 to 1 make values of a thousand of it (ImageNet's 0.485 and 0.229: 1111), where
//     networks take at most 255;
//   - a scale for pixels that were divided by 255 already, or divided twice, leaves nearly one value for all.
func (p Prep) Doubt() string {
	const largest, smallest = 300, 0.02
	for i := range p.Channels() {
		mean, scale := p.normal(i)
		lo, hi := float64(-mean/scale), float64((255-mean)/scale)
		span, far := math.Abs(hi-lo), max(math.Abs(lo), math.Abs(hi))
		switch {
		case far > largest && math.Abs(float64(mean)) <= 1 && math.Abs(float64(scale)) <= 1:
			return fmt.Sprintf("the preprocessing makes values of up to %.0f of pixels from 0 to 255: the mean %v and the scale %v look like those of pixels from 0 to 1, so multiply both by 255", far, p.Mean, p.Scale)
		case far > largest:
			return fmt.Sprintf("the preprocessing makes values of up to %.0f of pixels from 0 to 255, and networks take at most 255: look at the mean %v and the scale %v", far, p.Mean, p.Scale)
		case span < smallest:
			return fmt.Sprintf("the preprocessing leaves all pixels within %.2g of each other: look at the mean %v and the scale %v, which are of pixels from 0 to 255", span, p.Mean, p.Scale)
		}
	}
	return ""
}
