package render

import (
	"image/color"
	"math"
	"slices"
	"strings"
	"sync"

	"gonum.org/v1/plot/palette"
	"gonum.org/v1/plot/palette/moreland"

	"github.com/gradcam-go/gradcam/internal/fault"
	"github.com/gradcam-go/gradcam/internal/nearest"
)

// ColorMap gives a colour to every value from 0 to 1.
type ColorMap struct {
	Name string                      // e.g. "turbo"
	At   func(t float64) color.NRGBA // returns the colour of a value from 0 to 1
}

var colorMaps []ColorMap

func register(m ColorMap) ColorMap {
	colorMaps = append(colorMaps, m)
	return m
}

// BlackBody is the default colour map: from black through purple, red and orange to white. Its luminance rises evenly,
// so it reads the same for colour-blind people and in grey print. It is the extended black body map of Moreland 2016,
// "Why We Use Bad Color Maps and What You Can Do About It".
var BlackBody = register(newPaletteMap("black body", moreland.ExtendedBlackBody()))

// BlueRed is the colour map for signed maps: blue below zero, white at zero, red above (Moreland 2009, "Diverging Color
// Maps for Scientific Visualization"). Zero is at 1/2.
var BlueRed = register(newPaletteMap("blue-red", moreland.SmoothBlueRed()))

// newPaletteMap returns a colour map of a palette. It reads the colours from a table, since computing one goes through
// several colour spaces. The table is so large that no channel is off by more than one of its 256 levels.
func newPaletteMap(name string, m palette.ColorMap) ColorMap {
	const steps = 1 << 11
	table := sync.OnceValue(func() []color.NRGBA {
		m.SetMin(0)
		m.SetMax(1)
		out := make([]color.NRGBA, steps+1)
		for i := range out {
			if c, err := m.At(float64(i) / steps); err == nil {
				out[i] = color.NRGBAModel.Convert(c).(color.NRGBA)
			}
		}
		return out
	})
	return ColorMap{Name: name, At: func(t float64) color.NRGBA {
		if math.IsNaN(t) {
			return color.NRGBA{}
		}
		return table()[int(min(max(t, 0), 1)*steps+0.5)]
	}}
}

// ColorMapByName returns the colour map with a name. Case, dashes and spaces do not matter. If there is none, the error
// lists the names.
func ColorMapByName(name string) (ColorMap, error) {
	named := func(m ColorMap) bool { return nearest.Fold(m.Name) == nearest.Fold(name) }
	if i := slices.IndexFunc(colorMaps, named); i >= 0 {
		return colorMaps[i], nil
	}
	names := ColorMapNames()
	return ColorMap{}, fault.Errorf(fault.ErrUnknownName, "there is no colour map %q%s; there are %s", name,
		nearest.DidYouMean(name, names), strings.Join(names, ", "))
}

// ColorMapNames returns the names of all colour maps, the default first.
func ColorMapNames() []string {
	var names []string
	for _, m := range colorMaps {
		names = append(names, m.Name)
	}
	return names
}
