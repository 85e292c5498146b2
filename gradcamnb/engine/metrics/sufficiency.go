package metrics

import "context"

// Sufficiency is the share of the pictures with the same prediction among those of the batch whose maps are near the
// picture's: does what the map shows suffice for the prediction? High is good.
//
//	|{j in N(i): c_j = c_i}| / |N(i)|,   N(i) = {j != i: d(L_i, L_j) <= 0.6 max d}
//
// c is the likeliest class, and d the Euclidean distance of two maps with each pixel over its standard deviation in the
// batch. Without a neighbour it is 0.
//
// Dasgupta et al. 2022, "Framework for Evaluating Faithfulness of Local Explanations", definition 2; distance,
// threshold and the 0 as in Quantus 0.6.0.
var Sufficiency = register(Metric{
	Name:    "sufficiency",
	Group:   Faithfulness,
	Paper:   "Dasgupta et al. 2022, arXiv:2202.00734",
	Formula: "|{j in N(i): c_j = c_i}| / |N(i)|, N(i) = {j != i: d(L_i, L_j) <= 0.6 max d}",
	Better:  "higher",
	Needs:   Pictures,
	Cost:    "a batch of pictures, and no passes",
	Beware: "says little of a small batch: take 64 pictures or more; a study compares only pictures of one batch;" +
		" 0 may mean that no map is near",
	Measure: func(_ context.Context, s *Probe) ([]float64, error) {
		return s.agreement(func(m, picture int) bool { return s.Batch.isNear(m, s.At, picture) })
	},
})
