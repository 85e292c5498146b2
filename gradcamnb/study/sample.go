package study

import (
	"cmp"
	"hash/fnv"
	"math"
	"slices"

	"github.com/gradcam-go/gradcam/internal/quantile"
)

// kept is how many pictures a sample holds at most.
const kept = 200

// sampled is one picture of the sample, with all its maps.
type sampled struct {
	Hash          uint64 // of its name: the sample is the pictures with the smallest ones, whoever saw them
	Index         int
	Picture       string
	Left, Top     float64 // of what the maps cover
	Right, Bottom float64
	Maps          []sampledMap
}

type sampledMap struct {
	Cell    Cell
	Class   string
	Correct bool
	Values  []float64 // by metric, as the manifest lists them
	Look    []uint8   // nil if there is nothing to see
}

// sample is drawn by the names of the pictures, so parts and machines agree, and samples of parts can be put together.
type sample []sampled

// draw takes the rows of one picture into the sample, if its hash is among the smallest.
func (s *sample) draw(rows []Row, metrics []string, looks [][]uint8) {
	h := fnv.New64a()
	_, _ = h.Write([]byte("sample " + rows[0].Picture)) // never an error
	one := sampled{Hash: mixed(h.Sum64()), Index: rows[0].Index, Picture: rows[0].Picture}
	if len(*s) == kept && one.compare((*s)[kept-1]) > 0 {
		return
	}
	one.Left, one.Top, one.Right, one.Bottom = rows[0].Left, rows[0].Top, rows[0].Right, rows[0].Bottom
	for i, r := range rows {
		m := sampledMap{Cell: Cell{r.Model, r.Layer, r.Method}, Class: className(r), Correct: r.Correct, Look: looks[i]}
		for _, name := range metrics {
			m.Values = append(m.Values, r.Metrics[name])
		}
		one.Maps = append(one.Maps, m)
	}
	s.put(one)
}

// mixed spreads a hash over all bits: FNV's high ones hardly change with the last letters of a name (the finaliser of
// MurmurHash3).
func mixed(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

func (a sampled) compare(b sampled) int {
	return cmp.Or(cmp.Compare(a.Hash, b.Hash), cmp.Compare(a.Index, b.Index))
}

func (s *sample) put(one sampled) {
	at, there := slices.BinarySearchFunc(*s, one, sampled.compare)
	if !there {
		*s = slices.Insert(*s, at, one)
		*s = (*s)[:min(len(*s), kept)]
	}
}

func (s *sample) merge(o sample) {
	for _, one := range o {
		s.put(one)
	}
}

// Box is the spread of a metric over the maps of one cell: the quartiles, and the farthest values that lie within one
// and a half of their distance from them (Tukey 1977, "Exploratory Data Analysis").
type Box struct {
	Cell                        Cell      // the method and layer
	Metric                      string    // whose values these are
	N                           int       // maps, of the study's sample
	Low, Q1, Median, Q3, Upmost float64   // lower whisker, quartiles and upper whisker
	Outside                     []float64 // values beyond Low and Upmost
}

// boxes are those of every metric and cell, in these orders.
func (s sample) boxes(metrics []string, cells []Cell) []Box {
	var out []Box
	for k, metric := range metrics {
		values := map[Cell][]float64{}
		for _, one := range s {
			for _, m := range one.Maps {
				if v := m.Values[k]; !math.IsNaN(v) && !math.IsInf(v, 0) {
					values[m.Cell] = append(values[m.Cell], v)
				}
			}
		}
		for _, cell := range cells {
			if of := values[cell]; len(of) > 0 {
				out = append(out, newBox(cell, metric, of))
			}
		}
	}
	return out
}

func newBox(cell Cell, metric string, values []float64) Box {
	slices.Sort(values)
	b := Box{Cell: cell, Metric: metric, N: len(values),
		Q1: quantile.Interpolate(values, 0.25), Median: quantile.Interpolate(values, 0.5),
		Q3: quantile.Interpolate(values, 0.75)}
	reach := 1.5 * (b.Q3 - b.Q1)
	b.Low, b.Upmost = b.Q1, b.Q3
	for _, v := range values {
		if v < b.Q1-reach || v > b.Q3+reach {
			b.Outside = append(b.Outside, v)
			continue
		}
		b.Low, b.Upmost = min(b.Low, v), max(b.Upmost, v)
	}
	return b
}
