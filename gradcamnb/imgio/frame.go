package imgio

import "image"

// Frame says where the model's input lies in the original picture. It is one
// affine map, whatever the fit was: the point (u, v) of the model's input, in
// pixels from its top left corner, is the picture's point
//
//	x = X0 + u*ScaleX,  y = Y0 + v*ScaleY
//
// in pixels of the original picture, x right, y down. A stretched picture has
// X0 = Y0 = 0; a centre crop has X0 or Y0 > 0, because the model never saw the
// margin; a letterbox has X0 or Y0 < 0, because the model saw bars that the
// picture does not have.
type Frame struct {
	PictureW, PictureH int // the original picture, in pixels
	ModelW, ModelH     int // the model's input, in pixels
	X0, Y0             float64
	ScaleX, ScaleY     float64
}

// Seen returns the part of the original picture that the model saw, rounded
// outwards to whole pixels.
func (f Frame) Seen() image.Rectangle { panic("imgio: not written yet") }
