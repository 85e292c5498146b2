package study

import (
	"cmp"
	"hash/fnv"
	"math"
	"slices"

	"github.com/gradcam-go/gradcam/internal/quantile"
)

// mostSampled is the most pictures that a sample holds.
const mostSampled = 200

// sampledPicture is one picture of the sample, with all its maps.
type sampledPicture struct {
	Hash          uint64 // of its name: the pictures with the smallest hashes make the sample, on every machine
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

// sample is a random choice of the study's pictures. It is drawn by their names, so all machines draw the same one, and
// the samples of parts can be put together.
type sample []sampledPicture

// draw adds the rows of one picture to the sample if its hash is among the smallest.
func (s *sample) draw(rows []Row, metrics []string, looks [][]uint8) {
	h := fnv.New64a()
	_, _ = h.Write([]byte("sample " + rows[0].Picture)) // never an error
	one := sampledPicture{Hash: mixHash(h.Sum64()), Index: rows[0].Index, Picture: rows[0].Picture}
	if len(*s) == mostSampled && one.compare((*s)[mostSampled-1]) > 0 {
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

// mixHash spreads a hash over all bits with the finaliser of MurmurHash3. FNV's high bits hardly change with the last
// letters of a name.
func mixHash(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

func (a sampledPicture) compare(b sampledPicture) int {
	return cmp.Or(cmp.Compare(a.Hash, b.Hash), cmp.Compare(a.Index, b.Index))
}

func (s *sample) put(one sampledPicture) {
	at, there := slices.BinarySearchFunc(*s, one, sampledPicture.compare)
	if !there {
		*s = slices.Insert(*s, at, one)
		*s = (*s)[:min(len(*s), mostSampled)]
	}
}

func (s *sample) merge(o sample) {
	for _, one := range o {
		s.put(one)
	}
}

// Box is the spread of a metric over the maps of one cell, as a box plot shows it (Tukey 1977, "Exploratory Data
// Analysis"). The whiskers end at the farthest values that lie within 1.5 x (Q3 - Q1) of the quartiles.
type Box struct {
	Cell                        Cell      // the method and layer
	Metric                      string    // whose values these are
	N                           int       // maps, of the study's sample
	Low, Q1, Median, Q3, Upmost float64   // lower whisker, quartiles and upper whisker
	Outside                     []float64 // values beyond Low and Upmost
}

// boxes returns the box of every metric and cell, in the order of the metrics, then of the cells.
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
