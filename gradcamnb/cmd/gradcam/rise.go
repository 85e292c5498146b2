package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/cli"
	"github.com/gradcam-go/gradcam/internal/progress"
)

// samplingFlags holds the flags that say how masks are drawn.
type samplingFlags struct {
	explainFlags
	masks, grid, batch int
	p, agreement       float64
	seed               uint64
	limit, checkpoint  time.Duration
	resume, design     string

	designGiven bool
	byBox       bool // boxes are compared even if the model has instance masks
}

func (f *samplingFlags) add(c *cobra.Command, masks, grid int) {
	f.takes = onePicture
	f.addDetector(c)
	flags := c.Flags()
	f.addMasks(flags, masks, grid)
	flags.StringVar(&f.out, "out", "", "folder for the results")
	flags.StringVar(&f.colors, "colors", "", colorsHelp("colour map of overlay.png"))
}

// addMasks adds the flags that say how masks are drawn.
func (f *samplingFlags) addMasks(flags *pflag.FlagSet, masks, grid int) {
	flags.IntVar(&f.masks, "masks", masks, "number of masks")
	flags.IntVar(&f.grid, "grid", grid, "number of cells of a mask along each side of the picture")
	flags.Float64Var(&f.p, "p", 0.5, "probability that a cell is visible")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of the masks: the same seed gives the same map")
	flags.StringVar(&f.design, "design", "",
		"how masks are drawn and averaged: papers, as in the papers (the default of rise), centred, or balanced, which needs the fewest masks")
	flags.IntVar(&f.batch, "batch", 0,
		"largest number of masks in one pass of the model (default: 16, or fewer if pictures are larger than 256 x 256, or what the file is made for)")
	flags.Float64Var(&f.agreement, "agreement", 0,
		"stop when the maps of two halves of the masks have this rank correlation, e.g. 0.95")
	flags.DurationVar(&f.checkpoint, "checkpoint", time.Minute,
		"time between two writes of run.json and weights.npy, from which --resume goes on if a run is killed")
	flags.StringVar(&f.resume, "resume", "",
		"folder of an earlier run of the same picture, target and masks, which is continued")
	flags.DurationVar(&f.limit, "time", 0, "stop after this time, e.g. 30s")
}

// maxMasks is the most masks of a run. It is far more than any map needs, and memory has room for their scores.
const maxMasks = 100_000_000

// check returns an error if a flag is missing or wrong. A flag of 0 means 0 here, and not a default.
func (f *samplingFlags) check() error {
	switch {
	case f.model == "":
		return cli.Usagef("--model is missing: name an ONNX file")
	case f.masks < 1:
		return cli.Usagef("--masks %d: nothing is explained without masks; give at least 1", f.masks)
	case !(f.p > 0 && f.p < 1):
		return cli.Usagef("--p %g: every mask would be the same; give a probability between 0 and 1, both excluded", f.p)
	case f.grid < 1:
		return cli.Usagef("--grid %d: give at least 1 cell", f.grid)
	case f.batch < 0:
		return cli.Usagef("--batch %d: give at least 1", f.batch)
	case f.batch > maxMasks:
		return cli.Usagef("--batch %d: give at most %d", f.batch, maxMasks)
	case !(f.agreement >= 0 && f.agreement < 1):
		return cli.Usagef("--agreement %g: a rank correlation to wait for lies between 0 and 1", f.agreement)
	case f.masks > maxMasks:
		return cli.Usagef("--masks %d: give at most %d", f.masks, maxMasks)
	case f.limit < 0:
		return cli.Usagef("--time %s: give a time above 0, e.g. 30s", f.limit)
	case len(f.images) != 1:
		return cli.Usagef("--image: name one picture")
	case f.out == "":
		return cli.Usagef("--out is missing: name a folder for the results")
	}
	return nil
}

// sampling returns the sampling of the flags. It reads the run that --resume names.
func (f *samplingFlags) sampling() (gradcamnb.Sampling, error) {
	if err := f.check(); err != nil {
		return gradcamnb.Sampling{}, err
	}
	if f.design == "papers" {
		f.design = ""
	}
	o := gradcamnb.Sampling{Masks: f.masks, Grid: f.grid, P: f.p, Seed: f.seed, Batch: f.batch, Design: f.design,
		Agreement: f.agreement, Limit: f.limit}
	o.Batch = min(o.Batch, o.Masks) // all in one pass
	if f.resume != "" {
		runs, err := readRuns(f.resume)
		if err != nil {
			return o, err
		}
		o.Resume = runs
		run := runs[0]
		if o.Batch == 0 || run.Batch == min(f.batch, run.Masks) { // the earlier run's masks were the cap of its batch
			o.Batch = run.Batch
		}
		if !f.designGiven {
			o.Design = run.Design
		}
	}
	return o, nil
}

