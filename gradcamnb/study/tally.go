package study

import (
	"cmp"
	"math"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/metrics"
)

// kept is the number of maps that are kept at either end of a metric.
const kept = 12

// These are columns besides the metrics of which the lowest and the highest maps are kept.
const (
	byScore       = "score"
	byProbability = "probability"
)

type key struct {
	cell   Cell
	metric string
}

type pair struct {
	a, b   Cell
	metric string
}

type value struct {
	moments moments
	sample  bootstrap
}

// tally holds the sums from which a summary is made. Its size grows with the cells and metrics, but not with the
// pictures. The tallies of parts can be added up.
type tally struct {
	manifest manifest
	better   map[string]string // of each metric
	byTruth  map[string]bool   // whether a metric compares maps with the truth

	pictures, maps, failures int
	failed                   []Row
	answers                  []Answers // by model, in the order of the study

	values   map[key]*value
	pairs    map[pair]*moments
	ranks    map[key]*moments
	examples map[string]Examples

	layers, methods []string // in the order of the rows
	curves          curveSums
	classes         classSums
	sample          sample

	group []Row // the rows of one picture so far
}

func newTally(m manifest) *tally {
	t := &tally{manifest: m, better: map[string]string{}, byTruth: map[string]bool{}, values: map[key]*value{},
		pairs: map[pair]*moments{},
		ranks: map[key]*moments{}, examples: map[string]Examples{}, curves: curveSums{}, classes: classSums{}}
	for _, name := range m.Models { // those, too, that fail on every picture
		t.answers = append(t.answers, Answers{Model: name})
	}
	for _, name := range m.Metrics {
		if metric, err := metrics.ByName(name); err == nil {
			t.better[name] = metric.Better
			t.byTruth[name] = metric.Needs == metrics.Truth
		}
	}
	return t
}

// add adds the next row. The rows of a picture must follow one another.
func (t *tally) add(r Row) error {
	if len(t.group) > 0 && t.group[0].Index != r.Index {
		t.close()
	}
	t.group = append(t.group, r)
	return nil
}

// close counts the picture whose rows were added last. It must be called after the last row.
func (t *tally) close() {
	rows := t.group
	t.group = nil
	if len(rows) == 0 {
		return
	}
	t.pictures++
	if i := slices.IndexFunc(rows, isFailed); i >= 0 {
		t.failures++
		if len(t.failed) < 100 {
			t.failed = append(t.failed, rows[i])
		}
		if rows = slices.DeleteFunc(rows, isFailed); len(rows) == 0 {
			return
		}
	}
	t.maps += len(rows)
	for i, r := range rows {
		if i == 0 || r.Model != rows[i-1].Model {
			t.answers = addAnswers(t.answers, newAnswers(r))
			if r.hasPrediction() {
				t.keepExtremes(byProbability, []Example{{r.Probability, r}})
			}
		}
	}
	t.countMaps(rows)
	counts := weights(rows[0].Picture)
	targets := byTarget(rows)
	for _, metric := range t.manifest.Metrics {
		for _, of := range targets {
			t.measure(metric, of, counts)
		}
	}
	for _, of := range targets {
		for i, r := range of {
			if i == 0 || r.Model != of[i-1].Model { // all maps of a target have its score
				t.keepExtremes(byScore, []Example{{r.Score, r}})
			}
		}
	}
}

func isFailed(r Row) bool { return r.Error != "" }

// byTarget returns the rows of each target, of all models.
func byTarget(rows []Row) (out [][]Row) {
	places := map[string]int{}
	for _, r := range rows {
		k, ok := places[r.Target]
		if !ok {
			k = len(out)
			places[r.Target], out = k, append(out, nil)
		}
		out[k] = append(out[k], r)
	}
	return out
}

// countMaps counts the curves and looks of the maps of one picture.
func (t *tally) countMaps(rows []Row) {
	var looks [][]uint8
	for _, r := range rows {
		t.layers, t.methods = appendNew(t.layers, r.Layer), appendNew(t.methods, r.Method)
		cell := Cell{r.Model, r.Layer, r.Method}
		values := r.Values()
		looks = append(looks, newLook(values, r.Width, r.Height))
		t.curves.add(cell, r)
		t.classes.add(cell, r, looks[len(looks)-1])
	}
	t.sample.draw(rows, t.manifest.Metrics, looks)
}

// appendNew appends a name to a list unless the list has it.
func appendNew(list []string, name string) []string {
	if slices.Contains(list, name) {
		return list
	}
	return append(list, name)
}

// measure counts one metric of the maps of one picture and target.
func (t *tally) measure(metric string, rows []Row, counts []float64) {
	var cells []Cell
	var values []float64
	var examples []Example
	for _, r := range rows {
		v := r.Metrics[metric]
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		c := Cell{r.Model, r.Layer, r.Method}
		k := key{c, metric}
		if t.values[k] == nil {
			t.values[k] = &value{}
		}
		t.values[k].moments.add(v)
		t.values[k].sample.add(counts, v)
		examples = append(examples, Example{v, r})
		cells, values = append(cells, c), append(values, v)
	}
	t.keepExtremes(metric, examples)
	for i, a := range cells {
		for j, b := range cells {
			if a.compare(b) < 0 {
				p := pair{a, b, metric}
				if t.pairs[p] == nil {
					t.pairs[p] = &moments{}
				}
				t.pairs[p].add(values[i] - values[j])
			}
		}
	}
	if len(cells) == len(rows) && len(cells) > 1 {
		for i, rank := range t.rankAll(metric, values) {
			k := key{cells[i], metric}
			if t.ranks[k] == nil {
				t.ranks[k] = &moments{}
			}
			t.ranks[k].add(rank)
		}
	}
}

