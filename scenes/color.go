package scenes

import (
	"image/color"
	"math/rand/v2"
)

// Color is the colour of an object.
type Color int

// The colours.
const (
	Red Color = iota
	Green
	Blue
	Yellow
	Purple
)

// Colors are the names of the colours, by number.
var Colors = []string{"red", "green", "blue", "yellow", "purple"}

func (c Color) String() string { return Colors[c] }

var paints = []color.NRGBA{
	{R: 205, G: 45, B: 45, A: 255},
	{R: 50, G: 160, B: 60, A: 255},
	{R: 50, G: 85, B: 205, A: 255},
	{R: 225, G: 195, B: 50, A: 255},
	{R: 150, G: 60, B: 175, A: 255},
}

// paint returns the colour of one object, which is a little off the pure colour.
func (c Color) paint(r *rand.Rand) color.NRGBA {
	p := paints[c]
	shift := func(v uint8) uint8 { return shiftValue(v, r.IntN(41)-20) }
	return color.NRGBA{R: shift(p.R), G: shift(p.G), B: shift(p.B), A: 255}
}

// grain makes a colour lighter or darker by up to n.
func grain(c color.NRGBA, n int, r *rand.Rand) color.NRGBA {
	d := r.IntN(2*n+1) - n
	return color.NRGBA{R: shiftValue(c.R, d), G: shiftValue(c.G, d), B: shiftValue(c.B, d), A: 255}
}

func shiftValue(v uint8, by int) uint8 { return uint8(min(max(int(v)+by, 0), 255)) }

// mix returns a mixture of two colours: share parts of b and the rest of a, out of whole parts.
func mix(a, b color.NRGBA, share, whole int) color.NRGBA {
	m := func(p, q uint8) uint8 { return uint8((int(p)*(whole-share) + int(q)*share + whole/2) / whole) }
	return color.NRGBA{R: m(a.R, b.R), G: m(a.G, b.G), B: m(a.B, b.B), A: 255}
}
