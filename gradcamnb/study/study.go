// Package study explains a whole data set: every picture, model, target, layer and method, with
// what is measured of each map. It writes one Parquet file a part of the pictures, and a summary
// with means, intervals and comparisons. A study that was stopped, however hard, goes on where it
// was: a part is written whole or not at all.
//
//	s := study.Study{
//		Model:    model,
//		Pictures: pictures, // e.g. study.Files("photos/*.jpg")
//		Choices:  []gradcamnb.Choice{gradcamnb.Layers("stages"), gradcamnb.Methods("Grad-CAM", "LayerCAM")},
//		Metrics:  []string{"insertion", "deletion", "sparseness"},
//		Out:      "study",
//	}
//	summary, err := s.Run(ctx)
package study

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/metrics"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/must"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// Study is what is explained of many pictures. Model, Pictures and Out must be given.
type Study struct {
	Model    *gradcamnb.Model   // that is studied
	Name     string             // of the model in tables; empty means the file's own
	Pictures []Picture          // of the data set, in their order
	Choices  []gradcamnb.Choice // targets, layers, methods and the rest; as for one picture

	// AtLabel explains, instead of a chosen target, the class that a picture's Label names. Of makes the target of the
	// classes' numbers, one a picture, such as gradcamnb.Tag for a model with tags; nil means gradcamnb.Class.
	AtLabel bool
	Of      func(index ...int) gradcamnb.Target // makes that target

	Metrics  []string // measured of every map; see docs/metrics.md
	Steps    int      // of metrics that show or hide a picture by parts; 0 means 8
	Baseline string   // what is seen where a picture is hidden; empty means what the metric's paper takes

	Out   string // folder of the results
	Batch int    // pictures in one pass; 0 means 8
	Part  int    // pictures in one file of rows; 0 means 64

	// Shard and Shards split the parts among machines that write to one folder: this one does
	// those whose number is Shard modulo Shards. 0 shards means all.
	Shard, Shards int

	Progress func(Progress) // hears of every batch; may be nil
}

// Progress is how far a study is, in pictures of this shard.
type Progress struct {
	Done, Total int // pictures, and all of them
	There       int // of Done, those that an earlier run had done
	Failed      int // of Done, those that could not be explained: their rows say why
}

// Picture is one element of a data set. Open may be called more than once.
type Picture struct {
	Name  string                                      // unique in the study
	Label string                                      // name or number of its class; empty if it is not known
	Open  func() (image.Image, error)                 // reads the picture
	Truth func(image.Rectangle) (heatmap.Grid, error) // where the object is, by pixel: 1 on it; nil if it is not known
}

// check says what the study lacks.
func (s *Study) check() error {
	switch {
	case s.Model == nil:
		return errors.New("the study has no model: open one with gradcamnb.Open")
	case len(s.Pictures) == 0:
		return errors.New("the study has no pictures")
	case s.Out == "":
		return errors.New("the study has no folder for its results: name one in Out")
	case s.Steps < 0 || s.Steps == 1:
		return fmt.Errorf("a picture cannot be shown in %d steps: give at least 2", s.Steps)
	case s.Batch < 0 || s.Part < 0:
		return fmt.Errorf("a batch of %d pictures in parts of %d: numbers below 0 mean nothing, and 0 the default", s.Batch, s.Part)
	case s.Shards < 0 || s.Shard < 0 || s.Shards > 0 && s.Shard >= s.Shards:
		return fmt.Errorf("shard %d of %d: shards are numbered from 0 to one less than their number", s.Shard, s.Shards)
	}
	seen := make(map[string]bool, len(s.Pictures))
	for _, p := range s.Pictures {
		if seen[p.Name] {
			return fmt.Errorf("two pictures have the name %q: rows are told apart by it", p.Name)
		}
		seen[p.Name] = true
	}
	return nil
}

// Run explains what is not explained yet and returns the summary of all parts that are there.
// When ctx ends, it returns what is there and the error of ctx. A picture that cannot be read or
// explained is a row with its error, and no error of the study.
func (s *Study) Run(ctx context.Context) (*Summary, error) {
	all, err := s.Prepare()
	if err != nil {
		return nil, err
	}
	shards := max(s.Shards, 1)
	var parts []int
	progress := Progress{}
	for k := s.Shard; k < all; k += shards {
		from, to := s.pictures(k)
		progress.Total += to - from
		if s.isDone(k) {
			progress.Done, progress.There = progress.Done+to-from, progress.There+to-from
			continue
		}
		parts = append(parts, k)
	}
	s.report(progress)
	for _, k := range parts {
		if err := s.runPart(ctx, k, &progress); err != nil {
			summary, _ := Read(s.Out) // what is there is worth more than why not all is
			return summary, err
		}
	}
	return Read(s.Out)
}

// MustRun is Run that panics with the error.
func (s *Study) MustRun(ctx context.Context) *Summary { return must.Get(s.Run(ctx)) }

