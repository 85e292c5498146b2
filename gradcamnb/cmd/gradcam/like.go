package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/cli"
	"github.com/gradcam-go/gradcam/internal/printable"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// explainLike makes a figure again, with the model, the picture and the request that its texts name.
func explainLike(ctx context.Context, f explainFlags) error {
	says, err := readFigure(f.like)
	if err != nil {
		return err
	}
	r, err := gradcamnb.Again(says["gradcam:recipe"])
	if err != nil {
		return fmt.Errorf("%s: %w", f.like, err)
	}
	options, err := f.options()
	if err != nil {
		return err
	}
	dir, err := openFolder(f.out)
	if err != nil {
		return err
	}
	picture, err := f.likePicture(says["gradcam:picture"])
	if err != nil {
		return err
	}
	r.Pictures = []image.Image{picture}
	if f.model, err = f.findLikeModel(says["gradcam:sha256"]); err != nil {
		return err
	}
	input := says["gradcam:input"]
	if _, err := os.Stat(f.model); input != "" && (err == nil || !strings.Contains(f.model, "#")) {
		f.model += "#" + input
	}
	m, err := engine.New(f.backend).OpenModel(ctx, f.model)
	if err != nil {
		return err
	}
	if got, want := m.Info().SHA256, says["gradcam:sha256"]; got != want {
		return fmt.Errorf("%s was made with another model: %s, SHA-256 %s, but %s has %s", f.like, says["gradcam:model"],
			want, f.model, got)
	}
	if got := m.Info().Picture; got != input {
		return fmt.Errorf("%s was made with %s as the picture, but %s names %s: leave out the text after the #", f.like,
			inputWords(input), f.model, inputWords(got))
	}
	results, err := m.Run(ctx, r)
	if err != nil {
		return err
	}
	sayOtherVersions(f.like, says, results[0])
	sayNotNumbers("", results)
	if err := write(dir, f, m, results, options); err != nil {
		return err
	}
	sayResults(dir, results, strangeness(r.Prep))
	return nil
}

// inputWords returns words for the input that a model was opened with as the picture.
func inputWords(name string) string {
	if name == "" {
		return "the model's own choice"
	}
	return fmt.Sprintf("the input %q", name)
}

// readFigure returns the texts of a figure that say how it was made.
func readFigure(path string) (map[string]string, error) {
	data, err := regular.Read(path, imgio.MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("reading the figure: %w", err)
	}
	says, err := render.ReadTexts(data)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	case says["gradcam:method"] == "":
		return nil, fmt.Errorf("%s does not say how it was made: gradcam did not make it, or a program has removed its texts",
			path)
	case says["gradcam:recipe"] == "" || says["gradcam:sha256"] == "" || says["gradcam:picture"] == "":
		return nil, fmt.Errorf("%s cannot be made again from what it says: it was made of a tensor, of a model that is no file, or of a target or another input with a picture or mask of its own", path)
	}
	return says, nil
}

// likePicture returns the picture that the figure shows: that of --image or, without it, one in the working folder or
// in the figure's folder.
func (f explainFlags) likePicture(fingerprint string) (image.Image, error) {
	if len(f.images) == 1 {
		img, err := imgio.Open(f.images[0])
		if err != nil {
			f.takes = onePicture
			return nil, f.pictureError(f.images[0], err)
		}
		if render.Fingerprint(img) != fingerprint {
			return nil, fmt.Errorf("%s shows another picture than %s", f.like, f.images[0])
		}
		return img, nil
	}
	for _, path := range f.nearby(imgio.Extensions()...) {
		if img, err := imgio.Open(path); err == nil && render.Fingerprint(img) == fingerprint {
			return img, nil
		}
	}
	return nil, fmt.Errorf("the picture that %s explains is neither in this folder nor beside it: name it with --image",
		f.like)
}

// findLikeModel returns the path of the figure's model: --model or, without it, a file in the working folder or in the
// figure's folder.
func (f explainFlags) findLikeModel(sum string) (string, error) {
	if f.model != "" {
		return f.model, nil
	}
	for _, path := range f.nearby(".onnx") {
		if got, err := fileSum(path); err == nil && got == sum {
			return path, nil
		}
	}
	return "", fmt.Errorf("the model that %s was made with is neither in this folder nor beside it: name it with --model",
		f.like)
}

// nearby returns the files with the extensions in the working folder and in the figure's folder.
func (f explainFlags) nearby(extensions ...string) (paths []string) {
	for _, dir := range []string{".", filepath.Dir(f.like)} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if !e.IsDir() && slices.Contains(extensions, strings.ToLower(filepath.Ext(e.Name()))) {
				paths = append(paths, filepath.Join(dir, e.Name()))
			}
		}
	}
	return paths
}

func fileSum(path string) (string, error) {
	h := sha256.New()
	if err := regular.Copy(h, path); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// sayOtherVersions warns if the backend or a module's version is not that of the figure.
func sayOtherVersions(figure string, says map[string]string, r *heatmap.Result) {
	now := render.Provenance(r, r.Maps[0])
	for _, key := range slices.Sorted(maps.Keys(says)) {
		if (strings.HasPrefix(key, "gradcam:version:") || key == "gradcam:backend") && now[key] != says[key] {
			fmt.Fprintf(os.Stderr, "gradcam: %s was made with %s %s, but this is %s\n", printable.Line(figure),
				key[strings.LastIndex(key, ":")+1:], printable.Line(says[key]), now[key])
		}
	}
}

// likeFlags are the flags that go with --like: where figure, model and picture are, and how the figure is drawn. The
// figure says everything else.
var likeFlags = []string{"like", "model", "image", "out", "backend", "colors", "dark", "hot", "debug"}

// checkLike returns an error if a flag does not go with --like.
func (f explainFlags) checkLike(flags *pflag.FlagSet) error {
	var err error
	flags.Visit(func(given *pflag.Flag) {
		if err == nil && !slices.Contains(likeFlags, given.Name) {
			err = cli.Usagef("--%s does not go with --like, which makes the figure as it was", given.Name)
		}
	})
	switch {
	case err != nil:
		return err
	case len(f.images) > 1:
		return cli.Usagef("--like makes the figure of one picture")
	case f.out == "":
		return cli.Usagef("--out is missing: name a folder for the results")
	}
	return nil
}
