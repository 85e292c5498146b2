package metrics

import (
	"context"
	"math/rand/v2"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// LocalLipschitz is the largest change of the map E relative to the change of the picture, among ten copies of the
// picture to which normal noise d with a standard deviation of 0.1 is added. Low is good.
//
//	max_d |E(x) - E(x + d)| / |d|
//
// Alvarez-Melis and Jaakkola 2018, "On the Robustness of Interpretability Methods", who search for
// the largest value; Quantus 0.6.0 draws 200 pictures instead. Maps are compared at the layer's
// own size.
var LocalLipschitz = register(Metric{
	Name:    "local Lipschitz",
	Also:    []string{"local Lipschitz estimate"},
	Group:   Robustness,
	Paper:   "Alvarez-Melis and Jaakkola 2018, arXiv:1806.08049",
	Formula: "max_d |E(x) - E(x + d)| / |d|, d normal with a standard deviation of 0.1",
	Better:  "lower",
	Needs:   Maps,
	Cost:    "10 explanations",
	Beware:  "it has the map's unit: compare maps of one method and layer",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		maps, moved, err := s.noisy(ctx, sensitivityDraws,
			func(draw *rand.Rand) float32 { return 0.1 * float32(draw.NormFloat64()) })
		if err != nil {
			return nil, err
		}
		values := foldValues(maps, len(s.Maps), func(k, m int) float64 { return distance(maps[k][m], s.Maps[m]) / moved[k] },
			func(a, b float64) float64 { return max(a, b) })
		return s.each(func(i int, _ *heatmap.Map) float64 { return values[i] })
	},
})
