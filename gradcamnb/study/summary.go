package study

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"

	"github.com/gradcam-go/gradcam/internal/regular"
	"github.com/gradcam-go/gradcam/internal/strictjson"
)

// Cell is one cell of a study's table: a method at a layer of one model.
type Cell struct {
	Model, Layer, Method string // names; the layer is empty for a method without one
}

func (c Cell) compare(o Cell) int {
	return cmp.Or(cmp.Compare(c.Model, o.Model), cmp.Compare(c.Layer, o.Layer), cmp.Compare(c.Method, o.Method))
}

// String returns "model: method at layer".
func (c Cell) String() string {
	s := c.Method
	if c.Layer != "" {
		s += " at " + c.Layer
	}
	return c.Model + ": " + s
}

// Number is the mean of one metric over the pictures of one cell.
type Number struct {
	Cell   Cell    // the method and layer
	Metric string  // that is averaged
	N      int     // maps that have a value
	Mean   float64 // over the maps
	StdErr float64 // of the mean; NaN if there is one map only
	Lo, Hi float64 // 95 % interval of the mean, by a bootstrap over pictures
}

// Comparison is the mean difference of two cells, map by map.
type Comparison struct {
	A, B       Cell    // the two that are compared
	Metric     string  // by which they are
	N          int     // pairs
	Difference float64 // mean of A - B
	StdErr     float64 // of the difference
	// P is the two-sided p-value of a difference of 0, by the normal approximation of the paired t test, corrected by
	// Holm's method within the metric.
	P float64
}

// Rank is the mean rank of a cell among all cells by one metric. The best rank is 1.
type Rank struct {
	Cell   Cell    // the method and layer
	Metric string  // by which it is ranked
	N      int     // pictures and targets on which all cells have a value
	Mean   float64 // of the ranks
	// Critical is the smallest difference of two mean ranks that is significant at 5 % (Nemenyi; Demsar 2006,
	// "Statistical Comparisons of Classifiers over Multiple Data Sets"). It is NaN if there are more than 20 cells.
	Critical float64
}

// Summary holds the results of a study so far.
type Summary struct {
	Pictures int   // with rows
	Wanted   int   // in the whole study
	Maps     int   // that were made
	Failed   []Row // of the first 100 pictures that could not be explained, by one of several models perhaps
	Failures int   // number of these pictures
	Right    int   // pictures whose prediction is their label, by the first model
	Labelled int   // pictures whose label is a class of the first model

	Answers []Answers // by model, in the order of the study

	Metrics     []string     // that were measured
	Numbers     []Number     // by metric, then cell
	Comparisons []Comparison // by metric, then cells
	Ranks       []Rank       // by metric, then mean rank

	// Examples are the lowest and highest maps by metric, by "score", and by "probability", that of the prediction.
	Examples map[string]Examples

	Layers, Methods []string    // in the order in which they were asked for
	Curves          []Curve     // of insertion and deletion, by metric, then cell
	Classes         []ClassMean // mean maps of the pictures of each class
	Sampled         int         // pictures behind Boxes and Clusters: all, or 200 that were drawn by their names
	Boxes           []Box       // by metric, then cell
	Clusters        []Cluster   // by cell
}

// Examples are the maps with the lowest and the highest value of a metric, at most one of each picture and target in a
// list.
type Examples struct {
	Lowest, Highest []Example // those with the lowest and the highest values
	// Misplaced are the worst maps of pictures whose prediction is right, for a metric that compares maps with the truth:
	// the model is perhaps right for the wrong reason.
	Misplaced []Example
}

// Example is one map that stands out.
type Example struct {
	Value float64 // of the metric
	Row   Row     // the map and its picture
}

// Read reads the parts in a study's folder and returns their summary.
func Read(dir string) (*Summary, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	parts, err := Parts(dir)
	if err != nil {
		return nil, err
	}
	p := &Partial{m, map[block]*tally{}}
	for _, k := range parts {
		if err := p.read(dir, k); err != nil {
			return nil, err
		}
	}
	return p.Summary(), nil
}

func readManifest(dir string) (m manifest, err error) {
	data, err := regular.Read(filepath.Join(dir, manifestName), maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("the folder %s has no study: its %s is missing", dir, manifestName)
	}
	if err != nil {
		return m, fmt.Errorf("the study's manifest: %w", err)
	}
	if err := strictjson.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("%s in %s is damaged: %w", manifestName, dir, err)
	}
	if m.Version != version {
		return m, versionError(dir)
	}
	if m.Pictures < 1 || m.Part < 1 {
		return m, fmt.Errorf("%s in %s is damaged: it is of %d pictures in parts of %d", manifestName, dir, m.Pictures, m.Part)
	}
	return m, nil
}

