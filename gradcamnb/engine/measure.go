package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/inputs"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/metrics"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// measurement holds the metrics that a request asks for, looked up and checked.
type measurement struct {
	metrics []metrics.Metric
	lead    *metrics.Metric // by which the best maps are compared; nil if they are not
	steps   int
}

// curves returns how many passes the metrics take for each step of a map: insertion and deletion are measured once,
// also for their difference.
func (m measurement) curves() int {
	seen := map[string]bool{}
	for _, metric := range m.metrics {
		switch {
		case metric.Name == metrics.InsertionDeletion.Name:
			seen[metrics.Insertion.Name], seen[metrics.Deletion.Name] = true, true
		case metric.Needs == metrics.Passes:
			seen[metric.Name] = true
		}
	}
	return len(seen)
}

// newMeasurement looks up the metrics for a request of so many pictures, and checks that they have a value.
func newMeasurement(m gradcamnb.Measuring, pictures int) (measurement, error) {
	out := measurement{steps: m.Steps}
	if m.Steps == 0 {
		out.steps = ask.DefaultSteps
	}
	if out.steps < 2 {
		return measurement{}, fmt.Errorf("a picture cannot be shown in %d steps: give at least 2", m.Steps)
	}
	if n := len(m.Truths); n > 1 && n != pictures {
		return measurement{}, fmt.Errorf("there are %d truths for %d pictures: give one, or one for each picture", n, pictures)
	}
	names := m.Metrics
	if m.Lead != "" {
		names = append(slices.Clone(names), m.Lead)
	}
	for i, name := range names {
		metric, err := metrics.ByName(name)
		if err != nil {
			return measurement{}, err
		}
		if metric.Needs == metrics.Pictures && pictures < 2 {
			return measurement{}, fmt.Errorf(
				"the metric %q compares the maps of several pictures, and there is one: explain several together", metric.Name)
		}
		if i == len(m.Metrics) {
			out.lead = &metric
		}
		if !slices.ContainsFunc(out.metrics, func(m metrics.Metric) bool { return m.Name == metric.Name }) {
			out.metrics = append(out.metrics, metric)
		}
	}
	return out, nil
}

// checkMeasurable returns an error if something is to be measured of a map of a volume. Metrics hide and blur parts of
// pictures, and truths mark objects in pictures; neither is defined here for volumes.
func (s *session) checkMeasurable(m gradcamnb.Measuring) error {
	if s.model.Card().Slices > 0 && !m.IsEmpty() {
		return fmt.Errorf("the model %s takes volumes, and only maps of pictures are measured: ask for the map alone",
			s.model.Card().Name)
	}
	return nil
}

// measure computes the metrics of all maps and writes them into the maps.
func (r run) measure(ctx context.Context) error {
	giveBack, err := device.Borrow(r.model.Store(), r.backend)
	if err != nil {
		return err
	}
	if err = r.measureAll(ctx); err != nil {
		err = fmt.Errorf("measuring the maps: %w", err)
	}
	return errors.Join(err, giveBack())
}

func (r run) measureAll(ctx context.Context) error {
	if name := r.request.Measuring.Baseline; name != "" { // also if no metric hides anything
		if _, err := metrics.Baseline(name, nil, r.input.Dims, r.model.Card().Layout, r.prep()); err != nil {
			return err
		}
	}
	explained := r
	alone := r.want.onHost() && !r.request.Measuring.Trust // without a pass of the model
	if !alone {
		// This tests the batch with the explained scores. The scores that are measured are not known yet.
		_, end, err := explained.prepareSubject(ctx, 0, nil)
		if err != nil {
			return err
		}
		end()
	}
	r.plan = r.plan.ForMeasuring()
	want, err := r.affordable(ctx)
	if err != nil {
		return err
	}
	heard, expected := 0, r.passes(want)
	report := func(passes int) {
		heard += passes
		if r.request.Progress != nil {
			total := max(heard, expected)
			r.request.Progress(gradcamnb.Progress{Done: heard, Total: total})
		}
	}
	batch := r.batch()
	measure := func(i int) error {
		show := r.show(i)
		show.Batch, show.At = batch, i
		show.Report, show.Steps = report, want.steps
		show.Scores = r.results[i].Scores
		if g := explained.newRerun(i); g != nil {
			show.Again = g.explain
		}
		return r.measurePicture(ctx, i, want, show)
	}
	if alone {
		return sideBySide(len(r.results), measure)
	}
	for i := range r.results {
		if err := measure(i); err != nil {
			return err
		}
	}
	return nil
}

// onHost tells whether every metric needs only the map and perhaps the truth, so that pictures can be measured side by
// side: none runs a program of the model, or compares pictures.
func (m measurement) onHost() bool {
	return !slices.ContainsFunc(m.metrics, func(one metrics.Metric) bool {
		return one.Needs != metrics.Nothing && one.Needs != metrics.Truth
	})
}

