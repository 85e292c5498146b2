package perturb

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/correlation"
	"github.com/gradcam-go/gradcam/internal/fault"
	"github.com/gradcam-go/gradcam/internal/nearest"
)

// RISE scores the picture I under N random masks M_i, of which a pixel is seen with
// probability p, and averages the masks by the score f:
//
//	L_xy = 1/(p N) SUM_i f(I * M_i) M_i,xy        (eq. 6)
//
// Petsiuk, Das and Saenko 2018, "RISE: Randomized Input Sampling for Explanation of
// Black-box Models". It estimates the mean score over the masks that show (x, y), in the
// score's unit. Values above the mean over all masks speak for the target.
//
// With a detection as the target it is D-RISE (Petsiuk et al. 2021, "Black-box
// Explanation of Object Detectors via Saliency Maps"): f is then the best match of the
// target among the detections of the masked picture.
//
// The masks are made on the device and stay there. Only the scores are copied back after a
// pass, and the sums when a map is made.
var RISE = register(Method{
	Name:    "RISE",
	OfBoxes: "D-RISE",
	Paper:   "Petsiuk et al. 2018, arXiv:1806.07421; of detections (D-RISE): Petsiuk et al. 2021, arXiv:2006.03204",
	Formula: "1/(p N) SUM_i f(I * M_i) M_i, M_i random masks (eq. 6)",
	Passes:  "4000 forward, 5000 of detections, or fewer if a map need not be as sure",
	Use:     "if the model is a black box, or to check a map of gradients in another way; for detections it is D-RISE",
	Peers:   "the authors' RISEBatch leaves the factor 1/(p N) out; openvino_xai enlarges masks by cubic interpolation; Microsoft's D-RISE by default draws 25 masks of 4 x 4, without blending between cells, and subtracts the mean score",
	Explain: rise,
})

func rise(ctx context.Context, s *Subject, report Listener) ([]*heatmap.Map, error) {
	r, err := newRun(s)
	if err != nil {
		return nil, err
	}
	defer r.end()
	ended := r.continueRun(ctx, report)
	if ended != nil && (ctx.Err() == nil || r.done == 0) {
		return nil, ended
	}
	maps, err := r.maps()
	return maps, errors.Join(ended, err)
}

// run draws random masks and sums them by their scores.
type run struct {
	subject  *Subject
	sampling ask.Sampling // with every default filled in
	height   int
	width    int

	draw, add Program
	score     groupScorer

	seed, p *tensors.Tensor
	group   int         // masks that are drawn and added to the sums at a time
	done    int         // masks
	weights [][]float32 // [aim][mask], scores

	recognised bool // the run to resume is of this picture
	sums       []*tensors.Tensor
}

func newRun(s *Subject) (*run, error) {
	r := &run{subject: s, sampling: fillDefaults(s)}
	r.height, r.width = s.Size()
	o := r.sampling
	f := newField(s, o.Grid)
	if err := checkSampling(o, f); err != nil {
		return nil, err
	}
	if err := checkResume(o, len(s.Aims)); err != nil {
		return nil, err
	}
	var err error
	r.group = s.group(o.Batch)
	if r.draw, err = s.Compile(fmt.Sprintf("rise draw %d masks of %d %s", r.group, o.Grid, o.Design),
		func(_ *SubjectGraph, in []*Node) []*Node {
			return []*Node{designs[o.Design].draw(in[1], in[0], in[2], r.group, f)}
		}); err != nil {
		return nil, err
	}
	if r.score, err = s.scorerOfGroup(r.group); err != nil {
		return nil, err
	}
	if r.add, err = s.Compile(fmt.Sprintf("rise add %d masks", r.group), func(_ *SubjectGraph, in []*Node) []*Node {
		return accumulate(in[0], in[1], in[2], in[3], in[4])
	}); err != nil {
		return nil, err
	}
	r.seed = tensors.FromFlatDataAndDimensions([]uint32{uint32(o.Seed), uint32(o.Seed >> 32)}, 2)
	r.p = tensors.FromScalar(float32(o.P))
	r.weights = make([][]float32, len(s.Aims))
	pixels := r.height * r.width
	for _, rows := range []int{2 * (1 + len(s.Aims)), 1 + 2*len(s.Aims)} {
		r.sums = append(r.sums, tensors.FromFlatDataAndDimensions(make([]float32, rows*pixels), rows, r.height, r.width))
	}
	return r, nil
}

// accumulate adds the masks [n, H, W], weighted by each row of rows [r, n], to sums, and the
// squared masks, weighted by each row of squareRows, to squareSums.
func accumulate(masks, rows, squareRows, sums, squareSums *Node) []*Node {
	return []*Node{
		Add(sums, Einsum("rn,nhw->rhw", rows, masks)),
		Add(squareSums, Einsum("rn,nhw->rhw", squareRows, Square(masks))),
	}
}

