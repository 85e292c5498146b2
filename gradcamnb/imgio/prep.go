package imgio

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"
)

// Fit is how a picture is brought to the model's input size.
type Fit string

// The ways to fit.
const (
	Stretch   Fit = "stretch"   // both sides scaled to the input size, aspect ratio not kept
	Crop      Fit = "crop"      // the shorter side scaled to Prep.Resize, then the centre cut out
	Letterbox Fit = "letterbox" // the longer side scaled to the input size, the rest filled with Prep.Pad
)

// Filter is how pixels are interpolated where a picture is scaled.
type Filter string

// The filters, PIL's of the same names.
const (
	Nearest  Filter = "nearest"
	Bilinear Filter = "bilinear"
	Bicubic  Filter = "bicubic"
	Lanczos  Filter = "lanczos"
)

// kernels are the filters as functions of the distance, in pixels of the smaller
// picture. Bicubic is Keys' with a = -1/2, as in PIL; Lanczos is sinc(t) sinc(t/3).
var kernels = map[Filter]draw.Interpolator{
	"":       draw.BiLinear,
	Bilinear: draw.BiLinear,
	Bicubic:  draw.CatmullRom,
	Lanczos: &draw.Kernel{Support: 3, At: func(t float64) float64 {
		if t == 0 {
			return 1
		}
		x := math.Pi * t
		return 3 * math.Sin(x) * math.Sin(x/3) / (x * x)
	}},
	Nearest: draw.NearestNeighbor,
}

// Layout is the order of a model input's axes.
type Layout string

// The layouts.
const (
	ChannelsFirst Layout = "NCHW" // [batch, channels, height, width]
	ChannelsLast  Layout = "NHWC" // [batch, height, width, channels]
)

// Prep is the preprocessing of a model: picture to input tensor. A pixel
// channel p in 0..255 becomes (p - Mean) / Scale.
//
// Pictures are scaled bilinearly, or by the given Filter, which is widened where they
// shrink, as PIL and so torchvision do. A picture that already has the wanted size is not
// touched.
type Prep struct {
	Width  int        `json:"width"`
	Height int        `json:"height"`
	Fit    Fit        `json:"fit"`
	Resize int        `json:"resize,omitempty"` // Crop: length of the shorter side before the centre is cut out; Stretch: of both sides; 0 means just enough to fill the input
	Filter Filter     `json:"filter,omitempty"` // default: bilinear
	Pad    uint8      `json:"pad,omitempty"`    // Letterbox only: grey value of the bars
	Mean   [3]float32 `json:"mean"`
	Scale  [3]float32 `json:"scale"`
	Order  string     `json:"order"` // "RGB", "BGR", "L" (grey, PIL's), "LA", "RGBA" or "BGRA"

	// AlphaMean and AlphaScale are those of the alpha channel, of an order that has one. Where
	// AlphaScale is 0 they are the colours', which must then be alike.
	AlphaMean  float32 `json:"alpha_mean,omitempty"`
	AlphaScale float32 `json:"alpha_scale,omitempty"`
}

// maxSide bounds the model's input, against a sidecar that asks for the impossible.
const maxSide = 8192

// Validate says what is wrong with the preprocessing, if anything is.
func (p Prep) Validate() error {
	switch {
	case p.Width < 1 || p.Height < 1 || p.Width > maxSide || p.Height > maxSide:
		return fmt.Errorf("preprocessing: the size %d x %d is not between 1 and %d", p.Width, p.Height, maxSide)
	case p.Fit != Stretch && p.Fit != Crop && p.Fit != Letterbox:
		return fmt.Errorf("preprocessing: fit %q is not known; there are %q, %q and %q", p.Fit, Stretch, Crop, Letterbox)
	case kernels[p.Filter] == nil:
		return fmt.Errorf("preprocessing: the filter %q is not known; there are %q, %q, %q and %q", p.Filter, Nearest, Bilinear, Bicubic, Lanczos)
	case p.Resize < 0 || p.Resize > maxSide:
		return fmt.Errorf("preprocessing: resize %d is not between 0 and %d", p.Resize, maxSide)
	case p.Resize != 0 && p.Fit == Stretch && p.Resize < max(p.Width, p.Height), p.Resize != 0 && p.Resize < min(p.Width, p.Height):
		return fmt.Errorf("preprocessing: resize %d is smaller than the size %d x %d that is cut out of it", p.Resize, p.Width, p.Height)
	}
	return p.checkChannels()
}

