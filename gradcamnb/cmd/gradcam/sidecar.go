package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/aims"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detections"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/inputs"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/hub"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/cli"
	"github.com/gradcam-go/gradcam/internal/place"
	"github.com/gradcam-go/gradcam/internal/printable"
	"github.com/gradcam-go/gradcam/internal/regular"
)

type sidecarFlags struct {
	model, preset, size, labels string
	force                       bool
}

func sidecarCommand() *cobra.Command {
	var f sidecarFlags
	c := &cobra.Command{
		Use:   "sidecar --model M.onnx --preset torchvision",
		Short: "Write the file that says how pictures are prepared for a model",
		Long: `Write the sidecar of a model, M.onnx -> M.json: how pictures are prepared for it, and what
its classes are called. It is a small text file that can be changed by hand. Without --preset
it holds what the model's maker wrote into the file or beside it. If nothing is written there,
it is that of torchvision or, if the outputs look like a detector's, of such detectors. The
presets are the preparations of

` + imgio.PresetWords() + `
Only the author of a model knows what it was trained with. The size is the model's own, if
it has one. --force replaces a sidecar that is there, with its labels. What the model's maker
wrote is then not looked at: name --preset, or the usual one is taken.`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error { return writeSidecar(c.Context(), f, c.OutOrStdout()) },
	}
	flags := c.Flags()
	flags.StringVar(&f.model, "model", "", "ONNX file")
	flags.StringVar(&f.preset, "preset", "", "whose preparation: "+strings.Join(imgio.PresetNames(), ", "))
	flags.StringVar(&f.size, "size", "",
		"size of the model's input, 224 or 320x240 (width x height), if the model takes any size")
	flags.StringVar(&f.labels, "labels", "", "text file beside the model with the classes' names, one a line")
	flags.BoolVar(&f.force, "force", false, "replace the sidecar, if there is one; name --preset and --labels again")
	return c
}

// check returns an error if a flag is missing or wrong, whatever the model's file and its sidecar hold.
func (f sidecarFlags) check() error {
	switch {
	case f.model == "":
		return cli.Usagef("--model is missing: name an ONNX file")
	case strings.HasPrefix(f.model, hub.Scheme):
		return cli.Usagef("--model %s: a sidecar lies beside a file on this machine, and files on the hub say themselves how pictures are prepared",
			f.model)
	}
	if f.size != "" {
		if _, _, err := parseSize(f.size); err != nil {
			return err
		}
	}
	if f.preset != "" {
		const side = 224 // only the name is looked at
		if _, err := imgio.Preset(f.preset, side, side); err != nil {
			return cli.Usagef("--preset: %w", err)
		}
	}
	return nil
}

func writeSidecar(ctx context.Context, f sidecarFlags, say io.Writer) error {
	if err := f.check(); err != nil {
		return err
	}
	path := source.SidecarPath(f.model)
	labels, err := f.labelsBeside(filepath.Dir(path))
	if err != nil {
		return err
	}
	_, err = os.Lstat(path)
	isNew := errors.Is(err, fs.ErrNotExist)
	if !f.force && !isNew {
		return fmt.Errorf("%s is there already; --force overwrites it", path)
	}
	m, err := source.Open(ctx, f.model, printable.Writer(os.Stderr))
	if err != nil {
		return err
	}
	c, by := m.Card(), "its maker says"
	s := source.Sidecar{Picture: c.Picture, Labels: labels}
	if f.preset == "" && isNew && c.Prep != nil { // else it comes from the old sidecar
		prep := *c.Prep
		s.Input, s.Detector = &prep, c.Detector
		if f.size != "" {
			if s.Input.Width, s.Input.Height, err = parseSize(f.size); err != nil {
				return err
			}
		}
	} else if by, s.Input, err = f.usualPrep(ctx, m); err != nil {
		return err
	}
	if err := f.checkLabels(ctx, m, s); err != nil {
		return err
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the sidecar: %w", err)
	}
	if err := atomicfile.Write(path, append(text, '\n')); err != nil {
		return err
	}
	fmt.Fprintf(say, "%s, prepared as %s\n", path, by)
	return nil
}

