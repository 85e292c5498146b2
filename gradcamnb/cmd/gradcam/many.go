package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/cli"
	"github.com/gradcam-go/gradcam/internal/printable"
	terminal "github.com/gradcam-go/gradcam/internal/progress"
	"github.com/gradcam-go/gradcam/internal/regular"
	"github.com/gradcam-go/gradcam/internal/wildcard"
)

// job is one of many pictures and the folder for its results.
type job struct {
	picture, dir string
	inputs       string // hash of everything that the results depend on; set when the picture is read
}

// explainMany explains pictures in batches, each into a folder of its own. It leaves out a picture whose folder has its
// results already, so running it again continues an interrupted run.
func (f explainFlags) explainMany(ctx context.Context, m *gradcamnb.Model, r gradcamnb.Request, dir string,
	o *render.Options) error {
	jobs, err := f.jobs(dir)
	if err != nil {
		return err
	}
	if err = f.readInputs(m, &r); err != nil {
		return err
	}
	settings, err := f.settings(m, r)
	if err != nil {
		return err
	}
	todo := slices.DeleteFunc(slices.Clone(jobs), func(j *job) bool { return j.isFinished(settings) })
	t := &tally{all: len(jobs), there: len(jobs) - len(todo), start: time.Now()}
	line := terminal.New(os.Stderr)
	defer line.Clear()
	out := newWriters()
	defer func() { _, _ = out.end() }() // its error is returned below, unless another one is
	next := 0
	for result, err := range m.ExplainEach(ctx, pictures(todo, settings), f.batch, r) {
		var picture *gradcamnb.PictureError
		switch {
		case err == nil:
			j := todo[next]
			line.Clear()
			sayNotNumbers(j.picture, []*heatmap.Result{result})
			if err := out.start(func() error { return j.write(f, m, result, o) }); err != nil {
				return err
			}
		case errors.As(err, &picture):
			t.failed = append(t.failed, picture.Err)
		case ctx.Err() != nil:
			t.done, _ = out.end()
			return fmt.Errorf("interrupted: %d of %d pictures are explained; run the same command again to continue",
				t.done+t.there, t.all)
		default:
			return err
		}
		next++
		t.done = out.countDone()
		line.Set("gradcam: %s", t.describe())
	}
	if t.done, err = out.end(); err != nil {
		return err
	}
	line.Clear()
	return t.end(os.Stderr, dir)
}

// pictures yields the jobs' pictures. It reads each one when it is asked for.
func pictures(jobs []*job, settings string) iter.Seq2[image.Image, error] {
	return func(yield func(image.Image, error) bool) {
		for _, j := range jobs {
			img, err := j.read(settings)
			if !yield(img, err) {
				return
			}
		}
	}
}

func (j *job) read(settings string) (image.Image, error) {
	data, err := readRegular(j.picture)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", printable.Line(j.picture), err)
	}
	j.inputs = hashInputs(data, settings)
	return imgio.Decode(data, printable.Line(j.picture))
}

// readRegular reads a regular file. Its error does not name the file.
func readRegular(path string) ([]byte, error) {
	data, err := regular.Read(path, imgio.MaxBytes)
	var of *fs.PathError
	if errors.As(err, &of) {
		err = of.Err
	}
	return data, err
}

// hashInputs returns the hash of everything that the results depend on.
func hashInputs(picture []byte, settings string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %s %d ", len(settings), settings, len(picture))
	h.Write(picture)
	return hex.EncodeToString(h.Sum(nil))
}

// isFinished tells whether the folder has the results of this picture with these settings already. It reads
// result.json, which is written last.
func (j *job) isFinished(settings string) bool {
	data, err := readRegular(filepath.Join(j.dir, "result.json"))
	if err != nil {
		return false
	}
	var rep report
	if json.Unmarshal(data, &rep) != nil || rep.Inputs == "" {
		return false
	}
	picture, err := readRegular(j.picture)
	return err == nil && rep.Inputs == hashInputs(picture, settings)
}

// write writes one picture's results. It first removes an older result.json, so that this never stands beside files of
// another run.
func (j *job) write(f explainFlags, m *gradcamnb.Model, r *heatmap.Result, o *render.Options) error {
	if err := makeFolder(j.dir); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(j.dir, "result.json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the older results: %w", err)
	}
	f.images, f.inputs = []string{j.picture}, j.inputs
	return write(j.dir, f, m, []*heatmap.Result{r}, o)
}

// tally counts the pictures of a run: all, those that were there already, those that are done, and those that failed.
type tally struct {
	all, there, done int
	failed           []error
	start            time.Time
}

// rate returns the number of pictures per second.
func (t *tally) rate() float64 {
	return float64(t.done) / max(time.Since(t.start).Seconds(), 1e-9)
}

func (t *tally) describe() string {
	at := t.there + t.done + len(t.failed)
	left := time.Duration(float64(t.all-at) / max(t.rate(), 1e-9) * float64(time.Second))
	s := fmt.Sprintf("%d of %d, %.1f pictures/s, %s left", at, t.all, t.rate(), left.Round(time.Second))
	if len(t.failed) > 0 {
		s += fmt.Sprintf(", %d failed", len(t.failed))
	}
	return s
}

// end prints the counts and the folder of the results. It returns an error if a picture could not be explained.
func (t *tally) end(w io.Writer, dir string) error {
	things := "pictures"
	if t.done == 1 {
		things = "picture"
	}
	fmt.Fprintf(w, "gradcam: %d %s explained", t.done, things)
	if t.done > 0 {
		fmt.Fprintf(w, " in %s (%.1f a second)", time.Since(t.start).Round(100*time.Millisecond), t.rate())
	}
	if t.there > 0 {
		fmt.Fprintf(w, "; %d were there already", t.there)
	}
	fmt.Fprintf(w, " -> %s\n", printable.Line(dir))
	if len(t.failed) == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d pictures could not be explained:\n%w", len(t.failed), t.all, errors.Join(t.failed...))
}

// jobs returns the pictures that the patterns mean, each once, with their folders.
func (f explainFlags) jobs(dir string) ([]*job, error) {
	var paths []string
	for _, pattern := range f.images {
		if err := checkNoFolder(pattern); err != nil {
			return nil, err
		}
		found, err := wildcard.Find(pattern)
		if err != nil {
			return nil, cli.Usagef("--image %q: %w", pattern, err)
		}
		paths = append(paths, found...)
	}
	seen := map[string]bool{}
	var jobs []*job
	var files []string
	for _, path := range paths {
		path = filepath.Clean(path)
		if !seen[path] {
			seen[path] = true
			jobs, files = append(jobs, &job{picture: path}), append(files, path)
		}
	}
	for i, name := range folderNames(files) {
		jobs[i].dir = filepath.Join(dir, name)
	}
	return jobs, nil
}

// settings returns everything that the results depend on besides the picture, as text.
func (f explainFlags) settings(m *gradcamnb.Model, r gradcamnb.Request) (string, error) {
	info := m.Info()
	data, err := json.Marshal([]any{info.SHA256, info.Inputs, info.Prep, info.Labels, r, f.colors, f.dark, f.hot.String()})
	if err != nil {
		return "", fmt.Errorf("the settings: %w", err)
	}
	return string(data), nil
}
