package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/cli"
	"github.com/gradcam-go/gradcam/internal/printable"
)

// readingFlags holds the flags that say how a detector's outputs are read.
type readingFlags struct {
	decoder        string
	threshold, nms float64
	changed        func(flag string) bool
}

// addDetector adds the flags of commands that are about detections.
func (f *explainFlags) addDetector(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.model, "model", "", "ONNX file, or one on the hub: hf://owner/name/file.onnx[@revision]")
	flags.StringArrayVar(&f.images, "image", nil, "picture")
	f.addPreparation(c)
}

func (f *readingFlags) addReading(c *cobra.Command) {
	flags := c.Flags()
	f.changed = flags.Changed
	flags.StringVar(&f.decoder, "decoder", "",
		"decoder of the outputs, e.g. centerface or yolov8 (default: the sidecar's, or the only one that fits)")
	flags.Float64Var(&f.threshold, "threshold", 0,
		"confidence from which a candidate is a detection, between 0 and 1 (default: the sidecar's or the decoder's)")
	flags.Float64Var(&f.nms, "nms", 0,
		"overlap (IoU) from which the weaker of two detections of a class is dropped; 1 keeps all")
}

func (f readingFlags) reading() (gradcamnb.Reading, error) {
	if f.changed == nil { // the command has no such flags
		return gradcamnb.Reading{}, nil
	}
	if f.changed("threshold") && !(f.threshold > 0 && f.threshold < 1) {
		return gradcamnb.Reading{}, cli.Usagef("--threshold %g: a confidence lies between 0 and 1, both excluded",
			f.threshold)
	}
	if f.changed("nms") && !(f.nms > 0 && f.nms <= 1) {
		return gradcamnb.Reading{}, cli.Usagef("--nms %g: an overlap lies between 0 and 1", f.nms)
	}
	return gradcamnb.Reading{Decoder: f.decoder, Threshold: f.threshold, NMS: f.nms}, nil
}

func detectCommand() *cobra.Command {
	var f detectFlags
	c := &cobra.Command{
		Use:   "detect --model M.onnx --image P.png [--out DIR [--explain]] [--coco RESULTS.json]",
		Short: "List and draw what a detector finds, and explain all of it",
		Long: `List what a detector finds, and with --out write into that folder

  detections.png    the picture with boxes, numbers, classes and scores, and instance masks
  detections.json   the same in numbers
                    (for several pictures one detections-NAME.png each, and one detections.json)

With --explain all detections of one picture are explained together, by the same masks for all (D-RISE), which
also writes

  explained.png     the picture, and a map of every detection, all on one colour scale
  run.json, weights.npy   the masks, and every detection's score under each, for --resume
  result.json, overlay-*.png, heatmap-*.npy, raw-*.npy   what was explained, and every map by itself

--near-miss explains the surest candidate below the threshold, too. --detections explains the boxes and masks of a COCO
results file instead of what the model finds, and --method takes a method of a layer instead of masks.

--coco writes all detections as a COCO results file: boxes, categories, scores, and masks as run lengths. Without
--coco-names a picture's number is its file's name, and a category's number is that of its class.`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c) },
	}
	f.addDetector(c)
	f.explaining = pflag.NewFlagSet("", pflag.ContinueOnError)
	f.addMasks(f.explaining, 2000, 16)
	flags := c.Flags()
	flags.BoolVar(&f.asJSON, "json", false, "print JSON")
	flags.StringVar(&f.out, "out", "", "folder for pictures and results")
	flags.StringVar(&f.colors, "colors", "", colorsHelp("colour map of the maps"))
	flags.BoolVar(&f.explain, "explain", false, "explain all detections of the picture")
	explaining := f.explaining
	explaining.IntVar(&f.most, "most", 12, "largest number of detections to explain, the surest first")
	explaining.BoolVar(&f.nearMiss, "near-miss", false, "explain the surest candidate below the threshold, too")
	explaining.BoolVar(&f.byBox, "by-box", false, "compare boxes, even if the model has instance masks")
	explaining.StringVar(&f.method, "method", "", "explain by this method instead of D-RISE, e.g. ODAM or LayerCAM")
	explaining.StringArrayVar(&f.layers, "layer", nil,
		"layer of --method, by tensor name or module path; levels means all before the heads (default: that of each detection)")
	explaining.Var(&f.hot, "hot", hotHelp)
	flags.StringVar(&f.coco, "coco", "", "write a COCO results file")
	flags.StringVar(&f.cocoNames, "coco-names", "", "COCO annotation file that numbers pictures and categories")
	explaining.StringVar(&f.listed, "detections", "", "COCO results file whose boxes and masks are explained")
	flags.AddFlagSet(explaining)
	return c
}

