// Package metrics measures whether a map can be trusted: by showing the model parts of
// the picture again, by a truth that is known, or by a model that knows nothing. One
// metric a file.
package metrics

import (
	"context"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/registry"
)

// Metric is a way to measure a map by forward passes of its model. The zero value is
// none.
type Metric struct {
	Name    string
	Paper   string // authors, year, identifier
	Formula string
	Better  string // "higher" or "lower"

	// Measure gives one value a map; NaN where the metric has none.
	Measure func(ctx context.Context, s *Show) ([]float64, error)
}

var all = registry.New("metric", func(v Metric) []string { return []string{v.Name} })

func register(v Metric) Metric { return all.Add(v) }

// All returns every metric, by name.
func All() []Metric { return all.All() }

// ByName finds a metric; case, dashes, underscores and spaces do not matter.
func ByName(name string) (Metric, error) { return all.Find(name) }

// Show shows a model parts of one picture, as its maps say. It keeps what several
// metrics ask for.
type Show struct {
	Mean, Blur *perturb.Subject // the picture over the baselines of deletion and of insertion
	Maps       []*heatmap.Map
	Aims       []int // of each map, by number in the subjects
	Steps      int   // how many times more is shown or taken away

	Hear func(passes int) // is told of every batch of passes

	curves map[string][]float64
}

// score scores the picture under n masks; see [perturb.Subject.Masked].
func (s *Show) score(ctx context.Context, over *perturb.Subject, n int, draw func(i int, mask []float32)) ([][]float32, error) {
	before := 0
	return over.Masked(ctx, n, draw, func(done, _ int) error {
		s.Hear(done - before)
		before = done
		return nil
	})
}
