package metrics

import (
	"cmp"
	"context"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// IROF is the area over the curve of the score f while the picture's L regions of similar colour are hidden one after
// the other, beginning with the highest mean of the map. It is divided by L. High is good. It needs a score above zero,
// such as a probability. It is NaN for an input of one region.
//
//	(L - (f_1/2 + f_2 + ... + f_(L-1) + f_L/2) / f_0) / L,   f_k = f(x without the first k regions)
//
// Rieger and Hansen 2020, "IROF: a low resource evaluation metric for explanation methods"; the sum is that of Quantus
// 0.6.0, which does not divide by L. The regions come from our own SLIC, see segmentation; scikit-image's differ.
var IROF = register(Metric{
	Name:    "IROF",
	Also:    []string{"iterative removal of features"},
	Group:   Faithfulness,
	Paper:   "Rieger and Hansen 2020, arXiv:2003.08747",
	Formula: "(L - (f_1/2 + f_2 + ... + f_L/2) / f_0) / L, f_k = f(x without the first k regions of like colour)",
	Better:  "higher",
	Needs:   Passes,
	Cost:    "about 100 passes",
	Beware:  "regions follow edges, so a map of edges does well",
	Measure: func(ctx context.Context, s *Probe) ([]float64, error) {
		regions, err := s.segment(ctx)
		if err != nil {
			return nil, err
		}
		return s.removeRegions(ctx, regions)
	},
})

// removeRegions measures every map by hiding regions one after the other, the one with the highest mean first.
func (s *Probe) removeRegions(ctx context.Context, regions []set) ([]float64, error) {
	curves, err := s.path(ctx, s.Mean, func(m int) []set {
		values := s.Maps[m].Signed().Values
		ordered := slices.Clone(regions)
		slices.SortStableFunc(ordered, func(a, b set) int { return cmp.Compare(meanOver(values, b), meanOver(values, a)) })
		return ordered
	}, false)
	if err != nil {
		return nil, err
	}
	return s.each(func(i int, _ *heatmap.Map) float64 {
		n := float64(len(regions))
		return (n - trapezoid(curves[i][1:])/curves[i][0]) / n
	})
}

func meanOver(values []float32, of set) float64 {
	var sum float64
	for _, i := range of {
		sum += float64(values[i])
	}
	return sum / float64(len(of))
}

// segment divides the picture into regions of similar colour.
func (s *Probe) segment(ctx context.Context) ([]set, error) {
	height, width := s.Mean.Size()
	var regions []set
	_, err := s.Mean.Pictures(ctx, 1, func(_ int, picture []float32) {
		channels := len(picture) / (height * width)
		regions = segmentation(channels, height, width, func(c, i int) float64 {
			if s.channelsLast() {
				return float64(picture[i*channels+c])
			}
			return float64(picture[c*height*width+i])
		})
	}, s.report())
	return regions, err
}
