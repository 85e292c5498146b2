package render

import (
	"image"
	"image/color"
	"slices"
	"sync"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

var (
	white = color.NRGBA{R: 255, G: 255, B: 255, A: 255}
	ink   = color.NRGBA{R: 32, G: 33, B: 36, A: 255}
	faint = color.NRGBA{R: 95, G: 99, B: 104, A: 255}
	pale  = color.NRGBA{R: 232, G: 234, B: 237, A: 255}
	mark  = color.NRGBA{R: 178, G: 60, B: 20, A: 255}
)

// night holds the colour that replaces each of the colours above on a dark figure. Other colours stay.
var night = map[color.NRGBA]color.NRGBA{
	white: {R: 32, G: 33, B: 36, A: 255},
	ink:   {R: 232, G: 234, B: 237, A: 255},
	faint: {R: 168, G: 173, B: 178, A: 255},
	pale:  {R: 68, G: 71, B: 75, A: 255},
	mark:  {R: 255, G: 148, B: 112, A: 255},
}

// canvas is a picture on which shapes and text are drawn.
type canvas struct {
	*image.NRGBA
	dark bool
}

func newCanvas(w, h int) canvas { return (*Options)(nil).canvas(w, h) }

// canvas returns an empty canvas, light or dark.
func (o *Options) canvas(w, h int) canvas {
	c := canvas{NRGBA: image.NewNRGBA(image.Rect(0, 0, w, h)), dark: o != nil && o.Dark}
	c.fill(c.Bounds(), white)
	return c
}

// shade returns the colour that stands for col on the canvas, light or dark.
func (c canvas) shade(col color.NRGBA) color.NRGBA {
	if other, ok := night[col]; ok && c.dark {
		return other
	}
	return col
}

func (c canvas) fill(r image.Rectangle, col color.NRGBA) {
	draw.Draw(c.opaque(), r, image.NewUniform(c.shade(col)), image.Point{}, draw.Src)
}

// picture draws img scaled into r.
func (c canvas) picture(img image.Image, r image.Rectangle) {
	draw.CatmullRom.Scale(c.opaque(), r, img, img.Bounds(), draw.Over, nil)
}

// put copies an opaque picture to a place.
func (c canvas) put(img *image.NRGBA, x, y int) {
	draw.Draw(c.opaque(), img.Bounds().Add(image.Pt(x, y)), (canvas{NRGBA: img}).opaque(), image.Point{}, draw.Src)
}

// opaque returns the canvas as a picture with premultiplied colours, for which the image packages have fast paths. A
// canvas is opaque, so its bytes are the same in both.
func (c canvas) opaque() *image.RGBA {
	return &image.RGBA{Pix: c.Pix, Stride: c.Stride, Rect: c.Rect}
}

// text writes a line whose baseline begins at a point. The line is spelled (see [spellOut]) and cut to the width.
func (c canvas) text(s string, at image.Point, width int, face font.Face, col color.NRGBA) {
	d := font.Drawer{Dst: c.opaque(), Src: image.NewUniform(c.shade(col)), Face: face, Dot: fixed.P(at.X, at.Y)}
	d.DrawString(shorten(spellOut(s), width, face))
}

// textRight writes a line whose baseline ends at a point.
func (c canvas) textRight(s string, end image.Point, face font.Face, col color.NRGBA) {
	c.text(s, end.Sub(image.Pt(textWidth(s, face), 0)), 1<<20, face, col)
}

// typefaces are the Go fonts, which golang.org/x/image carries, and the user's font for letters that they lack.
type typefaces struct{ title, body, small font.Face }

var faces = sync.OnceValue(func() typefaces {
	user := userFont()
	return typefaces{title: face(gobold.TTF, 17, user), body: face(goregular.TTF, 14, user),
		small: face(goregular.TTF, 12, user)}
})

func face(ttf []byte, size float64, user *sfnt.Font) font.Face {
	parsed, err := opentype.Parse(ttf)
	if err != nil {
		panic(err) // the font is part of the program
	}
	o := &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull}
	f := &sharedFace{user: user}
	if f.face, err = opentype.NewFace(parsed, o); err != nil {
		panic(err)
	}
	if user != nil {
		if f.extra, err = opentype.NewFace(user, o); err != nil {
			panic(err) // it fails for no size
		}
	}
	return f
}

// sharedFace is a face with which several goroutines may draw. An opentype face has one buffer, and the masks that it
// returns lie in it.
type sharedFace struct {
	mu    sync.Mutex
	face  font.Face
	user  *sfnt.Font // for letters that the face lacks; nil if there is none
	extra font.Face  // that font
}

// of returns the face that has a letter.
func (f *sharedFace) of(r rune) font.Face {
	if isExtra(f.user, r) {
		return f.extra
	}
	return f.face
}

func (f *sharedFace) Glyph(dot fixed.Point26_6, r rune) (at image.Rectangle, mask image.Image, from image.Point,
	advance fixed.Int26_6, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, mask, from, advance, ok = f.of(r).Glyph(dot, r)
	if a, is := mask.(*image.Alpha); is && a != nil {
		own := *a
		own.Pix = slices.Clone(a.Pix)
		mask = &own
	}
	return at, mask, from, advance, ok
}

func (f *sharedFace) GlyphBounds(r rune) (bounds fixed.Rectangle26_6, advance fixed.Int26_6, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.of(r).GlyphBounds(r)
}

func (f *sharedFace) GlyphAdvance(r rune) (fixed.Int26_6, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.of(r).GlyphAdvance(r)
}

func (f *sharedFace) Kern(r0, r1 rune) fixed.Int26_6 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.face.Kern(r0, r1)
}

func (f *sharedFace) Metrics() font.Metrics {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.face.Metrics()
}

func (f *sharedFace) Close() error { return f.face.Close() }
