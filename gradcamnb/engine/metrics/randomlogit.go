package metrics

import (
	"context"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/correlation"
)

// RandomLogit is how alike the maps of the explained class c and of another class c' are: the rank correlation of their
// values at the layer's size. Low is good: a map that is the same for any class does not explain this one. The other
// class is half of the list further on.
//
//	spearman( E(x, c), E(x, c') )
//
// Sixt et al. 2020, "When Explanations Lie: Why Many Modified BP Attributions Fail". The paper takes the structural
// similarity instead of the rank correlation.
var RandomLogit = register(Metric{
	Name:    "random logit",
	Group:   Randomisation,
	Paper:   "Sixt et al. 2020, arXiv:1912.09818",
	Formula: "spearman(E(x, c), E(x, c'))",
	Better:  "lower",
	Needs:   Maps,
	Cost:    "1 explanation",
	Beware:  "classes that are alike rightly have similar maps",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		return s.likeness(ctx, Change{Class: true})
	},
})

// likeness returns the rank correlation of every map with that of a changed explanation.
func (s *Probe) likeness(ctx context.Context, c Change) ([]float64, error) {
	if s.Again == nil {
		return nil, errNotAgain
	}
	changed, _, err := s.Again(ctx, c)
	if err != nil {
		return nil, err
	}
	return s.each(func(i int, m *heatmap.Map) float64 {
		return correlation.Spearman(m.Evidence().Values, changed[i].Evidence().Values)
	})
}
