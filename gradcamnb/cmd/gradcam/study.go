package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/metrics"
	"github.com/gradcam-go/gradcam/gradcamnb/study"
	"github.com/gradcam-go/gradcam/internal/cli"
	terminal "github.com/gradcam-go/gradcam/internal/progress"
)

// studyFlags holds the flags of gradcam study, with those that it shares with explain.
type studyFlags struct {
	explainFlags
	models, pictures, methods, metrics []string

	truth, truthClass string
	atLabel           bool
	steps, part       int
	baseline, shard   string
}

func studyCommand() *cobra.Command {
	var f studyFlags
	c := &cobra.Command{
		Use:   "study --model M.onnx --pictures FOLDER --metric insertion --out DIR",
		Short: "Explain a whole data set and measure the maps, with means, intervals and a report",
		Long: `Explain a whole data set and write into --out

  part-*.parquet  one row for each map: picture, target, layer, method, score, metrics, the raw map
  summary.json    means with standard errors and 95 % intervals, comparisons, ranks
  report.html     the same as a page, with the maps that stand out; it needs no server

With several --model, each explains the same pictures with the same choices, and the tables compare them.

--pictures takes a folder (the folders in it are labels), a pattern in quotes, a CSV file with the
columns picture and label, a .tar archive of WebDataset, or a .parquet file with the columns image
and label; it may be repeated. --truth says where the objects are: a folder of masks, a folder of
Pascal VOC's or ImageNet's .xml files, a COCO .json file, or a CSV file with the columns picture,
x0, y0, x1 and y1.

Run the same command again after an interruption: it continues. With --shard 3/64 a machine does one share of
64, the fourth, since shares are counted from 0. All machines write into one folder, and the last one to finish
writes the whole summary.`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c.Context(), c.OutOrStdout()) },
	}
	flags := c.Flags()
	flags.StringArrayVar(&f.models, "model", nil,
		"ONNX file, or one on the hub: hf://owner/name/file.onnx[@revision]; may be repeated to compare models")
	flags.StringArrayVar(&f.pictures, "pictures", nil, "folder, pattern, .csv, .tar or .parquet; may be repeated")
	flags.StringVar(&f.truth, "truth", "",
		"where the objects are: folder of masks or .xml files, COCO .json, or .csv of boxes")
	flags.StringVar(&f.truthClass, "truth-class", "", "count only objects of this name or, in masks, pixels of this number")
	flags.StringArrayVar(&f.layers, "layer", nil,
		`layer by tensor name or module path, "stages" for the last of each resolution; may be repeated (default: the suggested one)`)
	flags.StringArrayVar(&f.methods, "method", nil,
		"method, see gradcam explain --help; may be repeated (default Grad-CAM)")
	flags.StringVar(&f.target, "target", "", targetHelp()+"\n")
	flags.BoolVar(&f.atLabel, "at-label", false, "explain the class that a picture's label names, instead of --target")
	flags.StringArrayVar(&f.metrics, "metric", nil, "metric of every map: "+metricNames()+"; may be repeated")
	flags.IntVar(&f.steps, "steps", ask.DefaultSteps,
		"number of steps in which a picture is shown or hidden to measure a map")
	flags.StringVar(&f.baseline, "baseline", "",
		"what replaces hidden parts of a picture: mean, blur, rise-blur or black (default: as in the metrics' papers)")
	flags.StringVar(&f.out, "out", "", "folder for the results")
	flags.IntVar(&f.batch, "batch", 8, "number of pictures in one pass")
	flags.IntVar(&f.part, "part", 64, "number of pictures in one part file")
	flags.StringVar(&f.shard, "shard", "", "do one machine's share of the parts: 3/64 is the fourth machine of 64")
	f.addPreparation(c)
	return c
}

func metricNames() string {
	var names []string
	for _, m := range metrics.All() {
		names = append(names, m.Name)
	}
	return strings.Join(names, ", ")
}

// checkStudy returns an error if a flag is missing or wrong.
func (f studyFlags) checkStudy() error {
	switch {
	case len(f.models) == 0:
		return cli.Usagef("--model is missing: name an ONNX file, or hf://owner/name/file.onnx")
	case len(f.models) > 1 && len(f.given) > 0:
		return cli.Usagef("--input goes with one --model")
	case len(f.pictures) == 0:
		return cli.Usagef("--pictures is missing: name a folder, a pattern in quotes, a .csv, .tar or .parquet file")
	case f.out == "":
		return cli.Usagef("--out is missing: name a folder for the results")
	case f.truthClass != "" && f.truth == "":
		return errClassAlone
	case f.atLabel && f.target != "":
		return cli.Usagef("--at-label and --target exclude each other")
	case f.batch < 1 || f.part < 1:
		return cli.Usagef("--batch %d and --part %d: both are numbers of pictures, from 1", f.batch, f.part)
	}
	return nil
}

func (f studyFlags) run(ctx context.Context, out io.Writer) error {
	if err := f.checkStudy(); err != nil {
		return err
	}
	s, err := f.openPictures()
	if err != nil {
		return err
	}
	if s.Shard, s.Shards, err = parseShard(f.shard); err != nil {
		return err
	}
	if err := f.open(ctx, s); err != nil {
		return err
	}
	line := terminal.New(os.Stderr)
	start := time.Now()
	s.Progress = func(p study.Progress) { line.Set("gradcam: %s", describeStudy(p, time.Since(start))) }
	summary, err := s.Run(ctx)
	line.Clear()
	if summary != nil { // if the run was interrupted, of the parts so far
		err = errors.Join(err, summary.Write(f.out, s.Pictures))
	}
	if ctx.Err() != nil {
		return errors.New("interrupted; run the same command again to continue")
	}
	if err != nil {
		return err
	}
	return printStudy(out, summary, f.out)
}

