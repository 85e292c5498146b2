package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/cli"
	"github.com/gradcam-go/gradcam/internal/npyfile"
	"github.com/gradcam-go/gradcam/internal/printable"
	"github.com/gradcam-go/gradcam/internal/progress"
)

// explainFlags holds the flags of gradcam explain. Other commands share many of them.
type explainFlags struct {
	model, tensor, method, target, backend, out, colors, like string
	images, layers                                            []string
	size, mean, scale                                         string
	// values of other inputs, and the part that the model sees
	given, boxes []string
	batch        int
	takes        imageCount
	inputs       string // hash of the inputs, for result.json, if the picture is one of many
	measured     measureFlags
	hot          cutFlag
	dark         bool // figures on a dark ground
	readingFlags
}

// imageCount is how many pictures --image may name.
type imageCount int

const (
	fewPictures  imageCount = iota // the flag may be repeated
	onePicture                     // a single one
	manyPictures                   // also a pattern, with --batch
)

func explainCommand() *cobra.Command {
	f := explainFlags{takes: manyPictures}
	c := &cobra.Command{
		Use:   "explain --model M.onnx (--image P.png | --tensor X.npy) --out DIR",
		Short: "Explain a prediction: heatmap, overlay and numbers",
		Long: `Explain a prediction and write into --out

  overlay.png   the figure: map on the picture, colour bar, predictions
  card.html     the same figure to explore in a browser: opacity, colours, threshold, values
  heatmap.npy   float32 [batch, H, W] of the model's input, normalised as pytorch-grad-cam does
  raw.npy       float32 [batch, h, w] of the layer, before ReLU and normalising
  result.json   what was explained, scores, versions, timings, diagnosis
  mask.png      with --hot: what is hot, white on black, at the picture's size

With several layers or tags, each has an overlay, heatmap and raw file of its own, and
heatmap.npy is their fusion: the mean of the normalised maps, normalised again.

With --batch every picture has a folder of its own in --out, named as its file, and
--image may be a pattern in quotes: --image 'photos/*.jpg'. Run the same command again
after an interruption: it continues. A picture that cannot be read does not stop the
others; it is reported at the end.

A figure stores how it was made, and --like FIGURE.png makes it again. That also works for
a figure that was saved from a notebook.`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.batch < 1 && c.Flags().Changed("batch") {
				return cli.Usagef("--batch %d: it is a number of pictures from 1, for --image", f.batch)
			}
			if f.like == "" {
				return explain(c.Context(), f)
			}
			if err := f.checkLike(c.Flags()); err != nil {
				return err
			}
			return explainLike(c.Context(), f)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.like, "like", "",
		"make a figure again from its PNG: the model and the picture are looked for here and beside the figure, or named with --model and --image")
	flags.StringVar(&f.model, "model", "", "ONNX file, or one on the hub: hf://owner/name/file.onnx[@revision]")
	flags.StringArrayVar(&f.images, "image", nil, "picture; may be repeated; with --batch also a pattern in quotes")
	flags.IntVar(&f.batch, "batch", 0,
		"explain any number of pictures, this many at a time, each into a folder of its own")
	flags.StringVar(&f.tensor, "tensor", "", "the model's input without preprocessing: float32 .npy, batch first")
	flags.StringArrayVar(&f.layers, "layer", nil,
		"layer by tensor name or module path; may be repeated (default: the suggested one, see gradcam layers)")
	flags.StringVar(&f.method, "method", "grad-cam", "method: "+methodNames()+
		`; case, dashes and spaces do not matter, and pytorch-grad-cam's names are known, too`)
	flags.StringVar(&f.target, "target", "", targetHelp()+"\n(default top1, or detection:1 for a detector)")
	for _, name := range []string{"method", "target"} {
		cli.SaySeveral(flags, name, "gradcam sheet compares several")
	}
	flags.StringVar(&f.out, "out", "", "folder for the results")
	flags.StringVar(&f.colors, "colors", "", colorsHelp("colour map of the figures"))
	flags.Var(&f.hot, "hot", hotHelp)
	flags.BoolVar(&f.dark, "dark", false, "overlay.png on a dark ground")
	f.measured.add(c)
	f.addPreparation(c)
	return c
}

// colorsHelp returns the help of --colors.
func colorsHelp(what string) string {
	return what + ": " + strings.Join(render.ColorMapNames(), ", ") + " (default: black body)"
}

const backendHelp = "go, xla:cpu, xla:cuda, xla:PATH of a plugin, or onnxruntime, which takes no gradients (default: $GOMLX_BACKEND, else XLA if a PJRT plugin is installed, else go)"

