// Package imgio turns pictures into model inputs and remembers the geometry:
// reading image files upright and safely, and resizing, cropping or letterboxing
// them to what a model wants, together with the [Frame] that leads back.
package imgio

import "image"

// Fit is how a picture is brought to the model's input size.
type Fit string

const (
	Stretch   Fit = "stretch"   // both sides scaled to the input size, aspect ratio not kept
	Crop      Fit = "crop"      // the shorter side scaled to Prep.Resize, then the centre cut out
	Letterbox Fit = "letterbox" // the longer side scaled to the input size, the rest filled with Prep.Pad
)

// Layout is the order of a model input's axes.
type Layout string

const (
	ChannelsFirst Layout = "NCHW" // [batch, channels, height, width]
	ChannelsLast  Layout = "NHWC" // [batch, height, width, channels]
)

// Prep is the preprocessing of a model: picture to input tensor. A pixel
// channel p in 0..255 becomes (p - Mean) / Scale.
type Prep struct {
	Width  int        `json:"width"`
	Height int        `json:"height"`
	Fit    Fit        `json:"fit"`
	Resize int        `json:"resize,omitempty"` // Crop only: length of the shorter side before the cut; 0 means the input size
	Pad    uint8      `json:"pad,omitempty"`    // Letterbox only: grey value of the bars
	Mean   [3]float32 `json:"mean"`
	Scale  [3]float32 `json:"scale"`
	Order  string     `json:"order"` // "RGB" or "BGR"
}

// Tensor prepares a picture: the values of one model input without the batch
// axis, [height, width, 3] or [3, height, width] as the layout says, and the
// frame that leads back to the picture.
func (p Prep) Tensor(img image.Image, layout Layout) ([]float32, Frame, error) {
	panic("imgio: not written yet")
}

// Open reads the picture in a file. See [Decode].
func Open(path string) (image.Image, error) { panic("imgio: not written yet") }

// MustOpen is Open that panics with the error.
func MustOpen(path string) image.Image { panic("imgio: not written yet") }
