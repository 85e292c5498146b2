// Package metrics measures whether a map can be trusted: by showing the model parts of
// the picture again, by a truth that is known, by explaining again, or by the map alone.
// One metric a file.
package metrics

import (
	"context"
	"fmt"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/registry"
)

// Group is the question that a metric answers.
type Group string

// The groups.
const (
	Faithfulness  Group = "faithfulness"  // does the model use what the map shows?
	Robustness    Group = "robustness"    // does the map stay when hardly anything changes?
	Randomisation Group = "randomisation" // does the map depend on what the model has learnt?
	Localisation  Group = "localisation"  // does the map lie on the object?
	Complexity    Group = "complexity"    // how much of the picture does the map show?
	Axiom         Group = "axiom"         // does the map keep a law?
)

// Need is what a metric needs besides the map.
type Need string

// What a metric may need.
const (
	Nothing Need = "nothing" // the map alone
	Truth   Need = "truth"   // where the object is
	Passes  Need = "passes"  // forward passes of the model
	Maps    Need = "maps"    // more explanations
)

// Metric is a way to measure a map. The zero value is none.
type Metric struct {
	Name    string   // as in its paper, e.g. "insertion"
	Also    []string // other names in use
	Group   Group    // what it says something about
	Paper   string   // authors, year, identifier
	Formula string   // with the paper's symbols
	Better  string   // "higher" or "lower"
	Needs   Need     // what has to be there besides the map
	Cost    string   // what it takes for one map: passes or explanations; empty if nothing
	Beware  string   // when it misleads

	// Measure gives one value a map; NaN if the metric has none.
	Measure func(ctx context.Context, s *Probe) ([]float64, error)
}

var all = registry.New("metric", func(v Metric) []string { return append([]string{v.Name}, v.Also...) })

func register(v Metric) Metric { return all.Add(v) }

// All returns every metric, by name.
func All() []Metric { return all.All() }

// ByName finds a metric; case, dashes, underscores and spaces do not matter.
func ByName(name string) (Metric, error) { return all.Find(name) }

// Model is one picture in front of a model. Scores are [row][aim], one aim for each score
// that is explained. report is called after every pass.
type Model interface {
	// Size is the height and width of the picture, as the model takes it.
	Size() (height, width int)

	// Masked scores the picture under n masks of height*width values, from 1, seen, to 0,
	// where the baseline is seen instead. Draw writes mask i.
	Masked(ctx context.Context, n int, draw func(i int, mask []float32), report func(done, total int) error) ([][]float32,
		error)

	// Pictures scores n other pictures. Draw changes a copy of the picture, in the model's
	// own units and layout, to picture i.
	Pictures(ctx context.Context, n int, draw func(i int, picture []float32),
		report func(done, total int) error) ([][]float32, error)
}

// Probe shows a model parts of one picture, as its maps say. It keeps what several
// metrics ask for.
type Probe struct {
	Mean, Blur Model          // the picture over the baselines of deletion and of insertion; nil if no metric needs passes
	Maps       []*heatmap.Map // the maps that are measured
	Aims       []int          // of each map, by number in the models' scores
	Steps      int            // how many times more is shown or taken away
	Seed       uint64         // of everything that is drawn
	Layout     imgio.Layout   // of the pictures that the models take

	Truth   heatmap.Grid // 1 on the object, 0 elsewhere, by pixel of the picture; empty if it is not known
	Unknown bool         // the truth of this picture is not known, while that of others is: there is no value
	Frame   imgio.Frame  // where the maps lie in the picture

	// Scores are the model's first output for the picture, as its graph has it; empty if that is no list of classes.
	Scores []float32

	// Again explains a changed picture, model or class: a map for each of Maps, and the scores. Nil if that
	// cannot be had.
	Again func(ctx context.Context, c Change) (maps []*heatmap.Map, scores []float32, err error)

	Report func(passes int) // is told of every batch of passes

	areas  map[string][]float64   // by curve, then map
	curves map[string][][]float32 // the same curves, step by step
}

// Curves are the scores of map m step by step, by the names of the metrics that measured them so far.
func (s *Probe) Curves(m int) map[string][]float32 {
	var out map[string][]float32
	for name, of := range s.curves {
		if of[m] == nil { // the map orders nothing
			continue
		}
		if out == nil {
			out = map[string][]float32{}
		}
		out[name] = of[m]
	}
	return out
}

// Change is what differs when a picture is explained again. The zero value changes nothing.
type Change struct {
	Picture func(values []float32) // changes a copy of the picture, in the model's own units
	Shift   float32                // is added to the picture, and taken off again within the model
	Class   bool                   // explains another class than the one that was explained, half of the list further
	Weights bool                   // makes weights random: all, or those of Top
	Top     float64                // share of the layers with weights, the last ones of the model; 0 means all
	Seed    uint64                 // of the random weights
}

// score scores the picture under n masks; see [Model.Masked].
func (s *Probe) score(ctx context.Context, over Model, n int, draw func(i int, mask []float32)) ([][]float32, error) {
	return over.Masked(ctx, n, draw, s.report())
}

// report passes on how many passes were added.
func (s *Probe) report() func(done, total int) error {
	before := 0
	return func(done, _ int) error {
		s.Report(done - before)
		before = done
		return nil
	}
}

// each measures every map by itself. A map that puts pixels in no order has no value.
func (s *Probe) each(value func(i int, m *heatmap.Map) float64) ([]float64, error) {
	out := make([]float64, len(s.Maps))
	for i, m := range s.Maps {
		out[i] = math.NaN()
		if orders(m) {
			out[i] = value(i, m)
		}
	}
	return out, nil
}

// measureOnTruth measures every map, by pixel of the picture, against where the object is.
func (s *Probe) measureOnTruth(value func(m, truth heatmap.Grid) float64) ([]float64, error) {
	if s.Unknown {
		return s.each(func(int, *heatmap.Map) float64 { return math.NaN() })
	}
	if len(s.Truth.Values) == 0 {
		return nil, fmt.Errorf("this metric compares a map with where the object is: give a truth, a box or a mask of the picture's size")
	}
	if s.Truth.W != s.Frame.PictureW || s.Truth.H != s.Frame.PictureH {
		return nil, fmt.Errorf("the truth has %d x %d pixels, and the picture %d x %d: give one of the picture's size",
			s.Truth.W, s.Truth.H, s.Frame.PictureW, s.Frame.PictureH)
	}
	return s.each(func(_ int, m *heatmap.Map) float64 { return value(m.OnPicture(s.Frame), s.Truth) })
}

// channelsLast tells whether the channels are the last axis of a picture.
func (s *Probe) channelsLast() bool { return s.Layout == imgio.ChannelsLast }
