package engine

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

const side = 24

// inWindow tells whether pixel i lies in the window that the model of seeing looks at: rows and columns 6 to 11.
func inWindow(i int) bool { y, x := i/side, i%side; return y >= 6 && y < 12 && x >= 6 && x < 12 }

// seeing is a model that scores the mean of its picture within the window, and
// minus that as its second class.
func seeing(t *testing.T, e *Engine) driver.Session {
	t.Helper()
	m, err := source.GoMLX(source.Card{Name: "seeing", Input: []int{-1, side, side, 3}}, model.NewStore(),
		func(_ *model.Scope, x *Node) []*Node {
			seen := ReduceMean(Slice(x, AxisRange(), AxisRange(6, 12), AxisRange(6, 12), AxisRange()), 1, 2, 3)
			return []*Node{Stack([]*Node{seen, Neg(seen)}, 1)}
		})
	if err != nil {
		t.Fatal(err)
	}
	return e.Session(m)
}

// white is a picture of ones.
func white() *gradcamnb.Tensor {
	return &gradcamnb.Tensor{Dims: []int{1, side, side, 3}, Values: slices.Repeat([]float32{1}, side*side*3)}
}

func sample(ctx context.Context, t *testing.T, s driver.Session, r gradcamnb.Request) ([]*heatmap.Result, error) {
	t.Helper()
	r.Tensor = white()
	if r.Methods == nil {
		r.Methods = []string{"RISE"}
	}
	return s.Explain(ctx, r)
}

func mustSample(t *testing.T, s driver.Session, o gradcamnb.Sampling) []*heatmap.Map {
	t.Helper()
	r, err := sample(t.Context(), t, s,
		gradcamnb.Request{Sampling: o, Targets: []gradcamnb.Target{gradcamnb.Class(0), gradcamnb.Class(1)}})
	if err != nil {
		t.Fatal(err)
	}
	return r[0].Maps
}

// RISE of a score that is the mean mask within a window. The map must be E[w M(x)] / p. That is highest in the middle
// of the window, and far from it flat at the mean score 1/2. The map of the second class is the negative.
func TestRISE(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		maps := mustSample(t, seeing(t, e), gradcamnb.Sampling{Masks: 2000, Seed: 3})
		m, against := maps[0], maps[1]
		if m.Score != 1 || against.Score != -1 || m.Method != "RISE" || m.Layer != "" || m.Index != 0 {
			t.Errorf("%+v", m)
		}
		var in, out, nIn, nOut, spread, expected float64
		for i, v := range m.Raw.Values {
			if against.Raw.Values[i] != -v {
				t.Fatalf("the maps of opposite scores differ at %d: %g and %g", i, v, against.Raw.Values[i])
			}
			if y, x := i/side, i%side; y > 18 && x > 18 { // no cell reaches from there to the window
				out, nOut = out+float64(v), nOut+1
				spread += math.Pow(float64(v)-0.5, 2)
				expected += math.Pow(float64(m.StdErr.Values[i]), 2)
			}
			if inWindow(i) {
				in, nIn = in+float64(v), nIn+1
			}
		}
		if in, out := in/nIn, out/nOut; !(math.Abs(out-0.5) <= 0.02) || in < 0.55 {
			t.Errorf("mean %g in the window, %g far from it, want more than 0.55 and 0.5", in, out)
		}
		// How far the flat part is from its known value is what StdErr says.
		if ratio := math.Sqrt(spread / expected); ratio < 0.3 || ratio > 2 {
			t.Errorf("the error is %g times the standard error", ratio)
		}
		if m.Sampled.Agreement < 0.5 || len(m.Sampled.Weights) != 2000 {
			t.Errorf("halves agree to %g after %d masks", m.Sampled.Agreement, len(m.Sampled.Weights))
		}
	})
}

