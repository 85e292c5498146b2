package heatmap

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Sheet is a table of maps to be compared, such as layers by methods. Like a [Result] it is data only. Results holds
// each map once, and the cells refer to them.
type Sheet struct {
	Title   string    // above the table
	Rows    []string  // titles
	Columns []string  // titles
	Results []*Result // the pictures and maps of the cells
	Cells   [][]Cell  // [row][column]

	// Shared is true if all maps of one unit are drawn on one scale, so that their colours can be compared. Otherwise
	// each map has its own scale.
	Shared bool

	Metrics []string // names in Map.Metrics that are shown below the maps
	Note    string   // how the maps were measured, and what a frame means
}

// Cell is the place of one map on a sheet.
type Cell struct {
	Result, Map int    // Sheet.Results[Result].Maps[Map]
	Empty       string // why there is no map; then Result and Map mean nothing
	Signed      bool   // the signed map is drawn, with a diverging palette
	Framed      bool   // it is the best map of its picture and target, by a clear [Lead]
}

// At returns the map of a cell and the result that it belongs to; nil if the cell is empty.
func (s *Sheet) At(row, column int) (*Result, *Map) {
	c := s.Cells[row][column]
	if c.Empty != "" {
		return nil, nil
	}
	r := s.Results[c.Result]
	return r, r.Maps[c.Map]
}

// Signed returns the map with its negative values: [Map.Evidence], resized to [H, W] of the model's input like the map
// itself.
func (m *Map) Signed() Grid { return m.Evidence().ResizedLike(m.Grid) }

// Evidence returns Raw, less its Mean if the map was made of random masks. Positive values speak for the target,
// negative ones against it.
func (m *Map) Evidence() Grid {
	if m.Sampled == nil {
		return m.Raw
	}
	g := m.Raw
	g.Values = slices.Clone(g.Values)
	for i := range g.Values {
		g.Values[i] -= float32(m.Sampled.Mean)
	}
	return g
}

// Difference returns the map a - b, in the unit of both. Its Raw is signed and has the size [H, W] of the model's
// input. Of what is known of the two maps it keeps only what they share. It returns an error if they differ in unit or
// size.
func Difference(a, b *Map) (*Map, error) {
	switch {
	case a.Unit != b.Unit:
		return nil, fmt.Errorf("maps in %s and in %s have no difference: they are measured in different units",
			cmp.Or(a.Unit, "no unit"), cmp.Or(b.Unit, "no unit"))
	case a.W != b.W || a.H != b.H || a.Slices != b.Slices:
		return nil, fmt.Errorf("maps of %s and of %s pixels have no difference: explain both at one input size",
			a.Size(), b.Size())
	}
	d := Map{Grid: a.Zeros(), Raw: a.Zeros(), Layer: mergeWords(a.Layer, b.Layer),
		Method: mergeWords(a.Method, b.Method), Target: mergeWords(a.Target, b.Target), Class: mergeWords(a.Class, b.Class),
		Index: -1, Score: a.Score - b.Score, Unit: a.Unit}
	for i := range d.Raw.Values {
		d.Raw.Values[i] = a.Values[i] - b.Values[i]
		d.Values[i] = max(d.Raw.Values[i], 0)
	}
	if a.Place == b.Place {
		d.Place = a.Place
	}
	if a.ScoreUnit == b.ScoreUnit {
		d.ScoreUnit = a.ScoreUnit
	}
	if a.Box == b.Box {
		d.Box = a.Box
	}
	if a.Found == b.Found {
		d.Found = a.Found
	}
	if a.Head == b.Head {
		d.Head, d.Top = a.Head, a.Top
	}
	if a.Index == b.Index && a.Rank == b.Rank && sameProbability(a.Probability, b.Probability) { // one class of one model
		d.Index, d.Rank, d.Classes, d.Probability = a.Index, a.Rank, a.Classes, a.Probability
	}
	return &d, nil
}

// sameProbability tells whether two probabilities are the same but for rounding; NaN, of outputs that have none, is
// like NaN.
func sameProbability(a, b float32) bool {
	if a != a || b != b {
		return a != a && b != b
	}
	return math.Abs(float64(a-b)) <= 1e-5
}

// mergeWords returns a if it equals b, or else "a - b".
func mergeWords(a, b string) string {
	if a == b {
		return a
	}
	return a + " - " + b
}
