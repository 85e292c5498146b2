// Package metrics measures whether a map can be trusted: by showing the model parts of the picture, by comparing with a
// known truth, by explaining again, or by the map alone. Each metric has a file.
package metrics

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/place"
	"github.com/gradcam-go/gradcam/internal/registry"
)

// Group is the question that a metric answers.
type Group string

// These are the groups.
const (
	Faithfulness  Group = "faithfulness"  // does the model use what the map shows?
	Robustness    Group = "robustness"    // does the map stay when hardly anything changes?
	Randomisation Group = "randomisation" // does the map depend on what the model has learnt?
	Localisation  Group = "localisation"  // does the map lie on the object?
	Complexity    Group = "complexity"    // how much of the picture does the map show?
	Axiom         Group = "axiom"         // does the map keep a law?
)

// Need says what a metric needs besides the map.
type Need string

// These are the needs.
const (
	Nothing Need = "nothing" // only the map
	Truth   Need = "truth"   // a mask of the object
	Passes  Need = "passes"  // forward passes of the model
	Maps    Need = "maps"    // more explanations

	Pictures Need = "pictures" // the maps of other pictures
)

// Metric is a way to measure a map.
type Metric struct {
	Name    string   // as in its paper, e.g. "insertion"
	Also    []string // other names in use
	Group   Group    // what it says something about
	Paper   string   // authors, year, identifier
	Formula string   // with the paper's symbols
	Better  string   // "higher" or "lower"
	Needs   Need     // what it needs besides the map
	Cost    string   // passes or explanations for one map; empty if none
	Beware  string   // when it misleads

	// Measure returns one value for each map of the probe. It is NaN if the metric has no value for the map.
	Measure func(ctx context.Context, s *Probe) ([]float64, error)
}

var all = registry.New("metric", func(v Metric) []string { return append([]string{v.Name}, v.Also...) },
	func() string { return place.Words("docs/metrics.md", "gradcam explain --help") })

func register(v Metric) Metric { return all.Add(v) }

// All returns every metric, sorted by name.
func All() []Metric { return all.All() }

// ByName returns the metric with a name. Case, dashes, underscores and spaces do not matter.
func ByName(name string) (Metric, error) { return all.Find(name) }

// Model scores changed copies of one picture with a model. Scores are [copy][aim], with one aim for each score that is
// explained. report is called after every pass.
type Model interface {
	// Size returns the height and width of the picture as the model takes it.
	Size() (height, width int)

	// ScoreMasked scores the picture under n masks of height*width values. The picture is seen where the mask is 1 and the
	// baseline where it is 0. draw writes mask i.
	ScoreMasked(ctx context.Context, n int, draw func(i int, mask []float32),
		report func(done, total int) error) ([][]float32, error)

	// Pictures scores n other pictures. draw changes a copy of the picture, in the model's own units and layout, into
	// picture i.
	Pictures(ctx context.Context, n int, draw func(i int, picture []float32),
		report func(done, total int) error) ([][]float32, error)
}

// Probe is one picture with its maps and the models that score changed copies of it. It keeps values that several
// metrics need.
type Probe struct {
	Mean, Blur Model          // the picture over the baselines of deletion and of insertion; nil if no metric needs passes
	Maps       []*heatmap.Map // the maps that are measured
	Aims       []int          // number of each map's aim in the models' scores
	Steps      int            // in which the picture is shown or hidden
	Seed       uint64         // of everything that is drawn
	Layout     imgio.Layout   // of the pictures that the models take

	Truth   heatmap.Grid // of the picture's size, 1 for the object's pixels, 0 for others; empty if it is not known
	Unknown bool         // the truth of other pictures is known, but not of this one, so it has no value
	Frame   imgio.Frame  // where the maps lie in the picture

	Batch *Batch // the pictures that were explained together; nil if that is not known
	At    int    // place of this picture in it

	// Scores are the model's first output for the picture, as its graph has it; empty if that is no list of classes.
	Scores []float32

	// Again explains a changed picture, model or class. It returns a map for each of Maps, and the scores. It is nil if
	// the picture cannot be explained again.
	Again func(ctx context.Context, c Change) (maps []*heatmap.Map, scores []float32, err error)

	Report func(passes int) // called after every batch of passes

	areas   map[string][]float64   // by curve, then map
	curves  map[string][][]float32 // the same curves, step by step
	ordered []bool                 // whether each map puts pixels in an order, if a metric has asked
}

// Pair returns a probe of the same picture with two of its maps.
func (s *Probe) Pair(a, b int) *Probe {
	two := *s
	two.Maps, two.Aims = []*heatmap.Map{s.Maps[a], s.Maps[b]}, []int{s.Aims[a], s.Aims[b]}
	two.areas, two.curves, two.ordered, two.Again, two.Batch = nil, nil, nil, nil, nil // of all maps
	return &two
}

// Curves returns the scores of map m step by step, by the names of the metrics that have measured them so far.
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
	Shift   float32                // is added to the picture and subtracted again within the model
	Class   bool                   // explains another class, half of the list further on
	Weights bool                   // makes weights random: all, or those of Top
	Top     float64                // share of the layers with weights, the last ones of the model; 0 means all
	Seed    uint64                 // of the random weights
}

// score scores the picture under n masks; see [Model.ScoreMasked].
func (s *Probe) score(ctx context.Context, over Model, n int, draw func(i int, mask []float32)) ([][]float32, error) {
	return over.ScoreMasked(ctx, n, draw, s.report())
}

// report returns a function that passes the number of new passes on to Report.
func (s *Probe) report() func(done, total int) error {
	before := 0
	return func(done, _ int) error {
		s.Report(done - before)
		before = done
		return nil
	}
}

// each returns a value for each map. The value is NaN if the map puts pixels in no order.
func (s *Probe) each(value func(i int, m *heatmap.Map) float64) ([]float64, error) {
	out := make([]float64, len(s.Maps))
	for i, m := range s.Maps {
		out[i] = math.NaN()
		if s.orders(i) {
			out[i] = value(i, m)
		}
	}
	return out, nil
}

// orders tells whether map i puts pixels in an order. It looks at the maps once, since several metrics ask.
func (s *Probe) orders(i int) bool {
	if s.ordered == nil {
		for _, m := range s.Maps {
			s.ordered = append(s.ordered, orders(m))
		}
	}
	return s.ordered[i]
}

// measureOnTruth returns a value for each map. value gets the map at the picture's resolution, and the truth. It is NaN
// if the map has no positive value there, and so shows no place.
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
	return s.each(func(_ int, m *heatmap.Map) float64 {
		on := m.OnPicture(s.Frame)
		if !hasPositive(on) {
			return math.NaN()
		}
		return value(on, s.Truth)
	})
}

// eachPositive returns a value for each map. It is NaN if the map has a value that is NaN or infinite, or no positive
// value: then it shows nothing.
func (s *Probe) eachPositive(value func(m heatmap.Grid) float64) ([]float64, error) {
	out := make([]float64, len(s.Maps))
	for i, m := range s.Maps {
		out[i] = math.NaN()
		if hasPositive(m.Grid) && !slices.ContainsFunc(m.Values, func(v float32) bool { return v-v != 0 }) {
			out[i] = value(m.Grid)
		}
	}
	return out, nil
}

// hasPositive tells whether a grid has a value above 0.
func hasPositive(g heatmap.Grid) bool {
	return slices.ContainsFunc(g.Values, func(v float32) bool { return v > 0 })
}

// channelsLast tells whether the channels are the last axis of a picture.
func (s *Probe) channelsLast() bool { return s.Layout == imgio.ChannelsLast }
