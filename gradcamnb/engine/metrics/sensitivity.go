package metrics

import (
	"context"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

const (
	sensitivityDraws  = 10   // pictures that are explained again, as in captum 0.9.0
	sensitivityRadius = 0.02 // of the noise, in the model's units, as in captum 0.9.0
)

// MaxSensitivity is the largest change of the map E, relative to the map, among ten copies of the picture to which
// uniform noise d of up to 0.02 is added. Low is good.
//
//	max_d |E(x + d) - E(x)| / |E(x)|,   |d|_inf <= 0.02
//
// Yeh et al. 2019, "On the (In)fidelity and Sensitivity of Explanations", section 3; draws and
// radius are those of captum 0.9.0. Maps are compared at the layer's own size.
var MaxSensitivity = register(Metric{
	Name:    "max-sensitivity",
	Also:    []string{"maximum sensitivity"},
	Group:   Robustness,
	Paper:   "Yeh et al. 2019, arXiv:1901.09392",
	Formula: "max_d |E(x + d) - E(x)| / |E(x)|, |d|_inf <= 0.02",
	Better:  "lower",
	Needs:   Maps,
	Cost:    "10 explanations",
	Beware:  "a map that never changes is perfectly stable and says nothing",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		return s.sensitivity(ctx, func(a, b float64) float64 { return max(a, b) }, 1)
	},
})

// AverageSensitivity is like [MaxSensitivity], but takes the mean of the changes instead of the largest. Low is good.
//
//	mean_d |E(x + d) - E(x)| / |E(x)|,   |d|_inf <= 0.02
//
// Yeh et al. 2019, "On the (In)fidelity and Sensitivity of Explanations", as Quantus 0.6.0 averages it.
var AverageSensitivity = register(Metric{
	Name:    "average sensitivity",
	Group:   Robustness,
	Paper:   "Yeh et al. 2019, arXiv:1901.09392",
	Formula: "mean_d |E(x + d) - E(x)| / |E(x)|, |d|_inf <= 0.02",
	Better:  "lower",
	Needs:   Maps,
	Cost:    "10 explanations",
	Beware:  "a map that never changes is perfectly stable and says nothing",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		return s.sensitivity(ctx, func(a, b float64) float64 { return a + b }, sensitivityDraws)
	},
})

// sensitivity returns the relative changes of every map, joined by fold and divided by n.
func (s *Probe) sensitivity(ctx context.Context, fold func(a, b float64) float64, n float64) ([]float64, error) {
	maps, _, err := s.noisy(ctx, sensitivityDraws, uniform(sensitivityRadius))
	if err != nil {
		return nil, err
	}
	values := foldValues(maps, len(s.Maps),
		func(k, m int) float64 { return distance(maps[k][m], s.Maps[m]) / length(s.Maps[m]) }, fold)
	return s.each(func(i int, _ *heatmap.Map) float64 { return values[i] / n })
}
