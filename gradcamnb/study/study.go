// Package study explains a whole data set with one model or several: every picture, target, layer and method, with
// metrics of each map. It divides the pictures into parts and writes one Parquet file for each part, and a summary with
// means, intervals and comparisons. If a study was stopped, even by a crash, running it again continues it: a part's
// file appears whole or not at all, and what is done of a part is written every minute.
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
	"reflect"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/metrics"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/must"
	"github.com/gradcam-go/gradcam/internal/regular"
	"github.com/gradcam-go/gradcam/internal/strictjson"
)

// Study says what is explained of many pictures. Model, Pictures and Out must be set.
type Study struct {
	Model    *gradcamnb.Model   // that is studied
	Name     string             // of Model in tables; empty means its own name
	Pictures []Picture          // of the data set, in their order
	Choices  []gradcamnb.Choice // targets, layers, methods and the rest; as for one picture

	// Others are more models that explain the same pictures, to be compared with Model. All models have the same choices,
	// and names of their own.
	Others []*gradcamnb.Model

	// AtLabel explains the class that each picture's Label names, instead of a chosen target. LabelTarget makes the
	// target from the numbers of these classes, one for each picture. For a model with tags it is gradcamnb.Tag. If it is
	// nil, it is gradcamnb.Class.
	AtLabel     bool
	LabelTarget func(index ...int) gradcamnb.Target // makes the target of AtLabel

	Metrics  []string // measured of every map; see docs/metrics.md
	Steps    int      // of metrics that show or hide a picture part by part; 0 means 8
	Baseline string   // what replaces hidden parts of a picture; empty means what the metric's paper takes

	// TruthID says which truths the pictures have: a study goes on in its folder only with the same ones.
	// [Study.ReadTruths] sets it with the truths. If a truth is a function of your own, give a text that changes when the
	// truth does: without it, a study only sees which pictures have a truth.
	TruthID string

	Out   string // folder of the results
	Batch int    // pictures in one pass; 0 means 8
	Part  int    // pictures in one file of rows; 0 means 64

	// Shard and Shards split the parts among machines that write to one folder. This machine does the parts whose number
	// is Shard modulo Shards. If Shards is 0, it does all.
	Shard, Shards int

	Progress func(Progress) // called at the start and after every batch; may be nil

	settings string // of the manifest; empty until the folder has been claimed
}

// Progress says how many pictures of this shard are done.
type Progress struct {
	Done, Total int // pictures that are done, and all pictures
	There       int // of Done, those that an earlier run did
	Failed      int // of Done, those that could not be explained: their rows say why
}

// Picture is one element of a data set. Open and Truth may be called more than once, by one goroutine at a time, and
// while other pictures are explained.
type Picture struct {
	Name  string                                      // unique in the study
	Label string                                      // name or number of its class; empty if it is not known
	Open  func() (image.Image, error)                 // reads the picture
	Truth func(image.Rectangle) (heatmap.Grid, error) // mask of the object, 1 for its pixels; nil if it is not known

	classes []string // names of the data set's classes in the order of their numbers, if its file has them
}

// maxPart is the most pictures of a batch and of a part. More in one file of rows would be of no use.
const maxPart = 1 << 20

// check returns an error if a field of the study is missing or wrong.
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
	case min(s.Batch, s.Part) < 0 || max(s.Batch, s.Part) > maxPart:
		return fmt.Errorf("a batch of %d pictures in parts of %d: give at most %d of each; 0 means the default", s.Batch, s.Part,
			maxPart)
	case s.Shards < 0 || s.Shard < 0 || s.Shards > 0 && s.Shard >= s.Shards:
		return fmt.Errorf("shard %d of %d: shards are numbered from 0 to one less than their number", s.Shard, s.Shards)
	}
	seen := map[string]bool{}
	for _, m := range s.models() {
		name := s.modelName(m)
		if seen[name] {
			return fmt.Errorf("two models have the name %q, by which their rows are told apart: rename one of the files", name)
		}
		seen[name] = true
	}
	return checkNames(s.Pictures)
}

// models returns all models of the study.
func (s *Study) models() []*gradcamnb.Model { return append([]*gradcamnb.Model{s.Model}, s.Others...) }

