package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"

	"github.com/gradcam-go/gradcam/gradcamnb/study"
	"github.com/gradcam-go/gradcam/internal/printable"
)

func init() {
	register.DoFn3x1[context.Context, int, func([]byte), error](&explain{})
	register.Emitter1[[]byte]()
	register.Combiner1[[]byte](&sum{})
	register.DoFn3x1[context.Context, []byte, func(string), error](&report{})
	register.Emitter1[string]()
}

// explain explains one part and emits its summary. If the part's file is there, it is not explained again. The file
// appears whole or not at all, so a bundle that runs twice counts once.
type explain struct{ Plan Plan }

func (e *explain) ProcessElement(ctx context.Context, part int, emit func([]byte)) error {
	s, err := e.Plan.open(ctx)
	if err != nil {
		return err
	}
	if err := s.RunPart(ctx, part); err != nil {
		return err
	}
	p, err := study.ReadPart(e.Plan.Out, part)
	if err != nil {
		return err
	}
	data, err := p.MarshalBinary()
	if err != nil {
		return err
	}
	emit(data)
	return nil
}

// sum adds up the summaries of parts: counts, means and squared deviations, bootstrap samples, and the rows that stand
// out.
type sum struct{}

func (*sum) MergeAccumulators(a, b []byte) ([]byte, error) {
	var left, right study.Partial
	if err := errors.Join(left.UnmarshalBinary(a), right.UnmarshalBinary(b)); err != nil {
		return nil, err
	}
	if err := left.Add(&right); err != nil {
		return nil, err
	}
	return left.MarshalBinary()
}

// report writes the summary and the report, and emits a line about them.
type report struct{ Plan Plan }

func (r *report) ProcessElement(ctx context.Context, data []byte, emit func(string)) error {
	var all study.Partial
	if err := all.UnmarshalBinary(data); err != nil {
		return err
	}
	s, err := r.Plan.open(ctx)
	if err != nil {
		return err
	}
	summary := all.Summary()
	if err := summary.Write(r.Plan.Out, s.Pictures); err != nil {
		return err
	}
	emit(fmt.Sprintf("%d of %d pictures, %d maps", summary.Pictures, summary.Wanted, summary.Maps))
	return nil
}

// pipeline returns the study as a pipeline of Beam.
func pipeline(plan Plan, parts int) *beam.Pipeline {
	all := make([]int, parts)
	for k := range all {
		all[k] = k
	}
	p, s := beam.NewPipelineWithRoot()
	said := beam.ParDo(s.Scope("explain"), &explain{plan}, beam.Reshuffle(s, beam.CreateList(s, all)))
	total := beam.Combine(s.Scope("add up"), &sum{}, said)
	beam.ParDo(s.Scope("report"), &report{plan}, total)
	return p
}

func run(ctx context.Context, plan Plan) error {
	if err := plan.check(); err != nil {
		return err
	}
	s, err := plan.open(ctx)
	if err != nil {
		return err
	}
	return beamx.Run(ctx, pipeline(plan, s.parts))
}

func main() {
	var plan Plan
	plan.flags(flag.CommandLine)
	flag.Parse()
	beam.Init()
	if err := run(context.Background(), plan); err != nil {
		fmt.Fprintln(os.Stderr, "beam:", printable.Text(err.Error()))
		os.Exit(1)
	}
	fmt.Println("report:", plan.Out+"/report.html")
}