// The weights and the map of a few masks, drawn here by the recipe in the paper with
// this package's random numbers, on both backends.
func TestRISEByHand(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		const n, grid = 5, 4
		m := mustSample(t, seeing(t, e), gradcamnb.Sampling{Masks: n, Grid: grid, Seed: 1<<40 + 9, P: 0.3, Batch: 2})[0]
		want := make([]float64, side*side)
		for i := range n {
			mask := maskByHand(1<<40+9, uint32(i), grid, 0.3)
			var w float64
			for p, v := range mask {
				if inWindow(p) {
					w += v / 36
				}
			}
			if !(math.Abs(w-float64(m.Sampled.Weights[i])) <= 1e-6) {
				t.Errorf("mask %d scores %g, want %g", i, m.Sampled.Weights[i], w)
			}
			for p, v := range mask {
				want[p] += w * v / (0.3 * n)
			}
		}
		for p := range want {
			if !(math.Abs(want[p]-float64(m.Raw.Values[p])) <= 1e-5) {
				t.Fatalf("pixel %d is %g, want %g", p, m.Raw.Values[p], want[p])
			}
		}
	})
}

// maskByHand is mask i of a seed, [side, side].
func maskByHand(seed uint64, i uint32, grid int, p float64) []float64 {
	mix := func(x uint32) uint32 {
		x = (x ^ x>>16) * 0x7feb352d
		x = (x ^ x>>15) * 0x846ca68b
		return x ^ x>>16
	}
	u := func(j int) float64 {
		h := mix(mix(uint32(seed)+mix(uint32(seed>>32))) + i*0x9e3779b9)
		return float64(mix(h+uint32(j+1)*0x85ebca6b)>>8) / (1 << 24)
	}
	cell := side / grid
	sy, sx := math.Floor(u(grid*grid)*float64(cell)), math.Floor(u(grid*grid+1)*float64(cell))
	at := func(y, x int) float64 {
		if u(y*grid+x) < p {
			return 1
		}
		return 0
	}
	// between are the cells that a pixel lies between, and how far along.
	between := func(o, shift float64) (int, int, float64) {
		x := (o+shift+0.5)*float64(grid)/float64((grid+1)*cell) - 0.5
		x = min(max(x, 0), float64(grid-1))
		lo := int(x)
		return lo, min(lo+1, grid-1), x - float64(lo)
	}
	out := make([]float64, side*side)
	for y := range side {
		y0, y1, fy := between(float64(y), sy)
		for x := range side {
			x0, x1, fx := between(float64(x), sx)
			out[y*side+x] = (at(y0, x0)*(1-fx)+at(y0, x1)*fx)*(1-fy) + (at(y1, x0)*(1-fx)+at(y1, x1)*fx)*fy
		}
	}
	return out
}

// The same seed gives the same bits; an interrupted run has the maps of the masks that
// it got to, and when it is continued it gives the bits of a run that was not interrupted.
func TestRepeatInterruptResume(t *testing.T) {
	found := gradcamnb.Detection(1)
	for name, c := range map[string]struct {
		model   func(*testing.T, *Engine) driver.Session
		targets []gradcamnb.Target
	}{
		"RISE":   {seeing, []gradcamnb.Target{gradcamnb.Class(0), gradcamnb.Class(1)}},
		"D-RISE": {spotting, []gradcamnb.Target{found, found.Side("bottom")}},
	} {
		t.Run(name, func(t *testing.T) {
			onBackends(t, func(t *testing.T, e *Engine) { testRepeatInterruptResume(t, c.model(t, e), c.targets) })
		})
	}
}

