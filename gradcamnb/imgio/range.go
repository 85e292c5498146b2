package imgio

import "fmt"

// What a channel of 0 to 255 becomes in the networks in use reaches over 1 (divided by 255) to 255
// (as it is).
const (
	widest    = 1.5 * 255
	narrowest = 0.02
)

// Strange says, as a sentence, why a network cannot have been trained with the preprocessing; empty
// if it can. Mean and scale are of pixels of 0 to 255, and papers and libraries often give those of
// 0 to 1.
func (p Prep) Strange() string {
	wide, narrow, small := true, true, true
	for i := range p.Channels() {
		mean, scale := p.normal(i)
		reach := 255 / max(scale, -scale)
		wide, narrow, small = wide && reach > widest, narrow && reach < narrowest, small && mean > 0 && mean < 1
	}
	_, scale := p.normal(0)
	lo, hi := (0-p.Mean[0])/scale, (255-p.Mean[0])/scale
	switch {
	case p.Channels() == 0:
		return ""
	case wide:
		return fmt.Sprintf("The preprocessing makes values from %.4g to %.4g of pixels of 0 to 255: its mean %v and scale %v look like those of pixels of 0 to 1; multiply both by 255.", lo, hi, p.Mean, p.Scale)
	case narrow:
		return fmt.Sprintf("The preprocessing makes values from %.4g to %.4g of pixels of 0 to 255, so the model's input is nearly the same everywhere: its scale %v is too large.", lo, hi, p.Scale)
	case small:
		return fmt.Sprintf("The preprocessing takes a mean %v from pixels of 0 to 255, which is nearly nothing: it looks like that of pixels of 0 to 1; multiply it by 255.", p.Mean)
	}
	return ""
}
