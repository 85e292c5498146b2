package imgio

import (
	"fmt"
	"math"
)

// Networks in use take channels whose range is between 1 wide (divided by 255) and 255 wide (as they are), and no
// farther from 0 than 255. These bounds leave some room beyond that.
const (
	widest    = 1.5 * 255
	farthest  = 300
	narrowest = 0.02
)

// Strange returns a sentence that says why a network cannot have been trained with the preprocessing, or an empty text
// if it can. Mean and scale are for pixels from 0 to 255, but papers and libraries often give them for pixels from 0 to
// 1: with ImageNet's 0.485 and 0.229 a white pixel would become 1111.
func (p Prep) Strange() string {
	small := p.Channels() > 0 // all means
	for i := range p.Channels() {
		mean, scale := p.normal(i)
		black, white := float64((0-mean)/scale), float64((255-mean)/scale)
		makes := fmt.Sprintf("The preprocessing makes values from %.4g to %.4g of pixels of 0 to 255", black, white)
		switch reach := math.Abs(white - black); {
		case reach > widest:
			return fmt.Sprintf("%s: its mean %v and scale %v look like those of pixels of 0 to 1; multiply both by 255.", makes,
				p.Mean, p.Scale)
		case max(math.Abs(black), math.Abs(white)) > farthest:
			return fmt.Sprintf("%s, and networks take at most 255: look at its mean %v and scale %v.", makes, p.Mean, p.Scale)
		case reach < narrowest:
			return fmt.Sprintf("%s, so the model's input is nearly the same everywhere: its scale %v is too large.", makes,
				p.Scale)
		}
		small = small && mean > 0 && mean < 1
	}
	if nearly(p.Mean, imageNetScale) && nearly(p.Scale, imageNetMean) {
		return fmt.Sprintf("The preprocessing subtracts %v and divides by %v, which are ImageNet's standard deviations and means: the two look exchanged.", p.Mean, p.Scale)
	}
	if small {
		return fmt.Sprintf("The preprocessing takes a mean %v from pixels of 0 to 255, which is nearly nothing: it looks like that of pixels of 0 to 1; multiply it by 255.", p.Mean)
	}
	return ""
}

// These are the means and standard deviations of ImageNet's colours, as torchvision has them.
var imageNetMean, imageNetScale = [3]float32{123.675, 116.28, 103.53}, [3]float32{58.395, 57.12, 57.375}

// nearly tells whether numbers are the same but for rounding to whole ones.
func nearly(a, b [3]float32) bool {
	for i := range a {
		if !(math.Abs(float64(a[i]-b[i])) <= 1) {
			return false
		}
	}
	return true
}

// Levels returns how many whole numbers there are between what the preprocessing makes of black and of white, in the
// channel with the fewest.
func (p Prep) Levels() int {
	least := math.Inf(1)
	for i := range p.Channels() {
		_, scale := p.normal(i)
		least = min(least, math.Abs(255/float64(scale)))
	}
	return int(least) + 1
}