const riseFiles = `
  overlay.png   the figure: map on the picture, colour bar
  heatmap.npy   float32 [1, H, W] of the model's input, from 0 to 1
  raw.npy       float32 [1, H, W], as the method's formula has it
  stderr.npy    float32 [1, H, W], standard error of raw.npy
  result.json   what was explained, scores, versions, timings, diagnosis
  run.json, weights.npy   the masks, and the target's score under each, for --resume

A run that is interrupted (ctrl-C) writes the map so far and exits with 1. run.json and weights.npy are
also written every minute (--checkpoint), so that --resume can continue a run that was killed.`

func riseCommand() *cobra.Command {
	var f samplingFlags
	c := &cobra.Command{
		Use:   "rise --model M.onnx --image P.png --out DIR",
		Short: "Explain by hiding parts of the picture at random (RISE)",
		Long:  "Explain a score by hiding parts of the picture at random (RISE), and write into --out\n" + riseFiles,
		Args:  cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			target, err := parseTarget(f.target)
			if err != nil {
				return err
			}
			return f.run(c, target)
		},
	}
	f.add(c, 4000, 7)
	c.Flags().StringVar(&f.target, "target", "top1", targetHelp()+"\n")
	return c
}

func driseCommand() *cobra.Command {
	var f samplingFlags
	var masks, found, side string
	var drawn drawnFlags
	c := &cobra.Command{
		Use:   "drise --model M.onnx --image P.png [--detection K | --instance K | --box x0,y0,x1,y1 --class C | --mask M.png --class C] --out DIR",
		Short: "Explain a detection by hiding parts of the picture at random (D-RISE)",
		Long: `Explain a detection by hiding parts of the picture at random (D-RISE), and write into --out
` + riseFiles + `

By default masks are drawn by the balanced design, until the maps of two halves of them have a
rank correlation of 0.95, and at most 2000. If the halves agree to r, the whole map is expected
to agree to 2r/(1+r) with a map of other masks. That is its reliability, which sheet.png and
run.json give. The halves are first compared after two blocks of masks: 1024 masks for a grid
of 16, 256 for a grid of 8. The fewer cells a grid has, the sooner they agree. With a grid of 16
and a small object they mostly need all 2000 masks. With --masks or --p the masks are drawn as
in the paper, which takes --masks 5000, unless --design says otherwise. If the model has
instance masks, these are compared instead of boxes.

  sheet.png     crop with the box, map, standard error, and with --method the map of a gradient;
                it says whether each map is highest in the box, and which share of it lies there

With --reference-masks and --reference-detections no model runs. The map is then computed from
these masks and from what was detected under each. It is written as weights.npy [targets, masks]
and saliency.npy [targets, H, W].`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if masks != "" || found != "" {
				return referenceDRISE(masks, found, f.out)
			}
			t, err := drawn.target(c)
			if err != nil {
				return err
			}
			if f.byBox && t.Kind == kind.Instance.Name {
				return cli.Usagef("--instance and --by-box exclude each other: an instance is compared by its mask")
			}
			if len(f.layers) > 0 && f.method == "" {
				return cli.Usagef("--layer goes with --method: the method of the gradient there, such as HiResCAM")
			}
			if len(f.layers) > 1 {
				return cli.Usagef("--layer: name one layer")
			}
			f.setFewMasks(c)
			return f.run(c, t.Side(side))
		},
	}
	f.add(c, 2000, 16)
	flags := c.Flags()
	drawn.add(c)
	flags.BoolVar(&f.byBox, "by-box", false, "compare boxes, even if the model has instance masks")
	flags.StringVar(&side, "side", "", "explain one side alone: left, top, right or bottom")
	flags.StringVar(&f.method, "method", "",
		"also draw the map of this gradient method, such as HiResCAM, in sheet.png")
	flags.StringArrayVar(&f.layers, "layer", nil,
		"layer of --method, by tensor name or module path (default: the suggested one)")
	flags.StringVar(&masks, "reference-masks", "", "masks, float32 .npy [masks, H, W]")
	flags.StringVar(&found, "reference-detections", "", "targets and detections under each mask, JSON")
	return c
}

// setFewMasks sets the defaults of the flags that were not given: the balanced design, until the halves agree.
func (f *samplingFlags) setFewMasks(c *cobra.Command) {
	given := func(name string) bool { return c.Flags().Changed(name) }
	f.designGiven = given("design")
	if given("masks") || given("p") || f.resume != "" {
		return
	}
	if !given("agreement") {
		f.agreement = 0.95
	}
	if !f.designGiven {
		f.design = "balanced"
	}
}

