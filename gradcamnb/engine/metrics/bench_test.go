package metrics

import (
	"math/rand/v2"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// What the metrics take that need the map alone or the truth, for one map of 224 x 224 whose values all differ.
func BenchmarkMetric(b *testing.B) {
	const side = 224
	draw := rand.New(rand.NewPCG(1, 2))
	m, truth := heatmap.NewGrid(side, side), heatmap.NewGrid(side, side)
	for i := range m.Values {
		m.Values[i] = draw.Float32()
		if x, y := i%side, i/side; x > 60 && x < 150 && y > 80 && y < 190 {
			truth.Values[i] = 1
		}
	}
	frame := imgio.WholeFrame(side, side)
	for _, metric := range All() {
		if metric.Needs != Nothing && metric.Needs != Truth {
			continue
		}
		b.Run(metric.Name, func(b *testing.B) {
			for b.Loop() {
				s := &Probe{Maps: []*heatmap.Map{{Grid: m, Raw: m}}, Frame: frame, Truth: truth}
				if _, err := metric.Measure(b.Context(), s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What ROAD takes on the host to fill half of a picture's three channels.
func BenchmarkImpute(b *testing.B) {
	const side = 224
	draw := rand.New(rand.NewPCG(1, 2))
	hidden, picture := make([]bool, side*side), make([]float32, 3*side*side)
	for i := range hidden {
		y, x := i/side-side/2, i%side-side/2
		hidden[i] = x*x+y*y < side*side*10/63 // a disc of half the pixels, as a map of an object hides
	}
	for b.Loop() {
		for i := range picture {
			picture[i] = draw.Float32()
		}
		(&Probe{Mean: quadratic{peers{Side: side}}}).impute(picture, hidden, 0.01, draw)
	}
}