// openPictures returns the study with its pictures and their truths, but without its model.
func (f studyFlags) openPictures() (*study.Study, error) {
	pictures, err := study.OpenPictures(f.pictures...)
	if err != nil {
		return nil, err
	}
	s := &study.Study{Pictures: pictures, AtLabel: f.atLabel, Metrics: f.metrics, Steps: f.steps, Baseline: f.baseline,
		Out: f.out, Batch: f.batch, Part: f.part}
	if f.truth == "" {
		return s, nil
	}
	if err := s.ReadTruths(f.truth, f.truthClass); err != nil {
		return nil, err
	}
	if with := study.CountTruths(pictures); with < len(pictures) {
		fmt.Fprintf(os.Stderr, "gradcam: %d of %d pictures have a truth in %s\n", with, len(pictures), f.truth)
	}
	return s, nil
}

// open opens the study's model and sets its choices.
func (f studyFlags) open(ctx context.Context, s *study.Study) error {
	e := engine.New(f.backend)
	var models []*gradcamnb.Model
	for _, path := range f.models {
		m, err := e.OpenModel(ctx, path)
		if err != nil {
			return err
		}
		models = append(models, m)
	}
	s.Model, s.Others = models[0], models[1:]
	r := gradcamnb.Request{}
	if err := f.readInputs(s.Model, &r); err != nil {
		return err
	}
	if len(s.Others) > 0 { // none has the preparation of another
		var err error
		if r.Prep, err = f.prep(nil); err != nil {
			return fmt.Errorf("%w, or every model must have its own sidecar", err)
		}
	}
	s.Choices = []gradcamnb.Choice{r, gradcamnb.Layers(f.layers...), gradcamnb.Methods(f.methods...)}
	if f.target != "" {
		target, err := parseTarget(f.target)
		if err != nil {
			return err
		}
		s.Choices = append(s.Choices, target)
	}
	return nil
}

// parseShard reads the value of --shard, such as 3/64.
func parseShard(text string) (shard, shards int, err error) {
	if text == "" {
		return 0, 0, nil
	}
	a, b, ok := strings.Cut(text, "/")
	shard, err1 := strconv.Atoi(a)
	shards, err2 := strconv.Atoi(b)
	if !ok || err1 != nil || err2 != nil || shard < 0 || shard >= shards {
		return 0, 0, cli.Usagef("--shard %q: write the number of this machine, from 0, and of all, as in 3/64", text)
	}
	return shard, shards, nil
}

// describeStudy returns words that say how far a study is.
func describeStudy(p study.Progress, since time.Duration) string {
	s := fmt.Sprintf("%d of %d pictures", p.Done, p.Total)
	if now := p.Done - p.There; now > 0 && p.Done < p.Total {
		left := time.Duration(float64(since) / float64(now) * float64(p.Total-p.Done))
		s += fmt.Sprintf(", %.1f a second, %s left", float64(now)/since.Seconds(), left.Round(time.Second))
	}
	if p.Failed > 0 {
		s += fmt.Sprintf(", %d failed", p.Failed)
	}
	return s
}

// printStudy prints the means of a study, its counts, and the path of its report. Without a map, that is an error.
func printStudy(out io.Writer, s *study.Summary, dir string) error {
	if err := printMeans(out, s); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d of %d pictures, %d maps", s.Pictures, s.Wanted, s.Maps)
	for _, a := range s.Answers {
		of := ""
		if len(s.Answers) > 1 {
			of = " of " + a.Model
		}
		if a.Labelled > 0 {
			fmt.Fprintf(out, "; the prediction%s is the label in %d of %d", of, a.Right, a.Labelled)
		}
		if a.Unlisted > 0 {
			fmt.Fprintf(out, "; pictures whose label is no class of %s: %d, such as %q", a.Model, a.Unlisted, a.UnknownLabel)
		}
	}
	if s.Failures > 0 {
		which := fmt.Sprintf("%d could not be explained", s.Failures)
		if len(s.Answers) > 1 {
			which = fmt.Sprintf("%d were not explained by every model", s.Failures)
		}
		fmt.Fprintf(out, "; %s: their rows say why, the first %q: %s", which, s.Failed[0].Picture, s.Failed[0].Error)
	}
	fmt.Fprintf(out, "\nreport: %s\n", filepath.Join(dir, "report.html"))
	if s.Maps == 0 {
		return errors.New("no picture could be explained")
	}
	return nil
}

// printMeans prints the table of means, or that nothing was measured.
func printMeans(out io.Writer, s *study.Summary) error {
	switch {
	case len(s.Numbers) == 0 && s.Maps > 0:
		fmt.Fprintln(out, "nothing was measured: name what to measure, as --metric insertion")
		return nil
	case len(s.Numbers) == 0:
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	head, model := "", ""
	if len(s.Answers) > 1 {
		head = "MODEL\t"
	}
	fmt.Fprintln(w, "METRIC\t"+head+"LAYER\tMETHOD\tMEAN\tSTD ERR\t95 % INTERVAL\tMAPS")
	for _, n := range s.Numbers {
		if head != "" {
			model = n.Cell.Model + "\t"
		}
		spread := "-\t-" // one map has none
		if n.N > 1 {
			spread = fmt.Sprintf("%.2g\t%s to %s", n.StdErr, n.Short(n.Lo), n.Short(n.Hi))
		}
		fmt.Fprintf(w, "%s\t%s%s\t%s\t%s\t%s\t%d\n", n.Metric, model, n.Cell.Layer, n.Cell.Method, n.Short(n.Mean), spread, n.N)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("printing the means: %w", err)
	}
	return nil
}
