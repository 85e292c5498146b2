package render

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// nanColor marks values that are not numbers; no colour map has it.
var nanColor = color.NRGBA{R: 0, G: 200, B: 200, A: 255}

// Overlay returns the original picture with the map on it, at the picture's own size and in its true place: every pixel
// reads the map at the point where the model saw it. Pixels that the model never saw are grey. Without a picture
// Overlay draws the map alone.
//
// A colour covers the picture with Opacity times the square root of its place in the range, so the picture can be seen
// where the map is low. The square root keeps middling values visible. For a signed map the distance from zero counts.
func Overlay(r *heatmap.Result, m *heatmap.Map, o *Options) *image.NRGBA {
	r, m, o = laidOut(r, m, o)
	field, colors, scale, opacity := o.field(m), o.colors(), o.scale(m), o.opacity()
	if r.Picture == nil {
		return drawAlone(field, scale, o)
	}
	b := r.Picture.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(out, out.Bounds(), r.Picture, b.Min, draw.Src)
	seen := r.Frame.Seen()
	for y := range b.Dy() {
		for x := range b.Dx() {
			under := out.NRGBAAt(x, y)
			if !image.Pt(x, y).In(seen) {
				out.SetNRGBA(x, y, greyOut(under))
				continue
			}
			t := o.place(field.AtPixel(r.Frame, x, y), scale)
			if math.IsNaN(t) {
				out.SetNRGBA(x, y, blend(under, nanColor, opacity))
				continue
			}
			out.SetNRGBA(x, y, blend(under, colors.At(t), opacity*o.strength(t)))
		}
	}
	if m.Box.Area() > 0 {
		outline(out, m.Box, max(1, max(b.Dx(), b.Dy())/200), boxColor)
	}
	return out
}

func drawAlone(m heatmap.Grid, scale Range, o *Options) *image.NRGBA {
	colors := o.colors()
	out := image.NewNRGBA(image.Rect(0, 0, m.W, m.H))
	for y := range m.H {
		for x := range m.W {
			c := nanColor
			if t := o.place(m.At(x, y), scale); !math.IsNaN(t) {
				c = colors.At(t)
			}
			out.SetNRGBA(x, y, c)
		}
	}
	return out
}

func blend(under, over color.NRGBA, alpha float64) color.NRGBA {
	mix := func(a, b uint8) uint8 { return uint8(float64(a)*(1-alpha) + float64(b)*alpha + 0.5) }
	return color.NRGBA{R: mix(under.R, over.R), G: mix(under.G, over.G), B: mix(under.B, over.B), A: 255}
}

// greyOut returns a paler colour without hue: its luma (ITU-R BT.601), halfway to light grey.
func greyOut(c color.NRGBA) color.NRGBA {
	y := uint8((299*int(c.R) + 587*int(c.G) + 114*int(c.B)) / 1000)
	y = uint8((int(y) + 200) / 2)
	return color.NRGBA{R: y, G: y, B: y, A: 255}
}
