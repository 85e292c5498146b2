package metrics

import (
	"context"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Completeness is the distance of the map's sum from the loss of the score f when the whole picture is hidden, relative
// to that loss. Low is good; 0 means that the map adds up to the loss.
//
//	| SUM a - (f(x) - f(baseline)) | / | f(x) - f(baseline) |
//
// Sundararajan et al. 2017, "Axiomatic Attribution for Deep Networks", section 3, the axiom of
// completeness. Quantus 0.6.0 says whether both are equal; this metric says by how much they differ.
// The sum is over the cells of the layer, at which HiResCAM and similar methods add up.
var Completeness = register(Metric{
	Name:    "completeness",
	Group:   Axiom,
	Paper:   "Sundararajan et al. 2017, arXiv:1703.01365",
	Formula: "|SUM a - (f(x) - f(baseline))| / |f(x) - f(baseline)|",
	Better:  "lower",
	Needs:   Passes,
	Cost:    "2 passes, for all maps together",
	Beware:  "only maps in the score's own unit can add up: not Grad-CAM's",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		height, width := s.Mean.Size()
		everything := make(set, height*width)
		for p := range everything {
			everything[p] = int32(p)
		}
		lost, err := s.drops(ctx, s.Mean, []set{everything})
		if err != nil {
			return nil, err
		}
		return s.each(func(i int, m *heatmap.Map) float64 {
			var sum float64
			for _, v := range m.Evidence().Values {
				sum += float64(v)
			}
			loss := lost[0][s.Aims[i]]
			return math.Abs(sum-loss) / math.Abs(loss)
		})
	},
})
