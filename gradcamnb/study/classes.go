package study

import (
	"cmp"
	"slices"
)

// ClassMean says where the maps of one class lie: it is the mean of their positive parts, each of which adds up to 1.
type ClassMean struct {
	Cell  Cell      // the method and layer
	Class string    // that the maps explain
	N     int       // maps
	Mean  []float64 // share of the map in each of 12 x 12 equal parts of what it covers, row by row
	Where string    // in words: the ninth of the picture with the largest share
}

type classKey struct {
	Cell  Cell
	Class string
}

// classSum is the sum of the normalised looks of a class.
type classSum struct {
	N   int
	Sum []float64
}

type classSums map[classKey]*classSum

func (s classSums) add(cell Cell, r Row, look []uint8) {
	if look != nil {
		s.join(classKey{cell, className(r)}, classSum{1, normalise(look)})
	}
}

func (s classSums) join(k classKey, o classSum) {
	mine := s[k]
	if mine == nil {
		mine = &classSum{Sum: make([]float64, len(o.Sum))}
		s[k] = mine
	}
	mine.N += o.N
	for i, v := range o.Sum {
		mine.Sum[i] += v
	}
}

func (s classSums) merge(o classSums) {
	for k, v := range o {
		s.join(k, *v)
	}
}

// means returns the mean map of every class and cell. The class with the most maps comes first.
func (s classSums) means() []ClassMean {
	total := map[string]int{}
	var out []ClassMean
	for k, v := range s {
		total[k.Class] += v.N
		m := ClassMean{Cell: k.Cell, Class: k.Class, N: v.N}
		for _, sum := range v.Sum {
			m.Mean = append(m.Mean, sum/float64(v.N))
		}
		m.Where = describePlace(m.Mean)
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b ClassMean) int {
		return cmp.Or(cmp.Compare(total[b.Class], total[a.Class]), cmp.Compare(a.Class, b.Class), a.Cell.compare(b.Cell))
	})
	return out
}