// addPreparation adds the flags for the backend and for the model's inputs.
func (f *explainFlags) addPreparation(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.backend, "backend", "", backendHelp)
	flags.StringVar(&f.size, "size", "",
		"size of the model's input, 224 or 320x240 (width x height), instead of the sidecar's")
	flags.StringVar(&f.mean, "mean", "", "mean of a channel in 0..255, one number or three, instead of the sidecar's")
	flags.StringVar(&f.scale, "scale", "", "divisor of a channel, one number or three, instead of the sidecar's")
	flags.StringArrayVar(&f.given, "input", nil, inputHelp)
	flags.StringArrayVar(&f.boxes, "in-box", nil,
		"the part of the picture that the model sees, x0,y0,x1,y1, such as one object; the map is drawn in the whole picture; give one for all pictures, or one for each")
	f.addReading(c)
}

func methodNames() string {
	var names []string
	for _, m := range cam.All() {
		names = append(names, m.Name)
	}
	for _, m := range perturb.All() {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// check returns an error if a flag is missing or wrong.
func (f explainFlags) check() error {
	switch {
	case f.model == "":
		return cli.Usagef("--model is missing: name an ONNX file, or hf://owner/name/file.onnx")
	case f.out == "":
		return cli.Usagef("--out is missing: name a folder for the results")
	case len(f.images) == 0 && f.tensor == "":
		return cli.Usagef("--image or --tensor is missing: name what to explain")
	case len(f.images) > 0 && f.tensor != "":
		return cli.Usagef("--image and --tensor exclude each other")
	case f.batch > 0 && f.tensor != "":
		return cli.Usagef("--batch goes with --image, and --tensor has its batch in its first axis")
	case slices.Contains(f.images, ""):
		return cli.Usagef("--image \"\": name a picture")
	}
	return nil
}

func explain(ctx context.Context, f explainFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	r := gradcamnb.Request{Layers: f.layers, Methods: []string{f.method}}
	if f.target != "" {
		target, err := parseTarget(f.target)
		if err != nil {
			return err
		}
		r.Targets = []gradcamnb.Target{target}
	}
	options, err := f.options()
	if err != nil {
		return err
	}
	dir, err := openFolder(f.out)
	if err != nil {
		return err
	}
	m, err := engine.New(f.backend).OpenModel(ctx, f.model)
	if err != nil {
		return err
	}
	if f.batch == 0 {
		if err := f.input(m, &r); err != nil {
			return err
		}
	}
	if err := f.measured.request(&r, f.images); err != nil {
		return err
	}
	if f.batch > 0 {
		return f.explainMany(ctx, m, r, dir, options)
	}
	if !progress.IsTerminal(os.Stderr) { // there a line says all the time how far it is
		r.Progress = estimate(os.Stderr, "passes", " left", 5*time.Second)
	}
	results, err := m.Run(ctx, r)
	if err != nil {
		return err
	}
	sayNotNumbers("", results)
	f.measured.print(printable.Writer(os.Stdout), results)
	if err := write(dir, f, m, results, options); err != nil {
		return err
	}
	sayResults(dir, results, strangeness(r.Prep))
	return nil
}

// checkNoFolder returns an error if a folder was named as a picture.
func checkNoFolder(path string) error {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return nil //nolint:nilerr // it is no folder
	}
	var patterns []string
	for _, ending := range endingsIn(path) {
		patterns = append(patterns, fmt.Sprintf("--image %q", filepath.Join(path, "*"+ending)))
	}
	return cli.Usagef("--image %q is a folder: for its pictures write %s --batch 8", path, strings.Join(patterns, " "))
}

// endingsIn returns the endings of the pictures in a folder, or a usual one if it has none.
func endingsIn(folder string) []string {
	entries, _ := os.ReadDir(folder) // without them a usual ending is named
	var endings []string
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); !e.IsDir() && slices.Contains(imgio.Extensions(), strings.ToLower(ext)) {
			endings = append(endings, ext)
		}
	}
	if len(endings) == 0 {
		return []string{".jpg"}
	}
	slices.Sort(endings)
	return slices.Compact(endings)
}

// isPattern tells whether a path may stand for several files.
func isPattern(path string) bool { return strings.ContainsAny(path, "*?[") }

func (f explainFlags) options() (*render.Options, error) {
	o := render.Options{Dark: f.dark}
	if f.colors == "" {
		return &o, nil
	}
	var err error
	if o.Colors, err = render.ColorMapByName(f.colors); err != nil {
		return nil, cli.Usage(err)
	}
	return &o, nil
}