func fillDefaults(s *Subject) ask.Sampling {
	o := s.Sampling
	boxed := slices.ContainsFunc(s.Aims, func(a Aim) bool { return a.IsDetection })
	fill := func(v *int, plain, detection int) {
		if *v == 0 {
			*v = plain
			if boxed {
				*v = detection
			}
		}
	}
	fill(&o.Masks, 4000, 5000)
	fill(&o.Grid, 7, 16)
	o.Batch = s.Batch()
	if o.P == 0 {
		o.P = 0.5
	}
	return o
}

func checkSampling(o ask.Sampling, f field) error {
	switch {
	case o.Masks < 1:
		return fmt.Errorf("%d masks explain nothing: give at least 1", o.Masks)
	case !(o.P > 0 && o.P < 1):
		return fmt.Errorf("with the probability %g every mask is the same: give one between 0 and 1, both excluded", o.P)
	case o.Agreement < 0 || o.Agreement >= 1 || math.IsNaN(o.Agreement):
		return fmt.Errorf("the agreement between the halves of the masks is %g: give a rank correlation of at least 0 and below 1", o.Agreement)
	}
	design, ok := designs[o.Design]
	if !ok {
		names := slices.Sorted(maps.Keys(Designs()))
		return fault.Errorf(fault.ErrUnknownName,
			"there is no design %q for masks%s; there are %s, and that of the papers if none is named", o.Design,
			nearest.DidYouMean(o.Design, names), strings.Join(names, ", "))
	}
	if design.half && o.P != 0.5 {
		return fmt.Errorf("the design %q shows half of the cells in every block, and the probability is %g: give 1/2, or another design", o.Design, o.P)
	}
	return checkGrid(f)
}

// continueRun draws masks until the run is complete, a stop rule holds, or ctx ends.
func (r *run) continueRun(ctx context.Context, report Listener) error {
	start := time.Now()
	isLate := func() bool { return r.sampling.Limit > 0 && time.Since(start) >= r.sampling.Limit }
	heard := func(scored int) (stop bool, err error) {
		if scored < r.group { // maps are made after the group
			err = report(r.done+scored, r.sampling.Masks, nil)
		}
		return isLate(), err
	}
	for step := 0; r.done < r.sampling.Masks; step++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.step(ctx, step, heard); err != nil {
			return err
		}
		if err := report(r.done, r.sampling.Masks, r.maps); err != nil {
			return err
		}
		enough, err := r.isEnough(step)
		if err != nil {
			return err
		}
		if enough || isLate() {
			return nil
		}
	}
	return nil
}

// isEnough tells whether the halves agree as the request asks. It compares them at every 16th step, and is false at
// other steps.
func (r *run) isEnough(step int) (bool, error) {
	const every = 16 // groups
	if r.sampling.Agreement == 0 || step%every != every-1 {
		return false, nil
	}
	maps, err := r.maps()
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(maps, func(m *heatmap.Map) bool { return !(m.Sampled.Agreement >= r.sampling.Agreement) }),
		nil
}

// step draws a group of masks, scores them, and adds them to the sums.
func (r *run) step(ctx context.Context, step int, heard heardFn) error {
	n := r.group
	first := tensors.FromScalar(uint32(step * n))
	defer first.MustFinalizeAll()
	drawn, err := r.draw(ctx, first, r.seed, r.p)
	if err != nil {
		return err
	}
	masks := drawn[0]
	defer masks.MustFinalizeAll()
	scores, now, err := r.scores(ctx, step*n, masks, heard)
	if err != nil {
		return err
	}
	rows, squareRows := r.rows(scores, now)
	defer rows.MustFinalizeAll()
	defer squareRows.MustFinalizeAll()
	sums, err := r.add(context.WithoutCancel(ctx), masks, rows, squareRows, r.sums[0], r.sums[1])
	if err != nil {
		return err
	}
	r.dropSums()
	r.sums = sums
	for a := range r.weights {
		r.weights[a] = append(r.weights[a], scores[a*n:a*n+now]...)
	}
	r.done += now
	return nil
}

// scores returns the scores of the targets under a group of masks, [target][mask] laid flat. at is the number of the
// first mask. It also returns how many of the masks are scored. Scores that the resumed run has are taken from it.
func (r *run) scores(ctx context.Context, at int, masks *tensors.Tensor, heard heardFn) ([]float32, int, error) {
	n, known := r.group, r.sampling.Resume
	first := min(n, r.sampling.Masks-at)
	if len(known) > 0 && len(known[0].Weights) >= at+first {
		scores := make([]float32, len(known)*n)
		for a, k := range known {
			copy(scores[a*n:(a+1)*n], k.Weights[at:])
		}
		if r.recognised || slices.Max(scores) == slices.Min(scores) { // equal scores cannot be recognised
			return scores, first, nil
		}
		r.recognised = true
		return scores, first, r.recognise(ctx, masks, scores, first)
	}
	scores, scored, err := r.score(ctx, masks, first, heard)
	if err != nil {
		return nil, 0, err
	}
	for i, v := range scores {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return nil, 0, fmt.Errorf("the target scores %g under mask %d, and that cannot be averaged: the model overflows on masked pictures", v, at+i%n)
		}
	}
	return scores, scored, nil
}

