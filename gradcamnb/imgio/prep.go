package imgio

import (
	"errors"
	"fmt"
	"image"
	"math"

	"golang.org/x/image/draw"
)

// Fit says how a picture is brought to the model's input size.
type Fit string

// These are the ways to fit. See also [Edges].
const (
	Stretch   Fit = "stretch"   // each side scaled to the input size by itself
	Crop      Fit = "crop"      // the shorter side scaled to Prep.Resize, then the centre cut out
	Letterbox Fit = "letterbox" // the longer side scaled to the input size, the rest filled with Prep.Pad
)

// fits holds, for each way to fit, the function that places a picture of w x h pixels.
var fits = map[Fit]func(p Prep, w, h int) placement{}

// Margin says how the left and the upper margin of a cut are rounded if an odd number of pixels is cut away.
type Margin string

// These are the margins.
const (
	MarginEven Margin = "even" // to the even number: torchvision, timm
	MarginDown Margin = "down" // down: transformers, Keras
)

// Layout is the order of a model input's axes.
type Layout string

// These are the layouts.
const (
	ChannelsFirst Layout = "NCHW" // [batch, channels, height, width]
	ChannelsLast  Layout = "NHWC" // [batch, height, width, channels]
)

// Axes returns the numbers of the axes of channels, height and width in a batch of pictures.
func (l Layout) Axes() (channels, height, width int) {
	if l == ChannelsLast {
		return 3, 1, 2
	}
	return 1, 2, 3
}

// Size returns the height and width of pictures from the shape of a batch of them.
func (l Layout) Size(dims []int) [2]int {
	_, h, w := l.Axes()
	return [2]int{dims[h], dims[w]}
}

// Prep is the preprocessing of a model: it turns a picture into an input tensor. A channel p of a pixel, from 0 to 255,
// becomes (p - Mean) / Scale.
//
// A picture is scaled to whole pixels and then cut. It is scaled bilinearly or by the given Filter, which is widened if
// the picture shrinks, so the pixels are those of PIL, and of torchvision's and timm's transforms. A picture that
// already has the wanted size is not scaled.
type Prep struct {
	Width  int `json:"width"`  // of the model's input, in pixels
	Height int `json:"height"` // of the model's input, in pixels
	Fit    Fit `json:"fit"`    // how a picture of another size is fitted
	// Resize is a length in pixels. With Crop it is the length of the shorter side before the centre is cut out, with
	// Stretch of both sides, and with Edges of the shorter side. 0 means just enough to fill the input.
	Resize  int    `json:"resize,omitempty"`
	Longest int    `json:"longest,omitempty"` // Edges only: largest length of the longer side; 0 means any
	Margin  Margin `json:"margin,omitempty"`  // of what is cut away; default: even
	Filter  Filter `json:"filter,omitempty"`  // default: bilinear
	Pad     uint8  `json:"pad,omitempty"`     // Letterbox only: grey value of the bars
	At      Place  `json:"at,omitempty"`      // Letterbox only: default: the middle
	// Stride is a number of pixels. With Edges, bars on the right and below fill each side up to its next multiple. With
	// Letterbox, whole strides are taken off the bars, so Width and Height are the largest sides that an input can have.
	Stride     int        `json:"stride,omitempty"`
	ZeroBars   bool       `json:"zero_bars,omitempty"`   // bars are 0 in the model's input, whatever Pad says
	RoundSides bool       `json:"round_sides,omitempty"` // Edges only: sides are rounded to the nearest, as MMDetection does
	Mean       [3]float32 `json:"mean"`                  // subtracted from each channel
	Scale      [3]float32 `json:"scale"`                 // divides each channel after that
	Order      string     `json:"order"`                 // "RGB", "BGR", "L" (grey, PIL's), "LA", "RGBA" or "BGRA"

	// AlphaMean and AlphaScale are the mean and scale of the alpha channel, if the order has one. If AlphaScale is 0, the
	// alpha channel takes those of the colours, which must then be the same for all colours.
	AlphaMean  float32 `json:"alpha_mean,omitempty"`
	AlphaScale float32 `json:"alpha_scale,omitempty"` // divides the alpha channel

	scaled image.Point // Letterbox only: size that the picture is scaled to, if [Prep.ForSize] has settled it
	exact  float64     // with scaled: [placement]'s
}

// maxInput is the longest side of a model's input. It protects against a sidecar that asks for the impossible.
const maxInput = 8192

// Validate returns an error if something is wrong with the preprocessing.
func (p Prep) Validate() error {
	if err := p.checkSizes(); err != nil {
		return err
	}
	if err := p.checkNames(); err != nil {
		return err
	}
	for _, m := range p.Mean {
		if math.IsNaN(float64(m)) || math.IsInf(float64(m), 0) {
			return fmt.Errorf("preprocessing: the mean %v is no number", p.Mean)
		}
	}
	return p.checkChannels()
}