// sideBySide calls do for 0 to n-1 on all cores, and returns the first error in that order. If a call panics,
// sideBySide does, too.
func sideBySide(n int, do func(i int) error) error {
	errs, panics := make([]error, n), make([]any, n)
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				func() {
					defer func() { panics[i] = recover() }()
					errs[i] = do(i)
				}()
			}
		})
	}
	all.Wait()
	for i, err := range errs {
		if panics[i] != nil {
			panic(panics[i])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// batch returns the maps and scores of all pictures, for metrics that compare them.
func (r run) batch() *metrics.Batch {
	b := &metrics.Batch{}
	for _, res := range r.results {
		b.Maps, b.Scores = append(b.Maps, res.Maps), append(b.Scores, res.Scores)
	}
	return b
}

// show returns picture i as a probe: its maps, and what is known of the picture.
func (r run) show(i int) *metrics.Probe {
	show := &metrics.Probe{Maps: r.results[i].Maps, Frame: r.input.Frames[i], Layout: r.model.Card().Layout,
		Seed: r.request.Sampling.Seed}
	if n := len(r.request.Measuring.Truths); n > 0 {
		show.Truth = r.request.Measuring.Truths[min(i, n-1)]
		show.Unknown = len(show.Truth.Values) == 0
	}
	return show
}

// prep returns the preprocessing of the pictures. It returns nil if nothing says it, or if it does not fit the model,
// which it need not if a tensor is explained.
func (r run) prep() *imgio.Prep {
	if r.input.Prep == nil {
		return nil
	}
	how, err := inputs.PrepFor(r.model.Card(), r.input.Prep)
	if err != nil {
		return nil
	}
	return how
}

// laterSubject is a subject that is prepared when its first changed copies are scored: few metrics need both baselines,
// and many need none.
type laterSubject struct {
	size    [2]int // height and width of the picture as the model takes it
	prepare func() (*perturb.Subject, error)
}

// Size returns the height and width of the picture.
func (l *laterSubject) Size() (height, width int) { return l.size[0], l.size[1] }

// ScoreMasked scores the picture under masks; see [perturb.Subject.ScoreMasked].
func (l *laterSubject) ScoreMasked(ctx context.Context, n int, draw func(i int, mask []float32),
	report func(done, total int) error) ([][]float32, error) {
	s, err := l.prepare()
	if err != nil {
		return nil, err
	}
	return s.ScoreMasked(ctx, n, draw, report)
}

// Pictures scores other pictures; see [perturb.Subject.Pictures].
func (l *laterSubject) Pictures(ctx context.Context, n int, draw func(i int, picture []float32),
	report func(done, total int) error) ([][]float32, error) {
	s, err := l.prepare()
	if err != nil {
		return nil, err
	}
	return s.Pictures(ctx, n, draw, report)
}

// measurePicture measures the maps of picture i.
func (r run) measurePicture(ctx context.Context, i int, want measurement, show *metrics.Probe) error {
	maps := show.Maps
	for k := range maps {
		show.Aims = append(show.Aims, k*len(r.plan.Aims)/len(maps))
	}
	mean, blur := "mean", "blur"
	if name := r.request.Measuring.Baseline; name != "" {
		mean, blur = name, name
	}
	prep := r.prep()
	var ends []func()
	defer func() {
		for _, end := range ends {
			end()
		}
	}()
	layout := r.model.Card().Layout
	models := map[string]metrics.Model{}
	over := func(baseline string) metrics.Model {
		if models[baseline] != nil {
			return models[baseline]
		}
		models[baseline] = &laterSubject{layout.Size(r.input.Dims), sync.OnceValues(func() (*perturb.Subject, error) {
			subject, end, err := r.prepareSubject(ctx, i, func(subject *perturb.Subject) (err error) {
				subject.Baseline, err = metrics.Baseline(baseline, subject.Values, subject.Input, layout, prep)
				return err
			})
			if err == nil {
				ends = append(ends, end)
			}
			return subject, err
		})}
		return models[baseline]
	}
	show.Mean, show.Blur = over(mean), over(blur)
	for _, metric := range want.metrics {
		values, err := metric.Measure(ctx, show)
		if err != nil {
			return err
		}
		for k, v := range values {
			if maps[k].Metrics == nil {
				maps[k].Metrics = map[string]float64{}
			}
			maps[k].Metrics[metric.Name] = v
		}
	}
	for k, m := range maps {
		m.Curves = show.Curves(k)
	}
	if want.lead != nil {
		if err := r.compare(ctx, want, show, over); err != nil {
			return err
		}
	}
	if r.request.Measuring.Trust {
		return metrics.Trust(ctx, show)
	}
	return nil
}