func versionError(dir string) error {
	return fmt.Errorf("the study in %s was written by another version of this program: delete it and run it again", dir)
}

func (t *tally) summary() *Summary {
	s := &Summary{Pictures: t.pictures, Wanted: t.manifest.Pictures, Maps: t.maps, Failed: t.failed, Failures: t.failures,
		Answers: t.answers, Metrics: t.manifest.Metrics, Examples: t.examples}
	if len(t.answers) > 0 {
		s.Right, s.Labelled = t.answers[0].Right, t.answers[0].Labelled
	}
	cells := t.cells()
	for _, metric := range s.Metrics {
		for _, c := range cells {
			if v, ok := t.values[key{c, metric}]; ok {
				lo, hi := v.sample.interval()
				s.Numbers = append(s.Numbers, Number{c, metric, v.moments.N, v.moments.Mean, v.moments.stdErr(), lo, hi})
			}
		}
		s.Comparisons = append(s.Comparisons, t.comparisons(metric, cells)...)
		s.Ranks = append(s.Ranks, t.ranksOf(metric, cells)...)
	}
	s.Layers, s.Methods, s.Sampled = t.layers, t.methods, len(t.sample)
	s.Curves, s.Classes, s.Boxes = t.curves.means(), t.classes.means(), t.sample.boxes(s.Metrics, cells)
	for _, c := range cells {
		s.Clusters = append(s.Clusters, t.sample.clusters(c)...)
	}
	return s
}

func (t *tally) comparisons(metric string, cells []Cell) []Comparison {
	var out []Comparison
	for i, a := range cells {
		for _, b := range cells[i+1:] {
			m, ok := t.pairs[pair{a, b, metric}]
			if !ok {
				continue
			}
			c := Comparison{A: a, B: b, Metric: metric, N: m.N, Difference: m.Mean, StdErr: m.stdErr(), P: math.NaN()}
			if m.N > 1 {
				c.P = twoSided(c.Difference, c.StdErr)
			}
			out = append(out, c)
		}
	}
	holm(out)
	return out
}

// twoSided returns the chance of a difference at least as far from 0, if it is normal with mean 0 and this standard
// error.
func twoSided(difference, stdErr float64) float64 {
	if stdErr == 0 {
		if difference == 0 {
			return 1
		}
		return 0
	}
	return math.Erfc(math.Abs(difference) / stdErr / math.Sqrt2)
}

// holm corrects the p-values of all comparisons of one metric (Holm 1979, "A simple sequentially rejective multiple
// test procedure"). Of m p-values in rising order it multiplies the k-th, k from 0, by m - k. None becomes smaller than
// the one before, or larger than 1.
func holm(all []Comparison) {
	var order []int
	for i, c := range all {
		if !math.IsNaN(c.P) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(all[a].P, all[b].P) })
	least := 0.0
	for k, i := range order {
		least = max(least, min(1, all[i].P*float64(len(order)-k)))
		all[i].P = least
	}
}

// nemenyi are the critical values q_0.05 / sqrt(2) of the studentised range for k = 2, 3, ... cells
// (Demsar 2006, table 5, to 10; beyond, scipy 1.17.1's studentized_range).
var nemenyi = []float64{1.960, 2.344, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164, 3.219, 3.268, 3.313, 3.354,
	3.391, 3.426, 3.458, 3.489, 3.517, 3.544}

func (t *tally) ranksOf(metric string, cells []Cell) []Rank {
	var out []Rank
	for _, c := range cells {
		if r, ok := t.ranks[key{c, metric}]; ok {
			out = append(out, Rank{Cell: c, Metric: metric, N: r.N, Mean: r.Mean, Critical: math.NaN()})
		}
	}
	k := len(out)
	for i := range out {
		if k >= 2 && k-2 < len(nemenyi) {
			out[i].Critical = nemenyi[k-2] * math.Sqrt(float64(k*(k+1))/6/float64(out[i].N))
		}
	}
	slices.SortStableFunc(out, func(a, b Rank) int { return cmp.Compare(a.Mean, b.Mean) })
	return out
}
