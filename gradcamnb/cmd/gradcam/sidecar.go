package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/cli"
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
its classes are called. It is a small text file that can be changed by hand. The presets are the
preparations of

` + imgio.PresetWords() + `
Only the author of a model knows what it was trained with. The size is the model's own, if
it has one.`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error { return writeSidecar(c.Context(), f, c.OutOrStdout()) },
	}
	flags := c.Flags()
	flags.StringVar(&f.model, "model", "", "ONNX file")
	flags.StringVar(&f.preset, "preset", "torchvision", "whose preparation: "+strings.Join(imgio.PresetNames(), ", "))
	flags.StringVar(&f.size, "size", "",
		"size of the model's input, 224 or 320x240 (width x height), if the model takes any size")
	flags.StringVar(&f.labels, "labels", "", "text file beside the model with the classes' names, one a line")
	flags.BoolVar(&f.force, "force", false, "overwrite the sidecar, if there is one")
	return c
}

func writeSidecar(ctx context.Context, f sidecarFlags, say io.Writer) error {
	if f.model == "" {
		return cli.Usagef("--model is missing: name an ONNX file")
	}
	path := source.SidecarPath(f.model)
	if _, err := os.Lstat(path); !f.force && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already; --force overwrites it", path)
	}
	m, err := source.Open(ctx, f.model, os.Stderr)
	if err != nil {
		return err
	}
	height, width, ok := m.Card().Size()
	switch {
	case f.size != "":
		if width, height, err = parseSize(f.size); err != nil {
			return err
		}
	case !ok:
		return cli.Usagef("the model takes pictures of any size: name the one that it was trained with, as --size 224")
	}
	prep, err := imgio.Preset(f.preset, width, height)
	if err != nil {
		return cli.Usagef("--preset: %w", err)
	}
	text, err := json.MarshalIndent(source.Sidecar{Input: &prep, Labels: f.labels}, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the sidecar: %w", err)
	}
	if err := atomicfile.Write(path, append(text, '\n')); err != nil {
		return err
	}
	fmt.Fprintf(say, "%s, prepared as %s\n", path, f.preset)
	return nil
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