// usualPrep returns the preprocessing of the preset that is asked for, or of the usual one for such a model. by names
// the preset, and says if it is a guess.
func (f sidecarFlags) usualPrep(ctx context.Context, m source.Model) (by string, prep *imgio.Prep, err error) {
	height, width, ok := m.Card().Size()
	switch {
	case f.size != "":
		if width, height, err = parseSize(f.size); err != nil {
			return "", nil, err
		}
	case !ok:
		return "", nil, cli.Usagef("the model takes pictures of any size: name the one that it was trained with, as --size 224")
	}
	preset := f.preset
	if preset == "" {
		if fed, err := source.FeedForListing(m, nil); err == nil {
			preset = detections.UsualPreset(ctx, fed)
		}
		preset = cmp.Or(preset, "torchvision")
		by = ", which is a guess: if it was trained otherwise, name a --preset, with --force"
	}
	p, err := imgio.Preset(preset, width, height)
	if err != nil {
		return "", nil, cli.Usagef("--preset: %w", err)
	}
	return preset + by, &p, nil
}

// sidecarLine returns words with the command that writes a sidecar for --model, or nothing if no single file is named.
func (f explainFlags) sidecarLine() string {
	if f.model == "" || strings.HasPrefix(f.model, hub.Scheme) {
		return ""
	}
	line := "; or write a sidecar: gradcam sidecar --model " + place.Argument(f.model)
	if f.size != "" {
		line += " --size " + place.Argument(f.size)
	}
	return line
}

// labelsBeside returns the path of --labels from the model's folder.
func (f sidecarFlags) labelsBeside(folder string) (string, error) {
	if f.labels == "" {
		return "", nil
	}
	for _, path := range []string{filepath.Join(folder, f.labels), f.labels} {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		from, err1 := filepath.Abs(folder)
		to, err2 := filepath.Abs(path)
		if err := errors.Join(err1, err2); err != nil {
			return "", err
		}
		if rel, err := filepath.Rel(from, to); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel), nil
		}
		return "", cli.Usagef("--labels %s: the file must lie in the model's folder, %s", f.labels, folder)
	}
	wanted := f.labels
	if !filepath.IsAbs(wanted) {
		wanted = filepath.Join(folder, wanted)
	}
	return "", cli.Usagef("--labels %s: there is no such file in the model's folder, %s%s", f.labels, folder,
		regular.DescribeMissing(wanted))
}

// checkLabels returns an error if there are more or fewer labels than classes of the model. A model whose number of
// classes cannot be told from its shapes, such as a detector, takes any.
func (f sidecarFlags) checkLabels(ctx context.Context, m source.Model, s source.Sidecar) error {
	if s.Labels == "" {
		return nil
	}
	labels, err := source.ReadLabels(f.model, s.Labels)
	if err != nil {
		return cli.Usage(err)
	}
	fed, err := source.FeedForListing(m, nil)
	if err != nil {
		return nil //nolint:nilerr // it needs values for other inputs, which an explanation gives
	}
	shape, err := inputs.Shape(m.Card(), s.Input, 1)
	if err != nil {
		return err
	}
	layers, err := fed.Layers(ctx, shape, "")
	if err != nil {
		return err
	}
	n := aims.CountClasses(fed, layers)
	if n == 0 || n == len(labels) || n == 1 && len(labels) == 2 { // a logit between two classes
		return nil
	}
	return cli.Usagef("--labels %s: it has %d labels, and the model has %d classes: write one label in each line", f.labels,
		len(labels), n)
}

// parseSize reads the size of --size, 224 or 320x240 with the width first.
func parseSize(s string) (width, height int, err error) {
	w, h, both := strings.Cut(s, "x")
	if !both {
		h = w
	}
	width, err1 := strconv.Atoi(w)
	height, err2 := strconv.Atoi(h)
	if err1 != nil || err2 != nil {
		return 0, 0, cli.Usagef("--size %q: write 224 or 320x240 (width x height)", s)
	}
	return width, height, nil
}
