package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/coco"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/cli"
	"github.com/gradcam-go/gradcam/internal/printable"
)

// detectFlags holds the flags of gradcam detect.
type detectFlags struct {
	samplingFlags
	asJSON, explain, nearMiss bool
	most                      int
	coco, cocoNames, listed   string
	explaining                *pflag.FlagSet // flags that need --explain
}

// check returns an error if flags do not go together.
func (f *detectFlags) check() error {
	switch {
	case f.explain && f.out == "":
		return cli.Usagef("--explain goes with --out: name a folder for the results")
	case f.explain && len(f.images) != 1:
		return cli.Usagef("--explain: name one picture with --image")
	case f.most < 1:
		return cli.Usagef("--most %d: explain at least 1", f.most)
	case f.cocoNames != "" && f.coco == "" && f.listed == "":
		return cli.Usagef("--coco-names goes with --coco or --detections")
	case f.nearMiss && f.listed != "":
		return cli.Usagef("--near-miss and --detections exclude each other: a results file has no candidates")
	}
	if f.explain {
		return f.checkExplaining()
	}
	var err error
	f.explaining.VisitAll(func(flag *pflag.Flag) {
		if flag.Changed && err == nil {
			err = cli.Usagef("--%s goes with --explain", flag.Name)
		}
	})
	return err
}

// checkExplaining returns an error if a flag that says how detections are explained is wrong.
func (f *detectFlags) checkExplaining() error {
	switch {
	case f.checkpoint <= 0:
		return cli.Usagef("--checkpoint %s: give a time, e.g. 30s", f.checkpoint)
	case f.method != "" && f.resume != "":
		return cli.Usagef("--resume and --method exclude each other: only a run of masks can be continued")
	case f.method == "" && len(f.layers) > 0:
		return cli.Usagef("--layer goes with --method: D-RISE has no layer")
	}
	if _, err := f.options(); err != nil {
		return err
	}
	return f.samplingFlags.check()
}

// imageCount returns how many pictures --image may name: if detections are explained, one.
func (f *detectFlags) imageCount() imageCount {
	if f.explain {
		return onePicture
	}
	return fewPictures
}

func (f *detectFlags) run(c *cobra.Command) error {
	f.takes = f.imageCount()
	if err := f.checkNamed(); err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	names, err := f.names()
	if err != nil {
		return err
	}
	if err := f.makeOut(); err != nil {
		return err
	}
	r, m, err := f.detector(c.Context())
	if err != nil {
		return err
	}
	found, err := m.DetectAll(c.Context(), r)
	if err != nil {
		return err
	}
	if f.asJSON {
		err = detectionsJSON(c.OutOrStdout(), f.images, found)
	} else {
		err = detectionTable(c.OutOrStdout(), f.images, found)
	}
	if err != nil {
		return err
	}
	if f.coco != "" {
		if err := writeCOCO(f.coco, names, f.images, found); err != nil {
			return err
		}
	}
	if f.out == "" {
		return nil
	}
	if err := writeDetections(f.out, f.images, r, found); err != nil {
		return err
	}
	if f.explain {
		err = f.explainFound(c, m, r, names, found[0])
	}
	if err == nil {
		f.sayWhere(c.OutOrStdout())
	}
	return err
}

// makeOut makes the folder for the results, if one is asked for.
func (f *detectFlags) makeOut() error {
	if f.out == "" {
		return nil
	}
	_, err := openFolder(f.out)
	return err
}

// sayWhere prints the path of the picture to look at, or of the list of several.
func (f *detectFlags) sayWhere(out io.Writer) {
	drawn := "detections.png"
	switch {
	case f.asJSON:
		return
	case f.explain:
		drawn = "explained.png"
	case len(f.images) > 1:
		drawn = "detections.json"
	}
	fmt.Fprintf(out, "-> %s\n", printable.Line(filepath.Join(f.out, drawn)))
}

func (f *detectFlags) names() (coco.Names, error) {
	if f.cocoNames == "" {
		return coco.Names{}, nil
	}
	return coco.ReadNames(f.cocoNames)
}

func writeCOCO(path string, names coco.Names, images []string, found [][]heatmap.Detection) error {
	all := []coco.Result{}
	for i, image := range images {
		results, err := names.Results(image, found[i])
		if err != nil {
			return fmt.Errorf("%w (--coco-names)", err)
		}
		all = append(all, results...)
	}
	return coco.Write(path, all)
}

// writeDetections writes detections.json and a picture of every picture's detections.
func writeDetections(dir string, images []string, r gradcamnb.Request, found [][]heatmap.Detection) error {
	var list strings.Builder
	if err := detectionsJSON(&list, images, found); err != nil {
		return err
	}
	if err := atomicfile.Write(filepath.Join(dir, "detections.json"), []byte(list.String())); err != nil {
		return err
	}
	taken := map[string]bool{}
	for i, image := range images {
		name := "detections.png"
		if len(images) > 1 {
			stem := fileName(strings.TrimSuffix(filepath.Base(image), filepath.Ext(image)))
			name = "detections-" + freeName(taken, stem, i+1) + ".png"
		}
		png, err := render.EncodePNG(render.Detections(r.Pictures[i], found[i]), map[string]string{"Title": "detections"})
		if err != nil {
			return err
		}
		if err := atomicfile.Write(filepath.Join(dir, name), png); err != nil {
			return err
		}
	}
	return nil
}

