package metrics

import (
	"context"
	"math/rand/v2"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// roadShares are the shares of the pixels that are taken out, those of pytorch-grad-cam 1.5.7.
var roadShares = []float64{0.2, 0.4, 0.6, 0.8}

// roadNoise is the standard deviation of the noise of imputed values, in the model's units.
const roadNoise = 0.01

// ROAD is half of what more the score f keeps when the least relevant pixels are taken out than
// when the most relevant are, averaged over 20, 40, 60 and 80 % of the pixels. What is taken out
// is filled from what lies around it, with a little noise. High is good.
//
//	mean_p ( f(x less the lowest p) - f(x less the highest p) ) / 2
//
// Rong et al. 2022, "A Consistent and Efficient Evaluation Strategy for Attribution Methods"; the
// combination and the shares are those of pytorch-grad-cam 1.5.7 (ROADCombined).
var ROAD = register(Metric{
	Name:    "ROAD",
	Also:    []string{"ROAD combined"},
	Group:   Faithfulness,
	Paper:   "Rong et al. 2022, arXiv:2202.00449",
	Formula: "mean_p (f(x less the lowest p) - f(x less the highest p)) / 2, imputed",
	Better:  "higher",
	Needs:   Passes,
	Cost:    "8 passes",
	Beware:  "the filled regions are smooth, so textures vanish first",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		least, err := s.measureROAD(ctx, true)
		if err != nil {
			return nil, err
		}
		most, err := s.measureROAD(ctx, false)
		if err != nil {
			return nil, err
		}
		out := make([]float64, len(most))
		for i := range out {
			out[i] = (least[i] - most[i]) / 2
		}
		return out, nil
	},
})

// ROADMostRelevant is the mean score f when the most relevant pixels are taken out and filled
// from what lies around them. Low is good.
//
//	mean_p f(x less the highest p),   p = 20, 40, 60, 80 %
//
// Rong et al. 2022; pytorch-grad-cam 1.5.7's ROADMostRelevantFirst gives the change of the score at
// one share, this its mean over four, with the whole picture's score left in.
var ROADMostRelevant = register(Metric{
	Name:    "ROAD most relevant first",
	Also:    []string{"ROAD MoRF"},
	Group:   Faithfulness,
	Paper:   "Rong et al. 2022, arXiv:2202.00449",
	Formula: "mean_p f(x less the highest p), imputed",
	Better:  "lower",
	Needs:   Passes,
	Cost:    "4 passes",
	Beware:  "the filled regions are smooth, so textures vanish first",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) { return s.measureROAD(ctx, false) },
})

// ROADLeastRelevant is the mean score f when the least relevant pixels are taken out and filled
// from what lies around them. High is good; see [ROADMostRelevant].
var ROADLeastRelevant = register(Metric{
	Name:    "ROAD least relevant first",
	Also:    []string{"ROAD LeRF"},
	Group:   Faithfulness,
	Paper:   "Rong et al. 2022, arXiv:2202.00449",
	Formula: "mean_p f(x less the lowest p), imputed",
	Better:  "higher",
	Needs:   Passes,
	Cost:    "4 passes",
	Beware:  "the filled regions are smooth, so textures vanish first",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) { return s.measureROAD(ctx, true) },
})

// measureROAD is, for every map, the mean score over the shares.
func (s *Probe) measureROAD(ctx context.Context, least bool) ([]float64, error) {
	n := len(roadShares)
	var ranks []int32
	of := -1
	draw := rand.New(rand.NewPCG(s.Seed, 2))
	scores, err := s.Mean.Pictures(ctx, n*len(s.Maps), func(i int, picture []float32) {
		if i/n != of {
			of = i / n
			ranks = ranking(s.Maps[of])
		}
		hidden := make([]bool, len(ranks))
		limit := int32(roadShares[i%n] * float64(len(ranks)))
		for p, rank := range ranks {
			if least {
				rank = int32(len(ranks)) - 1 - rank
			}
			hidden[p] = rank < limit
		}
		s.imputeAll(picture, hidden, draw)
	}, s.report())
	if err != nil {
		return nil, err
	}
	return s.each(func(m int, _ *heatmap.Map) float64 {
		var sum float64
		for k := range n {
			sum += float64(scores[m*n+k][s.Aims[m]])
		}
		return sum / float64(n)
	})
}

// imputeAll fills the hidden pixels of every channel.
func (s *Probe) imputeAll(picture []float32, hidden []bool, draw *rand.Rand) {
	height, width := s.Mean.Size()
	pixels := height * width
	channels := len(picture) / pixels
	for c := range channels {
		at := func(i int) int { return c*pixels + i }
		if s.channelsLast() {
			at = func(i int) int { return i*channels + c }
		}
		impute(picture, at, hidden, height, width, roadNoise, draw)
	}
}