// checkNames returns an error if two pictures have one name in the files of rows.
func checkNames(pictures []Picture) error {
	seen := make(map[string]bool, len(pictures))
	for _, p := range pictures {
		name := validText(p.Name)
		if seen[name] {
			return fmt.Errorf("two pictures have the name %q, by which rows are told apart: if they lie in two folders, give the folder "+
				"above both, or a list (.csv) of them", p.Name)
		}
		seen[name] = true
	}
	return nil
}

// Run explains the pictures that are not explained yet and returns the summary of all parts in the folder. If ctx ends
// first, Run returns the summary of the parts so far with the error of ctx. If a picture cannot be read or explained,
// its row holds the error and the study goes on.
func (s *Study) Run(ctx context.Context) (*Summary, error) {
	all, err := s.Prepare()
	if err != nil {
		return nil, err
	}
	defer stopReading()
	shards := max(s.Shards, 1)
	var parts []int
	progress := Progress{}
	for k := s.Shard; k < all; k += shards {
		from, to := s.pictures(k)
		progress.Total += to - from
		if s.isDone(k) {
			s.removeUnfinished(k)
			progress.Done, progress.There = progress.Done+to-from, progress.There+to-from
			continue
		}
		parts = append(parts, k)
	}
	s.report(progress)
	for _, k := range parts {
		if err := s.runPart(ctx, k, &progress); err != nil {
			summary, _ := Read(s.Out) // the first error says more than an error of reading
			return summary, err
		}
	}
	return Read(s.Out)
}

// MustRun is like Run, but panics with the error.
func (s *Study) MustRun(ctx context.Context) *Summary { return must.Get(s.Run(ctx)) }

// Prepare checks the study, claims its folder and returns the number of parts. [Study.Run] calls it by itself. Every
// process calls it once before [Study.RunPart].
func (s *Study) Prepare() (parts int, err error) {
	if err := s.check(); err != nil {
		return 0, err
	}
	asked := gradcamnb.Request{Measuring: gradcamnb.Measuring{Steps: s.Steps}}.With(s.Choices...)
	if err := cmp.Or(asked.Check(), asked.CheckForEvery()); err != nil {
		return 0, err
	}
	if s.Metrics, err = s.metricNames(); err != nil {
		return 0, err
	}
	if err := os.MkdirAll(s.Out, 0o755); err != nil {
		return 0, fmt.Errorf("the folder of the study: %w", err)
	}
	size := s.partSize()
	return (len(s.Pictures) + size - 1) / size, s.claim()
}