// run explains a target and writes the files. If the run is interrupted, it writes the map so far.
func (f *samplingFlags) run(c *cobra.Command, target gradcamnb.Target) error {
	if f.checkpoint <= 0 {
		return cli.Usagef("--checkpoint %s: give a time, e.g. 30s", f.checkpoint)
	}
	o, err := f.sampling()
	if err != nil {
		return err
	}
	options, err := f.options()
	if err != nil {
		return err
	}
	dir, err := openFolder(f.out)
	if err != nil {
		return err
	}
	r, m, err := f.detector(c.Context())
	if err != nil {
		return err
	}
	r.Targets = []gradcamnb.Target{f.compareMasks(target, m.Info())}
	gradients, err := f.gradient(c.Context(), m, r)
	if err != nil {
		return err
	}
	keep := newCheckpoint(dir, f.checkpoint, c.ErrOrStderr())
	defer cli.LastWords(keep.writeLast)()
	r.Methods, r.Sampling, r.Progress = []string{"RISE"}, o, callBoth(keep.report, maskProgress(os.Stderr))
	sayMasks(c.ErrOrStderr(), o)
	results, ended := m.Run(c.Context(), r)
	keep.end()
	if len(results) == 0 || len(results[0].Maps) == 0 {
		return ended
	}
	drawn := results[0].Maps[0]
	err = errors.Join(writeRuns(dir, []*heatmap.Map{drawn}), write(dir, f.explainFlags, m, results, options))
	if err == nil && drawn.Box.Area() > 0 {
		sheet := *results[0]
		sheet.Maps = append([]*heatmap.Map{drawn}, gradients...)
		err = writeDetectionSheet(dir, &sheet, options)
	}
	if err != nil {
		return err
	}
	if errors.Is(ended, context.Canceled) {
		return fmt.Errorf("interrupted after %d of %d masks; the map so far is in %s, and --resume %s continues it",
			len(drawn.Sampled.Weights), o.Masks, dir, dir)
	}
	if ended == nil {
		sayResults(dir, results, strangeness(r.Prep))
	}
	return ended
}

// compareMasks returns a detection that is compared by its mask, if the model has masks, or else the target as it is.
// With --by-box it returns the target as it is.
func (f *samplingFlags) compareMasks(target gradcamnb.Target, i gradcamnb.Info) gradcamnb.Target {
	if target.Kind == kind.Detection.Name && target.Edge == "" && i.Masks && !f.byBox {
		target.Kind = kind.Instance.Name
	}
	return target
}

// gradient returns the map of --method at --layer, or none if no method is named.
func (f *samplingFlags) gradient(ctx context.Context, m *gradcamnb.Model, r gradcamnb.Request) ([]*heatmap.Map, error) {
	if f.method == "" {
		return nil, nil
	}
	r.Methods, r.Layers = []string{f.method}, f.layers
	results, err := m.Run(ctx, r)
	if err != nil {
		return nil, err
	}
	return results[0].Maps, nil
}

// writeDetectionSheet writes sheet.png.
func writeDetectionSheet(dir string, r *heatmap.Result, o *render.Options) error {
	png, err := render.EncodePNG(render.DetectionSheet(r, o), render.Provenance(r, r.Maps[0]))
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, "sheet.png"), png)
}

// callBoth returns a function that calls a and, if it is not nil, b.
func callBoth(a, b func(gradcamnb.Progress)) func(gradcamnb.Progress) {
	if b == nil {
		return a
	}
	return func(p gradcamnb.Progress) { a(p); b(p) }
}

// sayMasks prints at once what a run of masks will do, since its first pass may take long.
func sayMasks(to io.Writer, o gradcamnb.Sampling) {
	fmt.Fprintf(to, "gradcam: up to %d masks; after the second pass of the model the time left is said\n", o.Masks)
}

// estimate returns a function that says once how long a run of what may take, if that is at least so long. It does so
// after the second pass, since the first one compiles. It starts anew with the next method, and with the metrics. The
// text end stands behind the time.
func estimate(to io.Writer, what, end string, least time.Duration) func(gradcamnb.Progress) {
	var first time.Time
	var done int
	var last gradcamnb.Progress
	said := false
	return func(p gradcamnb.Progress) {
		if p.Total != last.Total || p.Done < last.Done {
			first, done, said = time.Now(), p.Done, false
		}
		last = p
		if said || p.Done <= done || p.Done >= p.Total {
			return
		}
		rate := float64(p.Done-done) / time.Since(first).Seconds()
		left := time.Duration(float64(p.Total-p.Done) / rate * float64(time.Second))
		if said = left >= least; said {
			fmt.Fprintf(to, "gradcam: %d %s at %.1f a second: %s%s\n", p.Total, what, rate, progress.FormatDuration(left), end)
		}
	}
}

// maskProgress returns a function that shows the masks done, their rate and the time left on a terminal. Elsewhere the
// function says once how long the run may take.
func maskProgress(to *os.File) func(gradcamnb.Progress) {
	if !progress.IsTerminal(to) {
		return estimate(to, "masks", " at most", 0)
	}
	line := progress.New(to)
	var pace progress.Pace
	return func(p gradcamnb.Progress) {
		if p.Done >= p.Total {
			line.Clear()
			return
		}
		line.Set("masks: %s", pace.Words(p.Done, p.Total, time.Now()))
	}
}