// stretch returns how many masks in a row are assigned to the same half: a batch, or a block of masks that are drawn
// together. Two halves of one block would not be independent.
func (r *run) stretch() int {
	if block := designs[r.sampling.Design].block; block != nil {
		return block(newField(r.subject, r.sampling.Grid).cells())
	}
	return r.sampling.Batch
}

// rows returns the weights of a group of masks in the sums: for the masks 1 and w in each
// half, for the squared masks 1, w and w^2.
func (r *run) rows(scores []float32, masks int) (rows, squareRows *tensors.Tensor) {
	n, aims := r.group, len(r.weights)
	plain, square := make([]float32, 2*(1+aims)*n), make([]float32, (1+2*aims)*n)
	stretch := r.stretch()
	for i := range masks {
		half := (r.done + i) / stretch % 2
		of := plain[half*(1+aims)*n:]
		of[i], square[i] = 1, 1
		for a := range aims {
			w := scores[a*n+i]
			of[(1+a)*n+i], square[(1+a)*n+i], square[(1+aims+a)*n+i] = w, w, w*w
		}
	}
	return tensors.FromFlatDataAndDimensions(plain, 2*(1+aims), n), tensors.FromFlatDataAndDimensions(square, 1+2*aims, n)
}

func (r *run) dropSums() {
	for _, t := range r.sums {
		t.MustFinalizeAll()
	}
}

func (r *run) end() {
	r.dropSums()
	r.seed.MustFinalizeAll()
	r.p.MustFinalizeAll()
}

// maps returns the maps of the masks drawn so far.
func (r *run) maps() ([]*heatmap.Map, error) {
	sums, err := tensors.CopyFlatData[float32](r.sums[0])
	if err != nil {
		return nil, err
	}
	squares, err := tensors.CopyFlatData[float32](r.sums[1])
	if err != nil {
		return nil, err
	}
	pixels, aims := r.height*r.width, len(r.weights)
	field := func(of []float32, row int) []float32 { return of[row*pixels : (row+1)*pixels] }
	n, p := float64(r.done), r.sampling.P
	var out []*heatmap.Map
	for a, weights := range r.weights {
		raw := heatmap.NewGrid(r.width, r.height)
		raw.Slices = r.subject.Slices()
		stderr := raw.Zeros()
		halves := [2][]float32{field(sums, 1+a), field(sums, 1+aims+1+a)}
		var total float64
		for _, w := range weights {
			total += float64(w)
		}
		mean, centre := total/n, 0.0
		if designs[r.sampling.Design].centred {
			centre = mean
		}
		for i := range raw.Values {
			// The mean over the masks of the terms z = (w - centre) M / p, and of their squares.
			shown := float64(sums[i]) + float64(field(sums, 1+aims)[i])
			z := (float64(halves[0][i]) + float64(halves[1][i]) - centre*shown) / (n * p)
			square := float64(field(squares, 1+aims+a)[i]) - 2*centre*float64(field(squares, 1+a)[i]) +
				centre*centre*float64(squares[i])
			raw.Values[i] = float32(z + centre)
			stderr.Values[i] = float32(math.Sqrt(max(square/(n*p*p)-z*z, 0) / (n - 1)))
		}
		sampled := &heatmap.SampledRun{
			Masks: r.sampling.Masks, Grid: r.sampling.Grid, P: p, Seed: r.sampling.Seed, Batch: r.sampling.Batch,
			Design:  r.sampling.Design,
			Weights: slices.Clone(weights), Mean: mean, Agreement: math.NaN(),
		}
		if centre != 0 {
			for h := range halves {
				halves[h] = subtract(halves[h], field(sums, h*(1+aims)), centre)
			}
		}
		if r.done >= 2*r.stretch() {
			sampled.Agreement = correlation.Spearman(shrunk(halves[0], r.width), shrunk(halves[1], r.width))
		}
		if r.done == 1 {
			stderr = heatmap.Grid{}
		}
		out = append(out, &heatmap.Map{Place: heatmap.AtMasks, Grid: positiveAbove(raw, float32(sampled.Mean)), Raw: raw,
			StdErr: stderr, Sampled: sampled})
	}
	return out, nil
}

// subtract returns a weighted sum of masks less the plain sum of masks times a level.
func subtract(weighed, masks []float32, level float64) []float32 {
	out := make([]float32, len(weighed))
	for i := range out {
		out[i] = weighed[i] - float32(level)*masks[i]
	}
	return out
}
