package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/metrics"
	"github.com/gradcam-go/gradcam/internal/place"
)

// manyPasses is the number of passes from which the user is told in advance how many there are.
const manyPasses = 100

// passes returns about how many passes of the model it takes to measure all maps, and the best two of each target
// again.
func (r run) passes(want measurement) int {
	n := len(r.results[0].Maps) * want.curves()
	if want.lead != nil {
		again := measurement{metrics: []metrics.Metric{*want.lead}}
		n += 2 * len(byTarget(r.results[0].Maps)) * len(r.baselines()) * again.curves()
	}
	return len(r.results) * n * want.steps
}

// affordable returns what the request wants measured, with as many steps as pure Go can take within the time that it
// allows: all of them if it sets no time, and at least two. It says so if there are fewer, or else, on every backend,
// how many passes it takes if they are many.
func (r run) affordable(ctx context.Context) (measurement, error) {
	want := r.want
	n := r.passes(want)
	if n == 0 {
		return want, nil
	}
	slow := r.backend.Name == "go"
	if within := r.request.Measuring.Within; slow && within > 0 {
		one, err := r.timePass(ctx)
		if err != nil {
			return want, err
		}
		if all := want.steps; one > 0 && time.Duration(n)*one > within {
			want.steps = max(2, int(within*time.Duration(all)/(one*time.Duration(n))))
			r.sayOnce(fmt.Sprintf("the maps are measured in %d steps, since %d would take %s in pure Go; %s has them all",
				want.steps, all, (time.Duration(n) * one).Round(time.Second),
				place.Words(fmt.Sprintf("gradcamnb.Measured(gradcamnb.Measuring{Steps: %d})", all), fmt.Sprintf("--steps %d", all))))
		}
		return want, nil
	}
	if n >= manyPasses {
		advice := ""
		if slow {
			advice = ", which pure Go is slow at; maps without measures take a fraction of that"
		}
		r.sayOnce(fmt.Sprintf("measuring %d maps takes about %d passes of the model%s",
			len(r.results)*len(r.results[0].Maps), n, advice))
	}
	return want, nil
}

// timePass returns how long the model takes for one masked picture, of four that run together for a second time.
func (r run) timePass(ctx context.Context) (time.Duration, error) {
	subject, end, err := r.prepareSubject(ctx, 0, nil)
	if err != nil {
		return 0, err
	}
	defer end()
	const pictures = 4
	took := time.Duration(0)
	for range 2 {
		start := time.Now()
		_, err := subject.ScoreMasked(ctx, pictures, func(int, []float32) {}, func(int, int) error { return nil })
		if err != nil {
			return 0, err
		}
		took = time.Since(start)
	}
	return took / pictures, nil
}
