package render

import (
	"image"
	"image/draw"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// strip lays the slices of a volume side by side, in rows that are read as text is, on white.
type strip struct {
	slices, columns int
	w, h            int // of a slice
	gap             int // between slices
}

// newStrip returns the strip of a volume's slices. A few slices form one row. More form several rows, which together
// are about twice as wide as high.
func newStrip(g heatmap.Grid) strip {
	s := strip{slices: g.Slices, w: g.W, h: g.H / g.Slices, gap: max(1, g.W/32)}
	const few = 6
	s.columns = min(s.slices, max(few, int(math.Ceil(math.Sqrt(2*float64(s.slices)*float64(s.h)/float64(s.w))))))
	return s
}

// size returns the width and height of the whole strip.
func (s strip) size() (w, h int) {
	rows := (s.slices + s.columns - 1) / s.columns
	return s.columns*(s.w+s.gap) - s.gap, rows*(s.h+s.gap) - s.gap
}

// corner returns the place at which a slice begins.
func (s strip) corner(slice int) image.Point {
	return image.Pt(slice%s.columns*(s.w+s.gap), slice/s.columns*(s.h+s.gap))
}

// picture lays out a picture in which the slices lie one below another.
func (s strip) picture(tall image.Image) *image.NRGBA {
	w, h := s.size()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	b := tall.Bounds()
	for z := range s.slices {
		at := s.corner(z)
		draw.Draw(out, image.Rect(at.X, at.Y, at.X+s.w, at.Y+s.h), tall, image.Pt(b.Min.X, b.Min.Y+z*s.h), draw.Src)
	}
	return out
}

// grid lays out a volume's values, with another one between the slices.
func (s strip) grid(g heatmap.Grid, between float32) heatmap.Grid {
	out := heatmap.NewGrid(s.size())
	for i := range out.Values {
		out.Values[i] = between
	}
	for z := range s.slices {
		at := s.corner(z)
		for y := range s.h {
			copy(out.Values[(at.Y+y)*out.W+at.X:], g.Values[(z*s.h+y)*g.W:(z*s.h+y+1)*g.W])
		}
	}
	return out
}

// laidOut returns what is drawn for a map. For a map of a volume it returns the result and the map of one picture, with
// all slices side by side, and options with one range of colours for the whole volume. It returns other maps unchanged.
func laidOut(r *heatmap.Result, m *heatmap.Map, o *Options) (*heatmap.Result, *heatmap.Map, *Options) {
	if m.Slices == 0 {
		return r, m, o
	}
	var fixed Options
	if o != nil {
		fixed = *o
	}
	scale := o.scale(m)
	fixed.Range = &scale
	s, shown, drawn := newStrip(m.Grid), *r, *m
	if r.Picture != nil {
		shown.Picture = s.picture(r.Picture)
	}
	shown.Frame = imgio.WholeFrame(s.size())
	drawn.Grid = s.grid(m.Grid, 0)
	drawn.Raw, drawn.Sampled = s.grid(m.Signed(), 0), nil
	return &shown, &drawn, &fixed
}

// tallest is the largest height, in pixels, of an embedded picture of slices one below another. Browsers draw none that
// is higher.
const tallest = 8192

// tower returns a volume's picture, slice below slice, at the size at which it is embedded.
func tower(r *heatmap.Result, slices int) *image.NRGBA {
	b := r.Picture.Bounds()
	w, h := b.Dx(), b.Dy()/slices
	shrink := min(1, float64(cardPicture)/float64(max(w, h)), float64(tallest)/float64(b.Dy()))
	return shrunk(r.Picture, max(1, int(float64(w)*shrink)), slices*max(1, int(float64(h)*shrink)))
}
