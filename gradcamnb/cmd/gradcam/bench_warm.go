package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
)

// warm measures the cases that the record lacks.
func (f benchFlags) warm(ctx context.Context, rec *record, cases []benchCase, progress io.Writer) error {
	cases = slices.DeleteFunc(slices.Clone(cases), rec.has)
	if len(cases) == 0 {
		return nil
	}
	var p *peer
	if f.peer != "" {
		var err error
		if p, err = startPeer(f.peer); err != nil {
			return err
		}
		defer p.stop()
	}
	engines := map[string]*engine.Engine{}
	var m *gradcamnb.Model
	for i, c := range cases {
		if engines[c.Backend] == nil {
			engines[c.Backend] = engine.New(c.Backend)
		}
		if i == 0 || c.File != cases[i-1].File || c.Backend != cases[i-1].Backend {
			s, err := engines[c.Backend].Open(c.File)
			if err != nil {
				return err
			}
			m = gradcamnb.NewModel(s)
		}
		fmt.Fprintf(progress, "gradcam bench: %d of %d: %s, batch %d, on %s %s\n", i+1, len(cases), c.model(), c.Batch, c.Backend, c.Grown)
		row, err := f.row(ctx, m, p, c)
		if err != nil {
			return err
		}
		if err := rec.add(row); err != nil {
			return err
		}
	}
	return nil
}

// row measures one case: in every round our explanation and what the peers do,
// one after the other.
func (f benchFlags) row(ctx context.Context, m *gradcamnb.Model, p *peer, c benchCase) (benchRow, error) {
	in, err := c.input(m.Info())
	if err != nil {
		return benchRow{}, err
	}
	explain := func() (float64, error) {
		start := time.Now()
		results, err := m.Run(ctx, gradcamnb.Request{Tensor: &in}, c.choices()...)
		if err != nil {
			return 0, err
		}
		for _, r := range results {
			for _, m := range r.Maps {
				m.Parity()
			}
		}
		return time.Since(start).Seconds(), nil
	}
	row := benchRow{Case: c, Rounds: f.rounds, Medians: map[string]float64{}}
	if row.First, err = explain(); err != nil {
		return benchRow{}, err
	}
	seconds := map[string][]float64{}
	for range f.rounds {
		s, err := explain()
		if err != nil {
			return benchRow{}, err
		}
		seconds[ours] = append(seconds[ours], s)
		if p == nil {
			continue
		}
		for _, do := range f.against {
			if s, err = p.ask(do, c, in.Dims[heightAxis(m.Info())]); err != nil {
				return benchRow{}, err
			}
			seconds[do] = append(seconds[do], s)
		}
	}
	for who, s := range seconds {
		row.Medians[who] = median(s)
	}
	return row, nil
}

// median of the values; zero where there are none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}
