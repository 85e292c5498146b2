package heatmap

import (
	"math"
	"strings"
	"testing"
)

func TestTrustInWords(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		trust Trust
		first string
		n     int
	}{
		{Trust{Faithful: 0.2, Noise: 0.01, Centre: 0.1, Weights: 0.1, Class: -0.3, Moves: 0.05},
			"It depends on what the model has learnt", 4},
		{Trust{Faithful: 0.2, Noise: 0.01, Centre: 0.1, Weights: 0.95, Class: 0.2, Moves: 0.05},
			"does not depend on what the model has learnt: with random weights it is nearly the same (rank correlation 0.95)",
			4},
		{Trust{Faithful: 0.05, Noise: 0.01, Centre: 0.1, Weights: 0.1, Class: 0.2, Moves: 0.05},
			"no more of what it uses than a bump in the middle does (insertion - deletion 0.050, 0.100)", 4},
		{Trust{Faithful: 0.05, Noise: 0.2, Centre: 0.1, Weights: nan, Class: nan, Moves: nan}, "than noise does", 1},
		{Trust{Faithful: nan, Noise: nan, Centre: nan, Weights: 0.1, Class: 0.99, Moves: nan}, "does not depend on the class",
			2},
		{Trust{Faithful: nan, Noise: nan, Centre: nan, Weights: nan, Class: nan, Moves: 0.8}, "changes by 80 % of itself", 1},
		{Trust{Faithful: nan, Noise: nan, Centre: nan, Weights: 0.1, Cascade: []float64{0.95, 0.8, 0.3}, Class: nan,
			Moves: nan},
			"does not depend on the last layers' weights: with those of the last quarter of the layers random it is nearly " +
				"the same (rank correlation 0.95; of the last half 0.80; of the last three quarters 0.30)", 2},
		{Trust{Faithful: nan, Noise: nan, Centre: nan, Weights: 0.9, Cascade: []float64{0.2, 0.1, 0.3}, Class: nan,
			Moves: nan}, "does not depend on what the model has learnt", 2},
	} {
		c.trust.Say()
		if len(c.trust.Words) != c.n || !strings.Contains(c.trust.Words[0], c.first) {
			t.Errorf("%q, want %d sentences and first %q", c.trust.Words, c.n, c.first)
		}
	}
}