// rankAll returns the ranks of values by a metric, 1 for the best. Equal values share their mean rank.
func (t *tally) rankAll(metric string, values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		better, equal := 0, 0
		for _, o := range values {
			switch {
			case o == v:
				equal++
			case (o > v) == (t.better[metric] == "higher"):
				better++
			}
		}
		out[i] = float64(better) + float64(equal+1)/2
	}
	return out
}

// keepExtremes keeps the lowest and the highest of the maps of one picture and target, if they are among the lowest and
// highest of all. So a picture with many maps does not take all places.
func (t *tally) keepExtremes(metric string, all []Example) {
	all = slices.DeleteFunc(all, func(e Example) bool { return math.IsNaN(e.Value) || math.IsInf(e.Value, 0) })
	if len(all) == 0 {
		return
	}
	x := Examples{Lowest: []Example{slices.MinFunc(all, rising)}, Highest: []Example{slices.MinFunc(all, falling)}}
	if t.byTruth[metric] {
		if right := slices.DeleteFunc(all, func(e Example) bool { return !e.Row.Correct }); len(right) > 0 {
			x.Misplaced = []Example{slices.MinFunc(right, t.worstFirst(metric))}
		}
	}
	t.keep(metric, x)
}

// keep keeps those examples of a metric that are among the first of all.
func (t *tally) keep(metric string, more Examples) {
	x := t.examples[metric]
	x.Lowest = insertAll(x.Lowest, more.Lowest, rising)
	x.Highest = insertAll(x.Highest, more.Highest, falling)
	x.Misplaced = insertAll(x.Misplaced, more.Misplaced, t.worstFirst(metric))
	t.examples[metric] = x
}

// worstFirst returns the order in which a metric's worst values come first.
func (t *tally) worstFirst(metric string) func(a, b Example) int {
	if t.better[metric] == "lower" {
		return falling
	}
	return rising
}

// rising is the order of examples by value, and then by picture and cell.
func rising(a, b Example) int {
	return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(a.Row.Index, b.Row.Index),
		Cell{a.Row.Model, a.Row.Layer, a.Row.Method}.compare(Cell{b.Row.Model, b.Row.Layer, b.Row.Method}))
}

// falling is the order of examples by falling value, and then by picture and cell.
func falling(a, b Example) int { return cmp.Or(cmp.Compare(b.Value, a.Value), rising(a, b)) }

// insertAll inserts examples into a list in an order. It keeps the first ones only, and none twice.
func insertAll(all, more []Example, order func(a, b Example) int) []Example {
	for _, e := range more {
		at, there := slices.BinarySearchFunc(all, e, order)
		if there || at >= kept {
			continue
		}
		all = slices.Insert(all, at, e)
		all = all[:min(len(all), kept)]
	}
	return all
}

// cells returns all cells that have a value, in order.
func (t *tally) cells() []Cell {
	seen := map[Cell]bool{}
	var out []Cell
	for k := range t.values {
		if !seen[k.cell] {
			seen[k.cell] = true
			out = append(out, k.cell)
		}
	}
	slices.SortFunc(out, Cell.compare)
	return out
}

// merge adds the sums of another part.
func (t *tally) merge(o *tally) {
	t.pictures, t.maps, t.failures = t.pictures+o.pictures, t.maps+o.maps, t.failures+o.failures
	for _, a := range o.answers {
		t.answers = addAnswers(t.answers, a)
	}
	t.failed = append(t.failed, o.failed...)
	t.failed = t.failed[:min(len(t.failed), 100)]
	for _, name := range o.layers {
		t.layers = appendNew(t.layers, name)
	}
	for _, name := range o.methods {
		t.methods = appendNew(t.methods, name)
	}
	t.curves.merge(o.curves)
	t.classes.merge(o.classes)
	t.sample.merge(o.sample)
	for k, v := range o.values {
		if t.values[k] == nil {
			t.values[k] = &value{sample: bootstrap{make([]float64, draws), make([]float64, draws)}}
		}
		mine := t.values[k]
		mine.moments.merge(v.moments)
		for i := range v.sample.Sum {
			mine.sample.Sum[i] += v.sample.Sum[i]
			mine.sample.Count[i] += v.sample.Count[i]
		}
	}
	for k, m := range o.pairs {
		if t.pairs[k] == nil {
			t.pairs[k] = &moments{}
		}
		t.pairs[k].merge(*m)
	}
	for k, m := range o.ranks {
		if t.ranks[k] == nil {
			t.ranks[k] = &moments{}
		}
		t.ranks[k].merge(*m)
	}
	for metric, x := range o.examples {
		t.keep(metric, x)
	}
}