// explainFound explains every detection and writes the maps.
func (f *detectFlags) explainFound(c *cobra.Command, m *gradcamnb.Model, r gradcamnb.Request, names coco.Names,
	found []heatmap.Detection) error {
	options, err := f.options()
	if err != nil {
		return err
	}
	if r.Targets, err = f.targets(m, r, names, found); err != nil {
		return err
	}
	if f.nearMiss {
		if len(found) > f.most {
			return cli.Usagef("--near-miss comes after all %d detections, and --most %d is less: give a larger --most",
				len(found), f.most)
		}
		if r.Reading.Threshold, err = f.lower(c, m, r, len(found)); err != nil {
			return err
		}
		r.Targets[0].Index = []int{len(found) + 1}
	}
	f.setFewMasks(c)
	if r.Sampling, err = f.sampling(); err != nil {
		return err
	}
	if err := f.checkResumed(found); err != nil {
		return err
	}
	keep := newCheckpoint(f.out, f.checkpoint, c.ErrOrStderr())
	defer cli.LastWords(keep.writeLast)()
	r.Methods, r.Layers, r.Progress = []string{perturb.RISE.Name}, f.layers, callBoth(keep.report, maskProgress(os.Stderr))
	if f.method != "" {
		r.Methods = []string{f.method}
	} else {
		sayMasks(c.ErrOrStderr(), r.Sampling)
	}
	results, err := m.Run(c.Context(), r)
	keep.end()
	if len(results) == 0 || len(results[0].Maps) == 0 {
		return err
	}
	result := results[0]
	if f.nearMiss {
		miss := &result.Detections[len(found)]
		miss.Label = className(*miss) + ", a near miss"
	}
	png, err2 := render.EncodePNG(render.Detected(result, options), render.Provenance(result, result.Maps[0]))
	if err2 == nil {
		err2 = atomicfile.Write(filepath.Join(f.out, "explained.png"), png)
	}
	if f.method == "" {
		err2 = errors.Join(err2, writeRuns(f.out, result.Maps))
	}
	if errors.Is(err, context.Canceled) {
		s := result.Maps[0].Sampled
		err = fmt.Errorf("interrupted after %d of %d masks; the maps so far are in %s, and --resume %s continues them",
			len(s.Weights), s.Masks, f.out, f.out)
	}
	return errors.Join(err, err2, write(f.out, f.explainFlags, m, results, options))
}

// checkResumed returns an error if the run to resume explained other detections than those that are found.
func (f *detectFlags) checkResumed(found []heatmap.Detection) error {
	if f.resume == "" || f.listed != "" || f.nearMiss {
		return nil
	}
	return checkBoxes(f.resume, found)
}

// targets returns the targets to explain: what the model finds, or what the results file has.
func (f *detectFlags) targets(m *gradcamnb.Model, r gradcamnb.Request, names coco.Names,
	found []heatmap.Detection) ([]gradcamnb.Target, error) {
	if f.listed == "" {
		if len(found) == 0 && !f.nearMiss {
			return nil, errors.New("nothing is found, so there is nothing to explain: lower the --threshold, or explain the --near-miss")
		}
		t := gradcamnb.Detections(f.most)
		if f.byBox {
			t.Value = "boxes"
		}
		return []gradcamnb.Target{t}, nil
	}
	results, err := coco.Read(f.listed)
	if err != nil {
		return nil, err
	}
	b := r.Pictures[0].Bounds()
	list, err := names.Detections(results, f.images[0], m.Info().Labels, b.Dx(), b.Dy())
	if err != nil {
		return nil, fmt.Errorf("%s: %w (--coco-names)", f.listed, err)
	}
	var targets []gradcamnb.Target
	for _, d := range list[:min(len(list), f.most)] {
		if len(d.Mask.Values) > 0 && m.Info().Masks && !f.byBox {
			targets = append(targets, gradcamnb.Mask(d.Mask, d.Class))
			continue
		}
		targets = append(targets, gradcamnb.Box(d.Box, d.Class))
	}
	if len(targets) == 0 {
		return nil, fmt.Errorf("%s has no detections of the picture %s", f.listed, f.images[0])
	}
	return targets, nil
}

// lower returns a threshold that n + 1 candidates pass, if n are detections now.
func (f *detectFlags) lower(c *cobra.Command, m *gradcamnb.Model, r gradcamnb.Request, n int) (float64, error) {
	const faintest = 1e-6
	r.Reading.Threshold = faintest
	all, err := m.DetectAll(c.Context(), r)
	if err != nil {
		return 0, err
	}
	if len(all[0]) <= n {
		return 0, errors.New("--near-miss: the model has no candidate besides its detections")
	}
	miss := all[0][n]
	fmt.Fprintf(c.ErrOrStderr(), "gradcam: the near miss is %s, with %.3g at %.0f\n", className(miss), miss.Score,
		miss.Box)
	return float64(math.Nextafter32(miss.Score, 0)), nil
}