func testRepeatInterruptResume(t *testing.T, s driver.Session, targets []gradcamnb.Target) {
	o := gradcamnb.Sampling{Masks: 100, Seed: 5}
	draw := func() []*heatmap.Map {
		t.Helper()
		r, err := sample(t.Context(), t, s, gradcamnb.Request{Sampling: o, Targets: targets})
		if err != nil {
			t.Fatal(err)
		}
		return r[0].Maps
	}
	whole := draw()
	if again := draw(); !slices.Equal(again[0].Raw.Values, whole[0].Raw.Values) {
		t.Error("the same seed gives another map")
	}
	o.Seed = 6
	if other := draw(); slices.Equal(other[0].Raw.Values, whole[0].Raw.Values) {
		t.Error("another seed gives the same map")
	}
	o.Seed = 5
	ctx, stop := context.WithCancel(t.Context())
	r, err := sample(ctx, t, s, gradcamnb.Request{Sampling: o, Targets: targets, Progress: func(p gradcamnb.Progress) {
		if p.Done >= 48 {
			stop()
		}
	}})
	if !errors.Is(err, context.Canceled) || len(r) != 1 || len(r[0].Maps) != 2 {
		t.Fatalf("interrupted: %v, %d results", err, len(r))
	}
	for _, m := range r[0].Maps {
		if len(m.Sampled.Weights) != 48 || m.Target == "" {
			t.Errorf("interrupted after %d masks, want 48", len(m.Sampled.Weights))
		}
		o.Resume = append(o.Resume, m.Sampled)
	}
	resumed := draw()
	for i := range whole {
		if !slices.Equal(resumed[i].Raw.Values, whole[i].Raw.Values) ||
			!slices.Equal(resumed[i].StdErr.Values, whole[i].StdErr.Values) {
			t.Errorf("map %d of the resumed run is not that of the whole run", i)
		}
	}
	if slices.Equal(whole[0].Sampled.Weights, whole[1].Sampled.Weights) {
		return // under every mask the box and its side match equally well, so the two runs cannot be told apart
	}
	slices.Reverse(o.Resume) // the run of another target
	_, err = sample(t.Context(), t, s, gradcamnb.Request{Sampling: o, Targets: targets})
	if err == nil || !strings.Contains(err.Error(), "is of another picture, model or target") {
		t.Errorf("the runs of two targets are exchanged: error %v", err)
	}
}

// A run ends at its last mask, though a batch would have more, or before it: when the
// halves of the masks of every target agree, and not sooner, or when its time is over.
func TestStopRules(t *testing.T) {
	const never = 1 << 30
	onBackends(t, func(t *testing.T, e *Engine) {
		s := seeing(t, e)
		if got := len(mustSample(t, s, gradcamnb.Sampling{Masks: 37})[0].Sampled.Weights); got != 37 {
			t.Errorf("%d masks were drawn of 37", got)
		}
		for _, m := range mustSample(t, s, gradcamnb.Sampling{Masks: never, Agreement: 0.6}) {
			n, a := len(m.Sampled.Weights), m.Sampled.Agreement
			if n%256 != 0 || !(a >= 0.6) {
				t.Errorf("%s ends at %d masks, whose halves agree to %g", m.Target, n, a)
			}
			before := mustSample(t, s, gradcamnb.Sampling{Masks: n - 256})[0].Sampled.Agreement
			if before >= 0.6 {
				t.Errorf("%d masks agreed to %g already", n-256, before)
			}
		}
		const limit = 200 * time.Millisecond
		start := time.Now()
		got := len(mustSample(t, s, gradcamnb.Sampling{Masks: never, Limit: limit})[0].Sampled.Weights)
		if took := time.Since(start); got == 0 || took < limit || took > time.Minute {
			t.Errorf("%d masks in %s, with a limit of %s", got, took, limit)
		}
	})
}