// checkNamed returns an error if no model or no picture is named.
func (f explainFlags) checkNamed() error {
	switch {
	case f.model == "":
		return cli.Usagef("--model is missing: name an ONNX file")
	case len(f.images) == 0 || slices.Contains(f.images, ""):
		return cli.Usagef("--image is missing: name a picture")
	}
	return nil
}

// detector opens the model and returns it with a request that holds the pictures and how their detections are read.
func (f explainFlags) detector(ctx context.Context) (gradcamnb.Request, *gradcamnb.Model, error) {
	if err := f.checkNamed(); err != nil {
		return gradcamnb.Request{}, nil, err
	}
	if _, err := f.reading(); err != nil {
		return gradcamnb.Request{}, nil, err
	}
	m, err := engine.New(f.backend).OpenModel(ctx, f.model)
	if err != nil {
		return gradcamnb.Request{}, nil, err
	}
	r := gradcamnb.Request{}
	return r, m, f.input(m, &r)
}

// reportDetection is a detection as --json writes it.
type reportDetection struct {
	Number     int         `json:"number"` // as --detection takes it
	Box        heatmap.Box `json:"box"`    // x0, y0, x1, y1 in pixels of the picture
	Class      int         `json:"class"`
	ClassName  string      `json:"class_name,omitempty"`
	Score      float64     `json:"score"`
	Objectness float64     `json:"objectness"`

	Landmarks [][2]float64 `json:"landmarks,omitempty"`
	MaskArea  *float64     `json:"mask_area,omitempty"` // share of the model's input
}

func newReportDetection(i int, d heatmap.Detection) reportDetection {
	out := reportDetection{Number: i + 1, Box: d.Box, Class: d.Class, ClassName: d.Label, Score: float64(d.Score),
		Objectness: float64(d.Objectness), Landmarks: d.Points}
	if n := len(d.Mask.Values); n > 0 {
		var sum float64
		for _, v := range d.Mask.Values {
			sum += math.Round(float64(v))
		}
		share := sum / float64(n)
		out.MaskArea = &share
	}
	return out
}

func detectionsJSON(w io.Writer, images []string, found [][]heatmap.Detection) error {
	type of struct {
		Image      string            `json:"image"`
		Detections []reportDetection `json:"detections"`
	}
	var all []of
	for i, image := range images {
		o := of{image, []reportDetection{}}
		for k, d := range found[i] {
			o.Detections = append(o.Detections, newReportDetection(k, d))
		}
		all = append(all, o)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Images []of `json:"images"`
	}{all})
}

func detectionTable(w io.Writer, images []string, found [][]heatmap.Detection) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, image := range images {
		fmt.Fprintf(t, "%s\n", printable.Line(image))
		if len(found[i]) == 0 {
			fmt.Fprintln(t, "nothing is found; a lower --threshold finds more")
			continue
		}
		fmt.Fprintln(t, "DETECTION\tCLASS\tSCORE\tX0\tY0\tX1\tY1")
		for k, d := range found[i] {
			fmt.Fprintf(t, "%d\t%s\t%.4f\t%.1f\t%.1f\t%.1f\t%.1f\n", k+1, className(d), d.Score, d.Box[0], d.Box[1], d.Box[2],
				d.Box[3])
		}
	}
	return t.Flush()
}

// className returns the label of a detection's class, or its number if it has none, in printable characters.
func className(d heatmap.Detection) string {
	return printable.Line(heatmap.ClassName(d.Label, d.Class))
}
