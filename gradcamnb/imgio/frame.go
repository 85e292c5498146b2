package imgio

import (
	"image"
	"math"
)

// Frame says where the model's input lies in the original picture. For every fit it is one affine map: the point (u, v)
// of the model's input, in pixels from its top left corner, is the picture's point
//
//	x = X0 + u*ScaleX,  y = Y0 + v*ScaleY
//
// in pixels of the original picture, x right, y down. A stretched picture has X0 = Y0 = 0. A centre crop has X0 or Y0 >
// 0, because the model never saw the margin. A letterbox has X0 or Y0 < 0, because the model saw bars that the picture
// does not have. Pictures are scaled to whole pixels, so ScaleX and ScaleY of a crop or a letterbox can differ by a
// fraction of a pixel over the whole side.
type Frame struct {
	PictureW, PictureH int     // the original picture, in pixels
	ModelW, ModelH     int     // the model's input, in pixels
	X0, Y0             float64 // point of the picture at the input's corner
	ScaleX, ScaleY     float64 // pixels of the picture for one of the input
}

// WholeFrame returns the frame of a model whose input is the picture itself, of w x h pixels.
func WholeFrame(w, h int) Frame {
	return Frame{PictureW: w, PictureH: h, ModelW: w, ModelH: h, ScaleX: 1, ScaleY: 1}
}

// ToPicture returns the point of the picture for a point of the model's input.
func (f Frame) ToPicture(u, v float64) (x, y float64) {
	return f.X0 + u*f.ScaleX, f.Y0 + v*f.ScaleY
}

// ToModel returns the point of the model's input for a point of the picture.
func (f Frame) ToModel(x, y float64) (u, v float64) {
	return (x - f.X0) / f.ScaleX, (y - f.Y0) / f.ScaleY
}

// Seen returns the part of the original picture that the model saw, rounded outwards to whole pixels.
func (f Frame) Seen() image.Rectangle {
	x1, y1 := f.ToPicture(float64(f.ModelW), float64(f.ModelH))
	const slack = 1e-6 // a rounding error is no pixel
	seen := image.Rect(int(math.Floor(f.X0+slack)), int(math.Floor(f.Y0+slack)), int(math.Ceil(x1-slack)),
		int(math.Ceil(y1-slack)))
	return seen.Intersect(image.Rect(0, 0, f.PictureW, f.PictureH))
}

// placement says how a picture becomes the model's input: it is scaled to w x h pixels, and the input begins at the
// pixel (left, top) of that. left or top is negative if bars lie there.
type placement struct {
	w, h      int
	left, top int

	exact float64 // pixels of the input for one of the picture, if the frame ignores the rounding to whole pixels; else 0
}

// frame returns the frame of the input in a picture of w x h pixels.
func (at placement) frame(p Prep, w, h int) Frame {
	f := Frame{PictureW: w, PictureH: h, ModelW: p.Width, ModelH: p.Height}
	f.ScaleX, f.ScaleY = float64(w)/float64(at.w), float64(h)/float64(at.h)
	if at.exact > 0 {
		f.ScaleX, f.ScaleY = 1/at.exact, 1/at.exact
	}
	f.X0, f.Y0 = float64(at.left)*f.ScaleX, float64(at.top)*f.ScaleY
	return f
}