// A limit and a context end a run between passes, not between the groups that masks are drawn in. The map is then that
// of a run of as many masks as were scored. Every pass reports its progress.
func TestRunEndsBetweenPasses(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		s := seeing(t, e)
		one := mustSample(t, s, gradcamnb.Sampling{Masks: 64, Batch: 1, Limit: time.Nanosecond})[0]
		if n := len(one.Sampled.Weights); n != 1 {
			t.Errorf("a limit that is over at once leaves %d masks, want 1", n)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var heard []int
		r, err := sample(ctx, t, s, gradcamnb.Request{Sampling: gradcamnb.Sampling{Masks: 64, Batch: 1},
			Targets: []gradcamnb.Target{gradcamnb.Class(0)}, Progress: func(p gradcamnb.Progress) {
				if heard = append(heard, p.Done); p.Done == 5 {
					cancel()
				}
			}})
		if !errors.Is(err, context.Canceled) || !slices.Equal(heard, []int{1, 2, 3, 4, 5, 5}) {
			t.Errorf("error %v, and heard of %v", err, heard)
		}
		got, want := r[0].Maps[0], mustSample(t, s, gradcamnb.Sampling{Masks: 5, Batch: 1})[0]
		if len(got.Sampled.Weights) != 5 || !slices.Equal(got.Raw.Values, want.Raw.Values) {
			t.Errorf("%d masks are left of 5, and the map is that of 5: %v", len(got.Sampled.Weights),
				slices.Equal(got.Raw.Values, want.Raw.Values))
		}
	})
}

// Occlusion of the window's mean: hiding a window of the grid takes away the share of
// it that is hidden. With a grid of 4 a window is 6 pixels: the one on the window
// hides all of it, the next ones half or a quarter, and a pixel in the middle is the
// mean over its four windows, (1 + 1/2 + 1/2 + 1/4) / 4.
func TestOcclusion(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		r, err := sample(t.Context(), t, seeing(t, e), gradcamnb.Request{Methods: []string{"occlusion"},
			Sampling: gradcamnb.Sampling{Grid: 4}, Targets: []gradcamnb.Target{gradcamnb.Class(0)}})
		if err != nil {
			t.Fatal(err)
		}
		m := r[0].Maps[0]
		for _, c := range []struct {
			y, x int
			want float64
		}{{9, 9, 2.25 / 4}, {20, 20, 0}, {9, 20, 0}, {3, 9, 0.75 / 4}} {
			if got := float64(m.Raw.At(c.x, c.y)); !(math.Abs(got-c.want) <= 1e-6) {
				t.Errorf("at (%d, %d): %g, want %g", c.x, c.y, got, c.want)
			}
		}
	})
}

func TestSamplingErrors(t *testing.T) {
	s := seeing(t, testEngine(t, "go"))
	for want, o := range map[string]gradcamnb.Sampling{
		"-1 masks explain nothing":                             {Masks: -1},
		"with the probability 1 every mask":                    {P: 1},
		"with the probability -0.5 every mask":                 {P: -0.5},
		"a grid of 25 x 25 cells is finer":                     {Grid: 25},
		"a grid of -2 cells":                                   {Grid: -2},
		"a batch of -3 masks":                                  {Batch: -3},
		"the agreement between the halves of the masks is 1.5": {Agreement: 1.5},
		"there is no run to resume":                            {Resume: []*heatmap.SampledRun{nil}},
		"there are 1 targets and 2 runs":                       {Resume: []*heatmap.SampledRun{nil, nil}},
		"and this request has 7 cells, 0.5, seed 2 and batches of ": {Seed: 2,
			Resume: []*heatmap.SampledRun{{Grid: 7, P: 0.5, Seed: 1, Batch: 16}}},
	} {
		_, err := sample(t.Context(), t, s, gradcamnb.Request{Sampling: o})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
	for name, r := range map[string]gradcamnb.Request{
		"Occlusion": {Methods: []string{"Occlusion"}},
		"a metric":  {Methods: []string{"Saliency"}, Measuring: gradcamnb.Measuring{Metrics: []string{"insertion"}}},
	} {
		r.Sampling.Batch = -3
		if _, err := sample(t.Context(), t, s, r); err == nil || !strings.Contains(err.Error(), "a batch of -3 masks") {
			t.Errorf("%s in batches of -3: %v", name, err)
		}
	}
}
