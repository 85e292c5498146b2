package metrics

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Trust measures how far the maps of one picture can be believed, and sets their field Trust.
func Trust(ctx context.Context, show *Probe) error {
	maps := show.Maps
	if len(maps) == 0 {
		return nil
	}
	faithful, err := faithfulness(ctx, *show)
	if err != nil {
		return err
	}
	n := len(maps)
	weights, class, moves := allNaN(n), allNaN(n), allNaN(n)
	cascade := make([][]float64, n)
	if show.Again != nil {
		if weights, err = MPRT.Measure(ctx, show); err != nil {
			return err
		}
		if cascade, err = show.randomiseByDepth(ctx); err != nil {
			return err
		}
		if moves, err = MaxSensitivity.Measure(ctx, show); err != nil {
			return err
		}
		if of, err := RandomLogit.Measure(ctx, show); err == nil {
			class = of
		} else if ctx.Err() != nil {
			return err
		} // else the target is not one class of several
	}
	for i, m := range maps {
		m.Trust = &heatmap.Trust{Faithful: faithful[i], Noise: faithful[n+2*i], Centre: faithful[n+2*i+1],
			Weights: weights[i], Cascade: cascade[i], Class: class[i], Moves: moves[i]}
		m.Trust.Say()
	}
	return nil
}

func allNaN(n int) []float64 { return slices.Repeat([]float64{math.NaN()}, n) }

// randomiseByDepth returns, for every map, its likeness with the maps of the model with random weights in the last
// quarter of the layers, in the last half, and in the last three quarters (Adebayo et al. 2018, "Sanity Checks for
// Saliency Maps", section 3.1, cascading randomisation).
func (s *Probe) randomiseByDepth(ctx context.Context) ([][]float64, error) {
	out := make([][]float64, len(s.Maps))
	for _, top := range []float64{0.25, 0.5, 0.75} {
		likenesses, err := s.likeness(ctx, Change{Weights: true, Top: top, Seed: s.Seed})
		if err != nil {
			return nil, err
		}
		for i, v := range likenesses {
			out[i] = append(out[i], v)
		}
	}
	return out, nil
}

// faithfulness returns insertion less deletion of all maps and then, for each of them, of a map of noise and of a map
// with a bump in the middle, of the same size.
func faithfulness(ctx context.Context, show Probe) ([]float64, error) {
	maps, aims := show.Maps, show.Aims
	draw := rand.New(rand.NewPCG(show.Seed, 7))
	all := Probe{Mean: show.Mean, Blur: show.Blur, Steps: show.Steps, Report: show.Report, Maps: slices.Clone(maps),
		Aims: slices.Clone(aims)}
	for i, m := range maps {
		all.Maps = append(all.Maps, flat(m, func(int, int) float64 { return draw.Float64() }),
			flat(m, func(x, y int) float64 {
				u, v := (float64(x)+0.5)/float64(m.W)-0.5, (float64(y)+0.5)/float64(m.H)-0.5
				return math.Exp(-8 * (u*u + v*v)) // a standard deviation of a quarter of the side
			}))
		all.Aims = append(all.Aims, aims[i], aims[i])
	}
	return InsertionDeletion.Measure(ctx, &all)
}

// flat returns a map of m's size with other values.
func flat(m *heatmap.Map, value func(x, y int) float64) *heatmap.Map {
	g := heatmap.NewGrid(m.W, m.H)
	for i := range g.Values {
		g.Values[i] = float32(value(i%m.W, i/m.W))
	}
	return &heatmap.Map{Grid: g, Raw: g}
}
