package metrics

import (
	"context"
	"math/rand/v2"
	"sync"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// roadShares are the shares of the pixels that are removed, in per cent. They are those of pytorch-grad-cam 1.5.7.
var roadShares = []int{10, 20, 30, 40, 50, 60, 70, 80, 90}

// roadNoise is the standard deviation of the noise of imputed values, in the model's units.
const roadNoise = 0.01

// ROAD is half the difference of two scores: the score f without the least relevant pixels, less that without the most
// relevant ones, averaged over 10, 20, ... and 90 % of the pixels. Pixels that are removed are filled from those around
// them, with a little noise. High is good.
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
	Cost:    "18 passes",
	Beware:  "the filled regions are smooth, so textures vanish first",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		return s.combineROAD(ctx, roadShares, roadNoise)
	},
})

// combineROAD returns half the difference of least and most relevant first, for every map.
func (s *Probe) combineROAD(ctx context.Context, shares []int, noise float64) ([]float64, error) {
	least, err := s.measureROAD(ctx, shares, true, noise)
	if err != nil {
		return nil, err
	}
	most, err := s.measureROAD(ctx, shares, false, noise)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(most))
	for i := range out {
		out[i] = (least[i] - most[i]) / 2
	}
	return out, nil
}

// ROADMostRelevant is the mean score f when the most relevant pixels are removed and filled from those around them. Low
// is good.
//
//	mean_p f(x less the highest p),   p = 10, 20, ..., 90 %
//
// Rong et al. 2022. ROADMostRelevantFirst of pytorch-grad-cam 1.5.7 gives the change of the score at one share. This
// metric is the mean of the score itself over nine shares; the whole picture's score is not subtracted.
var ROADMostRelevant = register(Metric{
	Name:    "ROAD most relevant first",
	Also:    []string{"ROAD MoRF"},
	Group:   Faithfulness,
	Paper:   "Rong et al. 2022, arXiv:2202.00449",
	Formula: "mean_p f(x less the highest p), imputed",
	Better:  "lower",
	Needs:   Passes,
	Cost:    "9 passes",
	Beware:  "the filled regions are smooth, so textures vanish first",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		return s.measureROAD(ctx, roadShares, false, roadNoise)
	},
})

// ROADLeastRelevant is the mean score f when the least relevant pixels are removed and filled from those around them.
// High is good; see [ROADMostRelevant].
var ROADLeastRelevant = register(Metric{
	Name:    "ROAD least relevant first",
	Also:    []string{"ROAD LeRF"},
	Group:   Faithfulness,
	Paper:   "Rong et al. 2022, arXiv:2202.00449",
	Formula: "mean_p f(x less the lowest p), imputed",
	Better:  "higher",
	Needs:   Passes,
	Cost:    "9 passes",
	Beware:  "the filled regions are smooth, so textures vanish first",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		return s.measureROAD(ctx, roadShares, true, roadNoise)
	},
})

// measureROAD returns the mean score over the shares, for every map.
func (s *Probe) measureROAD(ctx context.Context, shares []int, least bool, noise float64) ([]float64, error) {
	n := len(shares)
	var ranks []int32
	of := -1
	draw := rand.New(rand.NewPCG(s.Seed, 2))
	scores, err := s.Mean.Pictures(ctx, n*len(s.Maps), func(i int, picture []float32) {
		if i/n != of {
			of = i / n
			ranks = ranking(s.Maps[of])
		}
		hidden := make([]bool, len(ranks))
		limit := hideCount(len(ranks), shares[i%n])
		for p, rank := range ranks {
			if least {
				rank = int32(len(ranks)) - 1 - rank
			}
			hidden[p] = rank < limit
		}
		s.impute(picture, hidden, noise, draw)
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

// hideCount returns the number of n pixels that pytorch-grad-cam hides for a share in per cent. It hides the pixels at
// or above numpy's percentile, which is interpolated: of 256 pixels, 52 instead of 51 at 20 %.
func hideCount(n, percent int) int32 {
	return int32(n - ((100-percent)*(n-1)+99)/100)
}

// impute fills the hidden pixels of every channel, and adds noise of a standard deviation. If no pixel is seen, the
// picture stays as it is.
func (s *Probe) impute(picture []float32, hidden []bool, noise float64, draw *rand.Rand) {
	_, width := s.Mean.Size()
	pixels := len(hidden)
	channels := len(picture) / pixels
	at := func(c, i int) int { return c*pixels + i }
	if s.channelsLast() {
		at = func(c, i int) int { return i*channels + c }
	}
	o := newHole(hidden, width)
	if len(o.pixels) == pixels {
		return
	}
	found := make([][]float64, channels)
	var all sync.WaitGroup
	for c := range found {
		all.Go(func() { found[c] = o.solve(hidden, func(i int) float32 { return picture[at(c, i)] }) })
	}
	all.Wait()
	for c, values := range found {
		for k, v := range values {
			picture[at(c, int(o.pixels[k]))] = float32(v + noise*draw.NormFloat64())
		}
	}
}