// RunPart explains the pictures of part k and writes its file. Parts are counted from 0. If the file is there already,
// RunPart does nothing. It is an error if [Study.Prepare] was not called.
func (s *Study) RunPart(ctx context.Context, k int) error {
	if s.settings == "" {
		return errors.New("the study is not prepared: call Prepare before RunPart")
	}
	if s.isDone(k) {
		s.removeUnfinished(k)
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

// removeUnfinished removes what a killed run left of the beginning of part k, which is done. In a folder that cannot be
// written that stays, and does no harm.
func (s *Study) removeUnfinished(k int) { _ = os.Remove(s.unfinishedPath(k)) }

// batch returns how many pictures one pass has.
func (s *Study) batch() int { return cmp.Or(s.Batch, 8) }

// partSize returns how many pictures one file of rows has.
func (s *Study) partSize() int { return cmp.Or(s.Part, 64) }

// pictures returns the numbers of the first picture of part k and of the first one after it.
func (s *Study) pictures(k int) (from, to int) {
	size := s.partSize()
	return k * size, min((k+1)*size, len(s.Pictures))
}

// metricNames returns the metrics' own names, each once.
func (s *Study) metricNames() ([]string, error) {
	var out []string
	for _, name := range s.Metrics {
		metric, err := metrics.ByName(name)
		if err != nil {
			return nil, err
		}
		if metric.Needs == metrics.Truth && CountTruths(s.Pictures) == 0 {
			return nil, fmt.Errorf("the metric %q compares with where the object is, and no picture has a truth", metric.Name)
		}
		if most := min(len(s.Pictures), s.batch(), s.partSize()); metric.Needs == metrics.Pictures && most < 2 {
			return nil, fmt.Errorf("the metric %q compares the pictures of a batch, and a batch of this study has one: "+
				"take batches and parts of at least 2 pictures", metric.Name)
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

// part returns the path of the file of part k.
func (s *Study) part(k int) string {
	return filepath.Join(s.Out, partName(k))
}

// manifest is the description of a study that lies in its folder with the parts.
type manifest struct {
	Version  int      `json:"version"`
	Settings string   `json:"settings"` // hash of everything that the rows depend on
	Model    string   `json:"model"`
	Models   []string `json:"models"` // names, as rows have them, in the study's order
	Pictures int      `json:"pictures"`
	Part     int      `json:"part"`
	Metrics  []string `json:"metrics"`
}

const (
	version      = 2 // of the rows' columns
	manifestName = "study.json"
	maxManifest  = 1 << 20 // bytes
)

// claim writes the manifest into the folder. If one is there already, claim returns an error if it is that of another
// study: two studies cannot share a folder.
func (s *Study) claim() error {
	want, err := s.manifest()
	if err != nil {
		return err
	}
	s.settings = want.Settings
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
	if err := strictjson.Unmarshal(data, &there); err != nil {
		return fmt.Errorf("%s is no manifest of a study: name another folder: %w", path, err)
	}
	if there.Version != version {
		return versionError(s.Out)
	}
	if there.Models == nil { // earlier programs did not write it; the settings depend on the models
		there.Models = want.Models
	}
	if !reflect.DeepEqual(there, want) {
		return fmt.Errorf("the folder %s has the results of another study (other pictures, truths, model, choices or metrics): "+
			"name another folder, or delete it", s.Out)
	}
	for _, m := range s.models() {
		if m.Info().SHA256 == "" {
			return fmt.Errorf("the folder %s has results already, and the model %q has no file that would tell whether its weights "+
				"are still the same: name another folder, or delete it", s.Out, s.modelName(m))
		}
	}
	return nil
}

func (s *Study) manifest() (manifest, error) {
	var names []string
	for _, m := range s.models() {
		names = append(names, s.modelName(m))
	}
	m := manifest{Version: version, Model: strings.Join(names, ", "), Models: names, Pictures: len(s.Pictures),
		Part: s.partSize(), Metrics: s.Metrics}
	h := sha256.New()
	fmt.Fprintln(h, version)
	for _, p := range s.Pictures {
		fmt.Fprintf(h, "%q %q %v\n", p.Name, p.Label, p.Truth != nil)
	}
	for _, model := range s.models() {
		info := model.Info() // with what its sidecar says
		info.Backend = ""    // machines with other processors may share a study
		text, err := json.Marshal(info)
		if err != nil {
			return m, fmt.Errorf("what is known of the study's model: %w", err)
		}
		fmt.Fprintf(h, "%s ", text)
	}
	fmt.Fprintf(h, "%q %q\n", m.Model, s.TruthID)
	request, err := json.Marshal(gradcamnb.Request{}.With(s.Choices...))
	if err != nil {
		return m, fmt.Errorf("the study's choices: %w", err)
	}
	if s.LabelTarget != nil {
		fmt.Fprintf(h, "%+v\n", s.LabelTarget(0))
	}
	fmt.Fprintf(h, "%s\n%v %v %d %q %q", request, m.Part, s.AtLabel, s.Steps, s.Baseline, s.Metrics)
	if slices.ContainsFunc(s.Metrics, comparesPictures) { // then a picture's values depend on the others of its batch
		fmt.Fprintf(h, " %d", s.batch())
	}
	m.Settings = hex.EncodeToString(h.Sum(nil))
	return m, nil
}

// modelName returns the name of a model in tables. Like all texts there it is valid UTF-8.
func (s *Study) modelName(m *gradcamnb.Model) string {
	if m == s.Model && s.Name != "" {
		return validText(s.Name)
	}
	return validText(m.Info().Name)
}

// comparesPictures tells whether a metric compares the maps of a batch.
func comparesPictures(name string) bool {
	metric, err := metrics.ByName(name)
	return err == nil && metric.Needs == metrics.Pictures
}