// Tensor prepares a picture: the values of one model input without the batch
// axis, [height, width, channels] or [channels, height, width] as the layout says, and
// the frame that leads back to the picture.
func (p Prep) Tensor(img image.Image, layout Layout) ([]float32, Frame, error) {
	if err := p.Validate(); err != nil {
		return nil, Frame{}, err
	}
	if img == nil || img.Bounds().Empty() {
		return nil, Frame{}, errors.New("the picture is empty")
	}
	img = p.grey(img)
	frame := p.frame(img.Bounds().Dx(), img.Bounds().Dy())
	return p.values(p.resample(img, frame), layout), frame, nil
}

// Part is [Prep.Tensor] of what lies in a box of the picture, in pixels from its top left
// corner; the frame is that of the whole picture. An empty box means the whole.
func (p Prep) Part(img image.Image, box image.Rectangle, layout Layout) ([]float32, Frame, error) {
	if img == nil || img.Bounds().Empty() || box.Empty() && box == (image.Rectangle{}) {
		return p.Tensor(img, layout)
	}
	b := img.Bounds()
	whole := image.Rect(0, 0, b.Dx(), b.Dy())
	if box.Empty() || !box.In(whole) {
		return nil, Frame{}, fmt.Errorf("the box %v is empty or not within the picture of %d x %d pixels", box, b.Dx(), b.Dy())
	}
	part := image.NewNRGBA(image.Rect(0, 0, box.Dx(), box.Dy()))
	draw.Draw(part, part.Bounds(), img, b.Min.Add(box.Min), draw.Src)
	values, f, err := p.Tensor(part, layout)
	f.PictureW, f.PictureH = b.Dx(), b.Dy()
	f.X0 += float64(box.Min.X)
	f.Y0 += float64(box.Min.Y)
	return values, f, err
}

// frame places the model's input in a picture of size w x h.
func (p Prep) frame(w, h int) Frame {
	f := Frame{PictureW: w, PictureH: h, ModelW: p.Width, ModelH: p.Height}
	sx, sy := float64(w)/float64(p.Width), float64(h)/float64(p.Height)
	switch p.Fit {
	case Stretch:
		if p.Resize > 0 {
			sx, sy = float64(w)/float64(p.Resize), float64(h)/float64(p.Resize)
		}
	case Crop:
		scale := min(sx, sy) // the input just fills up
		if p.Resize > 0 {
			scale = float64(min(w, h)) / float64(p.Resize)
		}
		sx, sy = scale, scale
	case Letterbox:
		sx = max(sx, sy)
		sy = sx
	}
	f.ScaleX, f.ScaleY = sx, sy
	f.X0 = (float64(w) - sx*float64(p.Width)) / 2
	f.Y0 = (float64(h) - sy*float64(p.Height)) / 2
	return f
}

// resample draws the picture as the model's input sees it.
func (p Prep) resample(img image.Image, f Frame) *image.NRGBA {
	b := img.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, p.Width, p.Height))
	draw.Draw(out, out.Bounds(), image.NewUniform(color.Gray{p.Pad}), image.Point{}, draw.Src)
	if f.ScaleX == 1 && f.ScaleY == 1 && f.X0 == math.Trunc(f.X0) && f.Y0 == math.Trunc(f.Y0) {
		draw.Draw(out, out.Bounds().Intersect(b.Sub(b.Min).Sub(image.Pt(int(f.X0), int(f.Y0)))), img, b.Min.Add(image.Pt(max(0, int(f.X0)), max(0, int(f.Y0)))), draw.Src)
		return out
	}
	// The whole picture's place in the input, of which out is the visible part.
	u0, v0 := f.ToModel(0, 0)
	u1, v1 := f.ToModel(float64(f.PictureW), float64(f.PictureH))
	place := image.Rect(int(math.Round(u0)), int(math.Round(v0)), int(math.Round(u1)), int(math.Round(v1)))
	if place.Empty() {
		place.Max = place.Min.Add(image.Pt(max(1, place.Dx()), max(1, place.Dy())))
	}
	kernels[p.Filter].Scale(out, place, img, b, draw.Src, nil)
	return out
}
