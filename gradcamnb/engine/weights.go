package engine

import (
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// sound stops where scores are no numbers since the model's weights are none, as those of a
// training that diverged. It looks at the weights only then.
func (s *session) sound(results []*heatmap.Result) error {
	for _, r := range results {
		for _, m := range r.Maps {
			if math.IsNaN(float64(m.Score)) {
				return source.NotNumbers(s.model)
			}
		}
	}
	return nil
}
