package imgio

import (
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
	"strings"

	"golang.org/x/image/draw"

	"github.com/gradcam-go/gradcam/internal/opaque"
)

// orders holds the channels of a model's input by the name of their order. 0 to 2 are red, green and blue, 3 is alpha,
// and grey is the brightness.
var orders = map[string][]int{
	"RGB": {0, 1, 2}, "BGR": {2, 1, 0}, "L": {grey}, "LA": {grey, alpha}, "RGBA": {0, 1, 2, alpha},
	"BGRA": {2, 1, 0, alpha},
}

const (
	alpha = 3
	grey  = 4
)

// orderNames lists the names of the orders, for messages.
const orderNames = `"RGB", "BGR", "L" (grey), "LA" (grey and alpha), "RGBA" and "BGRA"`

// ForChannels returns the preprocessing for a model that takes the given number of channels; 0 means that it takes any
// number. If the preprocessing is made for three colours, a model of one channel takes the brightness, a model of two
// the brightness and alpha, and a model of four the colours and alpha. It returns an error if a picture has no such
// channels, or if a mean or scale differs by colour and the model takes no colours.
func (p Prep) ForChannels(channels int) (Prep, error) {
	if channels == 0 || p.Channels() == channels {
		return p, nil
	}
	if channels > 4 {
		return p, fmt.Errorf("the model takes %d channels, and a picture has 1 (grey), 2 (grey and alpha), 3 (colours) or 4 (colours and alpha): give a tensor in place of the picture", channels)
	}
	if p.Order != "RGB" && p.Order != "BGR" {
		return p, fmt.Errorf("the model takes %d channels, and the preprocessing's order %q has %d", channels, p.Order,
			p.Channels())
	}
	if channels < 3 && (!alike(p.Mean) || !alike(p.Scale)) {
		return p, fmt.Errorf("the model takes %d channels, and the preprocessing has a mean %v and a scale %v for each of three colours: give one number for either", channels, p.Mean, p.Scale)
	}
	p.Order = []string{"L", "LA", p.Order, p.Order + "A"}[channels-1]
	return p, p.checkChannels()
}

// Channels returns the number of channels of the model's input.
func (p Prep) Channels() int { return len(orders[p.Order]) }

func alike(v [3]float32) bool { return v[0] == v[1] && v[1] == v[2] }

// checkChannels returns an error if the order of the channels is unknown, or if the mean or scale does not fit it.
func (p Prep) checkChannels() error {
	channels, ok := orders[p.Order]
	if !ok {
		return fmt.Errorf("preprocessing: order %q is not known; there are %s", p.Order, orderNames)
	}
	if p.takesAlpha() && p.AlphaScale == 0 && (!alike(p.Mean) || !alike(p.Scale)) {
		return fmt.Errorf("preprocessing: the order %q has an alpha channel, and mean %v and scale %v differ by colour: say alpha_mean and alpha_scale, too", p.Order, p.Mean, p.Scale)
	}
	if p.Scale == [3]float32{} {
		return errors.New("preprocessing: the scale is missing or divides by zero: 255 makes values from 0 to 1, and beside a mean it is 255 times the standard deviation")
	}
	for i := range channels {
		if _, s := p.normal(i); s == 0 || math.IsNaN(float64(s)) || math.IsInf(float64(s), 0) {
			return fmt.Errorf("preprocessing: the scale %v divides by zero or is no number", p.Scale)
		}
	}
	return nil
}

// normal returns the mean and the scale of the i-th channel of the model's input.
func (p Prep) normal(i int) (mean, scale float32) {
	switch orders[p.Order][i] {
	case grey:
		return p.Mean[0], p.Scale[0]
	case alpha:
		if p.AlphaScale == 0 {
			return p.Mean[0], p.Scale[0]
		}
		return p.AlphaMean, p.AlphaScale
	}
	return p.Mean[i], p.Scale[i]
}

// Black returns the value of an opaque black pixel in the i-th channel of the model's input.
func (p Prep) Black(i int) float32 {
	mean, scale := p.normal(i)
	if orders[p.Order][i] == alpha {
		return (255 - mean) / scale
	}
	return -mean / scale
}

// pixels returns the picture with its corner at (0, 0). It is opaque unless the model takes an alpha channel.
func (p Prep) pixels(img image.Image) *image.NRGBA {
	if p.takesAlpha() {
		img = Straight(img)
	}
	n, ok := img.(*image.NRGBA)
	if ok && n.Rect.Min == (image.Point{}) && (p.takesAlpha() || opaque.Is(n)) {
		return n
	}
	out := image.NewNRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Src)
	if !p.takesAlpha() {
		for i := 3; i < len(out.Pix); i += 4 {
			out.Pix[i] = 255
		}
	}
	return out
}

func (p Prep) takesAlpha() bool { return slices.Contains(orders[p.Order], alpha) }

// grey returns the picture with its brightness in place of its colours, as PIL's mode L has it, if the model takes the
// brightness:
//
//	L = (19595 R + 38470 G + 7471 B) / 65536, rounded
func (p Prep) grey(img *image.NRGBA) *image.NRGBA {
	if !strings.HasPrefix(p.Order, "L") {
		return img
	}
	out := image.NewNRGBA(image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy()))
	for y := range img.Rect.Dy() {
		from, to := img.Pix[y*img.Stride:], out.Pix[y*out.Stride:]
		for x := 0; x < 4*img.Rect.Dx(); x += 4 {
			l := uint8((19595*uint32(from[x]) + 38470*uint32(from[x+1]) + 7471*uint32(from[x+2]) + 1<<15) >> 16)
			to[x], to[x+1], to[x+2], to[x+3] = l, l, l, from[x+3]
		}
	}
	return out
}

// values returns the normalised pixels in the model's layout.
func (p Prep) values(img *image.NRGBA, layout Layout) []float32 {
	channels := orders[p.Order]
	n := p.Width * p.Height
	out := make([]float32, len(channels)*n)
	for c, from := range channels {
		if from == grey {
			from = 0
		}
		mean, scale := p.normal(c)
		for i := range n {
			v := (float32(img.Pix[4*i+from]) - mean) / scale
			if layout == ChannelsLast {
				out[len(channels)*i+c] = v
			} else {
				out[c*n+i] = v
			}
		}
	}
	return out
}