// Prepare checks the study, claims its folder and returns how many parts it has. [Study.Run] does it by itself;
// before [Study.RunPart] it is called once.
func (s *Study) Prepare() (parts int, err error) {
	if err := s.check(); err != nil {
		return 0, err
	}
	if s.Metrics, err = s.measured(); err != nil {
		return 0, err
	}
	if err := os.MkdirAll(s.Out, 0o755); err != nil {
		return 0, fmt.Errorf("the folder of the study: %w", err)
	}
	size := cmp.Or(s.Part, 64)
	return (len(s.Pictures) + size - 1) / size, s.claim()
}

// RunPart explains the pictures of part k, from 0, and writes its file, unless that is there.
func (s *Study) RunPart(ctx context.Context, k int) error {
	if s.isDone(k) {
		return nil
	}
	from, to := s.pictures(k)
	if k < 0 || from >= to {
		return fmt.Errorf("the study has no part %d", k)
	}
	return s.runPart(ctx, k, &Progress{Total: to - from})
}

// isDone tells whether part k is done.
func (s *Study) isDone(k int) bool {
	_, err := os.Stat(s.part(k))
	return err == nil
}

// pictures are those of part k: from this number to before that.
func (s *Study) pictures(k int) (from, to int) {
	size := cmp.Or(s.Part, 64)
	return k * size, min((k+1)*size, len(s.Pictures))
}

// measured are the names of the metrics, each by its own and once.
func (s *Study) measured() ([]string, error) {
	var out []string
	for _, name := range s.Metrics {
		metric, err := metrics.ByName(name)
		if err != nil {
			return nil, err
		}
		if metric.Needs == metrics.Truth && !slices.ContainsFunc(s.Pictures, func(p Picture) bool { return p.Truth != nil }) {
			return nil, fmt.Errorf("the metric %q compares with where the object is, and no picture has a truth", metric.Name)
		}
		if !slices.Contains(out, metric.Name) {
			out = append(out, metric.Name)
		}
	}
	return out, nil
}

func (s *Study) report(p Progress) {
	if s.Progress != nil {
		s.Progress(p)
	}
}

// part is the file of part k.
func (s *Study) part(k int) string {
	return filepath.Join(s.Out, partName(k))
}

// runPart explains the pictures of part k and writes its file.
func (s *Study) runPart(ctx context.Context, k int, progress *Progress) error {
	var rows []Row
	begin, end := s.pictures(k)
	batch := cmp.Or(s.Batch, 8)
	for from := begin; from < end; from += batch {
		to := min(from+batch, end)
		more, err := s.explain(ctx, from, to)
		if err != nil {
			return err
		}
		for _, row := range more {
			if row.Error != "" {
				progress.Failed++
			}
		}
		rows = append(rows, more...)
		progress.Done += to - from
		s.report(*progress)
	}
	return writeRows(s.part(k), rows, s.Metrics)
}

// manifest is what all parts of a folder share.
type manifest struct {
	Version  int      `json:"version"`
	Settings string   `json:"settings"` // hash of all that rows depend on
	Model    string   `json:"model"`
	Pictures int      `json:"pictures"`
	Part     int      `json:"part"`
	Metrics  []string `json:"metrics"`
}

const (
	version      = 2 // of the rows' columns
	manifestName = "study.json"
	maxManifest  = 1 << 20 // bytes
)

// claim writes the manifest, or compares with the one that is there: rows of two studies do not
// share a folder.
func (s *Study) claim() error {
	want, err := s.manifest()
	if err != nil {
		return err
	}
	path := filepath.Join(s.Out, manifestName)
	data, err := regular.Read(path, maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		data, err := json.MarshalIndent(want, "", "  ")
		if err != nil {
			return fmt.Errorf("the study's manifest: %w", err)
		}
		return atomicfile.Write(path, data)
	}
	if err != nil {
		return fmt.Errorf("the study's manifest: %w", err)
	}
	var there manifest
	if err := json.Unmarshal(data, &there); err != nil {
		return fmt.Errorf("%s is no manifest of a study: name another folder: %w", path, err)
	}
	if there.Version != version {
		return otherVersion(s.Out)
	}
	if there.Settings != want.Settings {
		return fmt.Errorf("the folder %s has the results of another study (other pictures, model, choices or metrics): name another folder, or delete it", s.Out)
	}
	return nil
}

func (s *Study) manifest() (manifest, error) {
	info := s.Model.Info()
	m := manifest{Version: version, Model: s.modelName(), Pictures: len(s.Pictures), Part: cmp.Or(s.Part, 64),
		Metrics: s.Metrics}
	h := sha256.New()
	fmt.Fprintln(h, version)
	for _, p := range s.Pictures {
		fmt.Fprintf(h, "%q %q\n", p.Name, p.Label)
	}
	request, err := json.Marshal(gradcamnb.Request{}.With(s.Choices...))
	if err != nil {
		return m, fmt.Errorf("the study's choices: %w", err)
	}
	if s.Of != nil {
		fmt.Fprintf(h, "%+v\n", s.Of(0))
	}
	fmt.Fprintf(h, "%s\n%s\n%v %v %d %q %q", info.SHA256, request, m.Part, s.AtLabel, s.Steps, s.Baseline, s.Metrics)
	m.Settings = hex.EncodeToString(h.Sum(nil))
	return m, nil
}

func (s *Study) modelName() string {
	if s.Name != "" {
		return s.Name
	}
	return s.Model.Info().Name
}
