package engine

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/metrics"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// repeatedBaselines are the baselines over which the best maps are compared.
var repeatedBaselines = []string{"mean", "blur", "black"}

// byTarget returns the places of the maps of each target.
func byTarget(maps []*heatmap.Map) [][]int {
	var out [][]int
	seen := map[string]int{}
	for i, m := range maps {
		k, ok := seen[m.Target]
		if !ok {
			k = len(out)
			seen[m.Target], out = k, append(out, nil)
		}
		out[k] = append(out[k], i)
	}
	return out
}

// compare writes into the best map of each target of a picture by how much it leads. over makes the picture with a
// baseline.
func (r run) compare(ctx context.Context, want measurement, show *metrics.Probe,
	over func(baseline string) metrics.Model) error {
	metric := *want.lead
	for _, places := range byTarget(show.Maps) {
		first, second, ok := bestTwo(show.Maps, places, metric)
		if !ok {
			continue
		}
		lead := &heatmap.Lead{Metric: metric.Name, Baseline: r.request.Measuring.Baseline}
		best, next := show.Maps[first], show.Maps[second]
		best.Lead = lead
		if metric.Needs != metrics.Passes {
			lead.Repeated = []float64{better(metric, best.Metrics[metric.Name], next.Metrics[metric.Name])}
			continue
		}
		if err := r.repeat(ctx, want, lead, show.Pair(first, second), over); err != nil {
			return err
		}
		if slices.ContainsFunc(lead.Repeated, math.IsNaN) { // over some baseline one has no value
			best.Lead = nil
		}
	}
	return nil
}

// better returns by how much the value a of a metric is better than b.
func better(metric metrics.Metric, a, b float64) float64 {
	if metric.Better == "lower" {
		return b - a
	}
	return a - b
}

// bestTwo returns the best and the next best of the maps at the given places. ok is false if fewer than two have a
// value.
func bestTwo(maps []*heatmap.Map, places []int, metric metrics.Metric) (first, second int, ok bool) {
	value := func(i int) float64 { return maps[i].Metrics[metric.Name] }
	valued := slices.DeleteFunc(slices.Clone(places), func(i int) bool { return math.IsNaN(value(i)) })
	if len(valued) < 2 {
		return 0, 0, false
	}
	slices.SortStableFunc(valued, func(a, b int) int { return cmp.Compare(0, better(metric, value(a), value(b))) })
	return valued[0], valued[1], true
}

// repeat measures two maps of a probe by the metric of the lead, over each baseline and with other random numbers each
// time.
func (r run) repeat(ctx context.Context, want measurement, lead *heatmap.Lead, two *metrics.Probe,
	over func(baseline string) metrics.Model) error {
	hides := false
	baselines := r.baselines()
	for k, name := range baselines {
		model := over(name)
		again := *two
		again.Mean, again.Blur = watched{model, &hides}, watched{model, &hides}
		again.Seed += uint64(k)
		values, err := want.lead.Measure(ctx, &again)
		if err != nil {
			return err
		}
		lead.Repeated = append(lead.Repeated, better(*want.lead, values[0], values[1]))
		if again.Curves(0) != nil {
			lead.Steps = want.steps
		}
	}
	switch {
	case hides:
		lead.Over = baselines
	case len(slices.Compact(slices.Clone(lead.Repeated))) == 1: // nothing was hidden or drawn
		lead.Repeated = lead.Repeated[:1]
	}
	return nil
}

// baselines returns the baselines over which maps are compared: all that are known.
func (r run) baselines() []string {
	if r.prep() == nil { // what is black is not known
		return repeatedBaselines[:2]
	}
	return repeatedBaselines
}

// watched is a model that notes whether it shows masked pictures, which have a baseline.
type watched struct {
	of    metrics.Model
	hides *bool
}

// Size implements [metrics.Model].
func (w watched) Size() (height, width int) { return w.of.Size() }

// ScoreMasked implements [metrics.Model].
func (w watched) ScoreMasked(ctx context.Context, n int, draw func(i int, mask []float32),
	report func(done, total int) error) ([][]float32, error) {
	*w.hides = true
	return w.of.ScoreMasked(ctx, n, draw, report)
}

// Pictures implements [metrics.Model].
func (w watched) Pictures(ctx context.Context, n int, draw func(i int, picture []float32),
	report func(done, total int) error) ([][]float32, error) {
	return w.of.Pictures(ctx, n, draw, report)
}
