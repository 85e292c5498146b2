package engine

import (
	"fmt"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// madeAt says of an error about a tensor which line of the user's graph function made it.
func madeAt(l source.Layer, err error) error {
	if l.Made == "" {
		return err
	}
	return fmt.Errorf("%w (%s makes it)", err, l.Made)
}

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
