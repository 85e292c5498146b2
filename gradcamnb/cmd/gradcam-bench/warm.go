package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/internal/invented"
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
	var imported float64
	for i, c := range cases {
		if engines[c.Backend] == nil {
			engines[c.Backend] = engine.New(c.Backend)
		}
		if i == 0 || c.File != cases[i-1].File || c.Backend != cases[i-1].Backend {
			var err error
			if m, imported, err = timeOpen(ctx, engines[c.Backend], c.File); err != nil {
				return err
			}
		}
		fmt.Fprintf(progress, "gradcam-bench: %d of %d: %s, batch %d, on %s %s\n", i+1, len(cases), c.model(), c.Batch,
			c.Backend, c.Grown)
		row, err := f.row(ctx, m, p, c)
		if err != nil {
			return err
		}
		row.Import = imported
		if err := rec.add(row); err != nil {
			return err
		}
	}
	return nil
}

// timeOpen opens a model and returns the seconds that it takes to read the file and to pass over its graph.
func timeOpen(ctx context.Context, e *engine.Engine, file string) (*gradcamnb.Model, float64, error) {
	start := time.Now()
	s, err := e.OpenContext(ctx, file)
	if err != nil {
		return nil, 0, err
	}
	m := gradcamnb.NewModel(s)
	if _, err := m.Layers(); err != nil {
		return nil, 0, err
	}
	return m, time.Since(start).Seconds(), nil
}

// row measures one case. Every round runs one explanation and the tasks of the peers, one after the other.
func (f benchFlags) row(ctx context.Context, m *gradcamnb.Model, p *peer, c benchCase) (benchRow, error) {
	in, err := c.input(m.Info())
	if err != nil {
		return benchRow{}, err
	}
	_, height, _ := invented.Axes(m.Info().Layout)
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
	pids := []int{os.Getpid()}
	if p != nil {
		pids = append(pids, p.cmd.Process.Pid)
	}
	seconds := map[string][]float64{}
	for try := 0; len(seconds[ours]) < f.rounds; try++ {
		before, known := processorTime(pids...)
		round, err := f.round(explain, p, c, in.Dims[height])
		if err != nil {
			return benchRow{}, err
		}
		after, _ := processorTime(pids...)
		if known && measureOtherLoad(before, after) > disturbed {
			if try < f.patience*f.rounds {
				continue
			}
			row.Disturbed++
		}
		for who, s := range round {
			seconds[who] = append(seconds[who], s)
		}
	}
	for who, s := range seconds {
		row.Medians[who] = median(s)
	}
	return row, nil
}

// disturbed is the share of the machine's time above which other processes disturb a round. The round is then measured
// again.
const disturbed = 0.1

// round runs one explanation and one of each task of the peers. It returns their seconds.
func (f benchFlags) round(explain func() (float64, error), p *peer, c benchCase, side int) (map[string]float64, error) {
	out := map[string]float64{}
	var err error
	for range c.Warm + 1 {
		if out[ours], err = explain(); err != nil {
			return nil, err
		}
	}
	if p == nil {
		return out, nil
	}
	for _, do := range f.against {
		if out[do], err = p.ask(do, c, side); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// median returns the median of the values, or 0 if there are none.
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