// checkSizes returns an error if a size is wrong.
func (p Prep) checkSizes() error {
	if p.Longest != 0 && p.Fit != Edges {
		return fmt.Errorf("preprocessing: \"longest\" belongs to the fit %q, but the fit is %q", Edges, p.Fit)
	}
	if err := p.checkStride(); err != nil {
		return err
	}
	if p.Fit == Edges && p.Width == 0 && p.Height == 0 { // the picture says it
		return p.checkEdges()
	}
	switch smallest := p.smallestResize(); {
	case p.Width < 1 || p.Height < 1 || p.Width > maxInput || p.Height > maxInput:
		return fmt.Errorf("preprocessing: the size %d x %d is not between 1 and %d", p.Width, p.Height, maxInput)
	case p.Resize < 0 || p.Resize > maxInput:
		return fmt.Errorf("preprocessing: resize %d is not between 0 and %d", p.Resize, maxInput)
	case p.Resize != 0 && p.Resize < smallest:
		return fmt.Errorf("preprocessing: resize %d is smaller than the size %d x %d that is cut out of it", p.Resize,
			p.Width, p.Height)
	}
	return nil
}

// checkStride returns an error if the stride is wrong, or of another fit.
func (p Prep) checkStride() error {
	switch {
	case p.Stride < 0 || p.Stride > maxInput:
		return fmt.Errorf("preprocessing: \"stride\" is %d, and must be from 0 to %d", p.Stride, maxInput)
	case p.Stride != 0 && p.Fit != Edges && p.Fit != Letterbox:
		return fmt.Errorf("preprocessing: \"stride\" belongs to the fits %q and %q, but the fit is %q", Edges, Letterbox, p.Fit)
	}
	return nil
}

// smallestResize returns the smallest Resize from which the input can be cut.
func (p Prep) smallestResize() int {
	if p.Fit == Stretch {
		return max(p.Width, p.Height)
	}
	return min(p.Width, p.Height)
}

// checkNames returns an error if a name is unknown or does not go with another one.
func (p Prep) checkNames() error {
	switch {
	case fits[p.Fit] == nil:
		return fmt.Errorf("preprocessing: fit %q is not known; there are %q, %q, %q and %q", p.Fit, Stretch, Crop, Letterbox, Edges)
	case p.Margin != "" && p.Margin != MarginEven && p.Margin != MarginDown:
		return fmt.Errorf("preprocessing: the margin %q is not known; there are %q and %q", p.Margin, MarginEven, MarginDown)
	case p.Filter != Nearest && kernels[p.Filter].at == nil:
		return fmt.Errorf("preprocessing: the filter %q is not known; there are %q, %q, %q, %q, %q, %q and %q",
			p.Filter, Nearest, Bilinear, Bicubic, Lanczos, Linear, CV2, CV2Cubic)
	case p.At != Middle && p.At != Corner && p.At != CornerDown && p.At != Ultralytics:
		return fmt.Errorf("preprocessing: a picture is not put at %q; there are %q, %q and %q, and the middle if nothing is said", p.At, Corner, CornerDown, Ultralytics)
	case p.At != Middle && p.Fit != Letterbox:
		return fmt.Errorf("preprocessing: \"at\" belongs to a letterbox, but the fit is %q", p.Fit)
	}
	return nil
}

// Tensor prepares a picture. It returns the values of one model input without the batch axis, [height, width, channels]
// or [channels, height, width] as the layout says, and the frame that leads back to the picture.
func (p Prep) Tensor(img image.Image, layout Layout) ([]float32, Frame, error) {
	if err := p.Validate(); err != nil {
		return nil, Frame{}, err
	}
	if img == nil || img.Bounds().Empty() {
		return nil, Frame{}, errors.New("the picture is empty")
	}
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	p, err := p.ForSize(w, h)
	if err != nil {
		return nil, Frame{}, err
	}
	at := fits[p.Fit](p, w, h)
	values := p.values(p.resample(p.grey(p.pixels(img)), at), layout)
	if p.ZeroBars {
		p.clearBars(values, at, layout)
	}
	return values, at.frame(p, w, h), nil
}

// Part is like [Prep.Tensor], for the part of the picture in a box, in pixels from its top left corner. The frame is
// that of the whole picture. An empty box means the whole.
func (p Prep) Part(img image.Image, box image.Rectangle, layout Layout) ([]float32, Frame, error) {
	if img == nil || img.Bounds().Empty() || box == (image.Rectangle{}) {
		return p.Tensor(img, layout)
	}
	b := img.Bounds()
	whole := image.Rect(0, 0, b.Dx(), b.Dy())
	if box.Empty() || !box.In(whole) {
		return nil, Frame{}, fmt.Errorf("the box %v is empty or not within the picture of %d x %d pixels", box, b.Dx(),
			b.Dy())
	}
	if p.takesAlpha() {
		img = Straight(img)
	}
	part := image.NewNRGBA(image.Rect(0, 0, box.Dx(), box.Dy()))
	draw.Draw(part, part.Bounds(), img, b.Min.Add(box.Min), draw.Src)
	values, f, err := p.Tensor(part, layout)
	f.PictureW, f.PictureH = b.Dx(), b.Dy()
	f.X0 += float64(box.Min.X)
	f.Y0 += float64(box.Min.Y)
	return values, f, err
}