// input adds the pictures or the tensor to a request, and how they are prepared.
func (f explainFlags) input(m *gradcamnb.Model, r *gradcamnb.Request) error {
	if err := f.readInputs(m, r); err != nil {
		return err
	}
	if f.tensor != "" {
		if len(r.Boxes) > 0 {
			return cli.Usagef("--in-box is a part of a picture and does not go with --tensor")
		}
		dims, values, err := npyfile.Read(f.tensor)
		if err != nil {
			return err
		}
		r.Tensor = &gradcamnb.Tensor{Dims: dims, Values: values}
		return nil
	}
	for _, path := range f.images {
		img, err := imgio.Open(path)
		if err != nil {
			return f.pictureError(path, err)
		}
		r.Pictures = append(r.Pictures, img)
	}
	return nil
}

// pictureError returns the error for a picture that cannot be opened. If it is a folder, a pattern or a list, the error
// says how its pictures are named.
func (f explainFlags) pictureError(path string, err error) error {
	isMissing := func(path string) bool {
		_, err := os.Stat(path)
		return err != nil
	}
	noFolder, parts := checkNoFolder(path), strings.Split(path, ",")
	switch {
	case noFolder != nil && f.takes == manyPictures:
		return noFolder
	case noFolder != nil:
		return cli.Usagef("--image %q is a folder: name a picture in it", path)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case isPattern(path) && f.takes == manyPictures:
		return cli.Usagef("--image %q: a pattern goes with --batch, as --batch 8", path)
	case isPattern(path):
		return cli.Usagef("--image %q: no pattern is taken here: name a picture", path)
	case len(parts) > 1 && !slices.ContainsFunc(parts, isMissing) && f.takes == onePicture:
		return cli.Usagef("--image %q: name one picture", path)
	case len(parts) > 1 && !slices.ContainsFunc(parts, isMissing):
		return cli.Usagef("--image %q: several pictures are written --image %s", path, strings.Join(parts, " --image "))
	}
	return err
}

// readInputs adds to a request how pictures are prepared, the part that the model sees, and the other inputs.
func (f explainFlags) readInputs(m *gradcamnb.Model, r *gradcamnb.Request) error {
	if f.tensor == "" {
		prep, err := f.prep(m.Info().Prep)
		if err != nil {
			return err
		}
		r.Prep = prep
	}
	var err error
	if r.Reading, err = f.reading(); err != nil {
		return err
	}
	for _, s := range f.boxes {
		box, err := parseBox(s)
		if err != nil {
			return err
		}
		r.Boxes = append(r.Boxes, box)
	}
	return f.addInputs(m, r)
}

// prep returns the sidecar's preprocessing with the changes of --size, --mean and --scale. Without a sidecar all three
// must be given.
func (f explainFlags) prep(known *imgio.Prep) (*imgio.Prep, error) {
	if f.size == "" && f.mean == "" && f.scale == "" {
		return known, nil
	}
	if known == nil {
		if f.size == "" || f.mean == "" || f.scale == "" {
			return nil, cli.Usagef("the model has no sidecar, so --size, --mean and --scale must all be given%s", f.sidecarLine())
		}
		known = &imgio.Prep{Fit: imgio.Crop, Order: "RGB"}
	}
	p := *known
	if f.size != "" {
		var err error
		if p.Width, p.Height, err = parseSize(f.size); err != nil {
			return nil, err
		}
		p.Resize = 0
	}
	for _, c := range []struct {
		flag, given string
		to          *[3]float32
	}{{"--mean", f.mean, &p.Mean}, {"--scale", f.scale, &p.Scale}} {
		if c.given == "" {
			continue
		}
		if err := parseChannels(c.given, c.to); err != nil {
			return nil, cli.Usagef("%s %q: %w", c.flag, c.given, err)
		}
	}
	if err := p.Validate(); err != nil {
		return nil, cli.Usage(err)
	}
	return &p, nil
}

func parseChannels(s string, to *[3]float32) error {
	parts := strings.Split(s, ",")
	if len(parts) != 1 && len(parts) != 3 {
		return fmt.Errorf("write one number or three with commas")
	}
	for i := range to {
		v, err := strconv.ParseFloat(strings.TrimSpace(parts[i%len(parts)]), 32)
		if err != nil {
			return fmt.Errorf("%q is no number", parts[i%len(parts)])
		}
		to[i] = float32(v)
	}
	return nil
}

// figure returns the picture of overlay.png: the cards of a batch one below the other.
func figure(results []*heatmap.Result, layer int, o *render.Options) image.Image {
	return render.Cards(results, func(r *heatmap.Result) []*heatmap.Map { return r.Maps[layer : layer+1] }, o)
}
