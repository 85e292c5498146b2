package metrics

import "context"

// InsertionDeletion is insertion less deletion. In this one number a map cannot improve one of Petsiuk et al.'s areas
// at the cost of the other.
var InsertionDeletion = register(Metric{
	Name:    "insertion - deletion",
	Group:   Faithfulness,
	Needs:   Passes,
	Cost:    "two passes for each step",
	Beware:  "as insertion and deletion",
	Paper:   "of the areas of Petsiuk et al. 2018, arXiv:1806.07421",
	Formula: "insertion - deletion",
	Better:  "higher",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		in, err := insertion(ctx, s)
		if err != nil {
			return nil, err
		}
		del, err := deletion(ctx, s)
		if err != nil {
			return nil, err
		}
		out := make([]float64, len(in))
		for i := range out {
			out[i] = in[i] - del[i]
		}
		return out, nil
	},
})
