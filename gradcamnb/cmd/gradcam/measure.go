package main

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/study"
	"github.com/gradcam-go/gradcam/internal/cli"
)

// measureFlags holds the flags that say what is measured of every map.
type measureFlags struct {
	metrics []string
	truths  []string
	class   string // of the truths that are masks
	trust   bool
}

func (f *measureFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringArrayVar(&f.metrics, "metric", nil, "metric of every map: "+metricNames()+
		"; may be repeated; see docs/metrics.md")
	flags.StringArrayVar(&f.truths, "truth", nil,
		"where the object is, for metrics that need it: a mask of the picture's size, or a box x0,y0,x1,y1; one for each picture")
	flags.StringVar(&f.class, "truth-class", "",
		"number of the class in the masks of --truth, if their pixels are numbers of classes")
	flags.BoolVar(&f.trust, "trust", false,
		"say how far every map can be trusted: compared with noise and a bump in the middle, with random weights, for another class, and under noise")
}

// errClassAlone is the error of a class of truths without truths.
var errClassAlone = cli.Usagef("--truth-class goes with --truth: name the class of the truths that --truth gives")

// request adds the flags to a request about these pictures.
func (f measureFlags) request(r *gradcamnb.Request, pictures []string) error {
	r.Measuring.Metrics, r.Measuring.Trust = f.metrics, f.trust
	switch {
	case len(f.truths) == 0 && f.class != "":
		return errClassAlone
	case len(f.truths) == 0:
		return nil
	}
	if len(f.truths) != len(pictures) {
		return cli.Usagef("there are %d --truth for %d --image; give one for each", len(f.truths), len(pictures))
	}
	for i, text := range f.truths {
		g, err := truthOf(text, f.class, pictures[i])
		if err != nil {
			return err
		}
		r.Measuring.Truths = append(r.Measuring.Truths, g)
	}
	return nil
}

// truthOf returns the mask of a truth, which is a box in the picture or the file of a mask.
func truthOf(text, class, picture string) (heatmap.Grid, error) {
	img, err := imgio.Open(picture)
	if err != nil {
		return heatmap.Grid{}, err
	}
	if box, err := parseBox(text); err == nil {
		return study.Boxes(heatmap.Box{float64(box.Min.X), float64(box.Min.Y), float64(box.Max.X), float64(box.Max.Y)})(
			img.Bounds())
	}
	mask, err := study.Mask(text, class)
	if err != nil {
		return heatmap.Grid{}, fmt.Errorf("--truth-class: %w", err)
	}
	g, err := mask(img.Bounds())
	if err != nil {
		return g, fmt.Errorf("--truth is neither a box x0,y0,x1,y1 nor a mask that can be read (--truth-class names its class): %w", err)
	}
	return g, nil
}

// print prints the metrics and the words about trust of every map.
func (f measureFlags) print(out io.Writer, results []*heatmap.Result) {
	names := heatmap.PictureNames(results)
	for i, r := range results {
		for _, m := range r.Maps {
			if len(m.Metrics) == 0 && m.Trust == nil {
				continue
			}
			fmt.Fprintf(out, "%s: %s\n", names[i], describeMap(r, m))
			for _, name := range slices.Sorted(maps.Keys(m.Metrics)) {
				fmt.Fprintf(out, "  %-28s %.4g\n", name, m.Metrics[name])
			}
			if m.Trust != nil {
				for _, said := range m.Trust.Words {
					fmt.Fprintln(out, " ", said)
				}
			}
		}
	}
}
