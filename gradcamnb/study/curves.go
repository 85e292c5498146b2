package study

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// Curve is the mean score of one cell's maps while their pictures are shown or hidden step by step.
type Curve struct {
	Cell   Cell      // the method and layer
	Metric string    // "insertion" or "deletion"
	N      int       // maps
	Mean   []float64 // at steps 0 to n; NaN at a step at which no map has a score
	Half   []float64 // half the width of the mean's 95 % interval, 1.96 standard errors; NaN if there is one map only
}

type curveKey struct {
	Cell   Cell
	Metric string
}

type curveSums map[curveKey][]moments

func (s curveSums) add(cell Cell, r Row) {
	for metric, scores := range r.Curves {
		k := curveKey{cell, metric}
		if s[k] == nil {
			s[k] = make([]moments, len(scores))
		}
		for i, v := range scores[:min(len(scores), len(s[k]))] {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				s[k][i].add(v)
			}
		}
	}
}

func (s curveSums) merge(o curveSums) {
	for k, of := range o {
		if s[k] == nil {
			s[k] = make([]moments, len(of))
		}
		for i := range of[:min(len(of), len(s[k]))] {
			s[k][i].merge(of[i])
		}
	}
}

func (s curveSums) means() []Curve {
	keys := slices.SortedFunc(maps.Keys(s), func(a, b curveKey) int {
		return cmp.Or(cmp.Compare(b.Metric, a.Metric), a.Cell.compare(b.Cell))
	})
	var out []Curve
	for _, k := range keys {
		c := Curve{Cell: k.Cell, Metric: k.Metric}
		for _, m := range s[k] {
			mean := m.Mean
			if m.N == 0 { // no map has a score at this step
				mean = math.NaN()
			}
			c.N = max(c.N, m.N)
			c.Mean, c.Half = append(c.Mean, mean), append(c.Half, 1.96*m.stdErr())
		}
		out = append(out, c)
	}
	return out
}
