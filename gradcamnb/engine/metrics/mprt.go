package metrics

import "context"

// MPRT is how alike the map of the trained model and that of the model with all weights random are: the rank
// correlation of their values at the layer's size. Low is good: a map that does not need what the model has learnt does
// not explain the model.
//
//	spearman( E_trained(x), E_random(x) )
//
// Adebayo et al. 2018, "Sanity Checks for Saliency Maps", section 3.1: the last step of the model parameter
// randomisation test. The weights of a layer are permuted, so that their distribution stays.
var MPRT = register(Metric{
	Name:    "model randomisation",
	Also:    []string{"MPRT", "model parameter randomisation"},
	Group:   Randomisation,
	Paper:   "Adebayo et al. 2018, arXiv:1810.03292",
	Formula: "spearman(E_trained(x), E_random(x))",
	Better:  "lower",
	Needs:   Maps,
	Cost:    "1 explanation by a changed model",
	Beware:  "a map of an untrained net still shows the picture's edges; weights are permuted in the order in which they lie in memory, so backends differ",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		return s.likeness(ctx, Change{Weights: true, Seed: s.Seed})
	},
})
