package render

import (
	_ "embed"
	"encoding/hex"
	"image/color"
	"math"
	"strings"
)

// known holds the colour maps that people know by name, as colormaps.py writes them: one in each line, with name and
// colours.
//
//go:embed colormaps.txt
var known string

func init() {
	for line := range strings.Lines(known) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		stops, err := hex.DecodeString(text)
		if err != nil || len(stops) < 6 {
			panic("render: colormaps.txt is not as colormaps.py writes it") // the file is part of the program
		}
		register(newStopMap(name, stops))
	}
}

// newStopMap returns a colour map that is linear between colours at equal distances. A colour is three bytes.
func newStopMap(name string, stops []byte) ColorMap {
	last := len(stops)/3 - 1
	return ColorMap{Name: name, At: func(t float64) color.NRGBA {
		if math.IsNaN(t) {
			return color.NRGBA{}
		}
		at := min(max(t, 0), 1) * float64(last)
		i := min(int(at), last-1)
		part := at - float64(i)
		mix := func(c int) uint8 {
			return uint8(float64(stops[3*i+c])*(1-part) + float64(stops[3*i+3+c])*part + 0.5)
		}
		return color.NRGBA{R: mix(0), G: mix(1), B: mix(2), A: 255}
	}}
}
