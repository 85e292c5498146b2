package walk

import (
	"maps"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// dropInner returns the places without those within a norm: what remains after the mean is subtracted and before it
// is scaled by weights, and what lies between two scales of one norm.
func (w *Walk) dropInner(nodes []*Node) []*Place {
	consumers := w.consumers(nodes)
	inner := map[*Place]bool{}
	for _, p := range w.Places {
		if within := consumers[p]; p.form == single && p.normalises() && len(within) > 0 && within[0].scales() &&
			!slices.ContainsFunc(within, func(c *Place) bool { return c != within[0] }) {
			inner[p] = true
			within[0].From = p.From
			within[0].ops[NodeTypeReduceSum] = true
		}
	}
	for _, p := range w.Places {
		f, first := p.innerPlaces()
		if first != nil && len(consumers[f]) == 1 && len(consumers[first]) == 1 {
			inner[f], inner[first] = true, true
			p.From, p.enter = first.From, first.enter
			maps.Copy(p.reads, first.reads)
		}
	}
	return slices.DeleteFunc(w.Places, func(p *Place) bool { return inner[p] })
}

// consumers returns, for each place, the places whose nodes read one of its nodes.
func (w *Walk) consumers(nodes []*Node) map[*Place][]*Place {
	out := map[*Place][]*Place{}
	for _, n := range nodes {
		for _, in := range n.Inputs() {
			if p := w.home[in]; p != nil && w.home[n] != nil && w.home[n] != p {
				out[p] = append(out[p], w.home[n])
			}
		}
	}
	return out
}

// scales tells whether a place only scales or shifts by its weights.
func (p *Place) scales() bool {
	return p.form == module && !p.ops[NodeTypeConvGeneral] && !p.ops[NodeTypeDotGeneral]
}

// innerPlaces returns the two inner places of a module g f(a x) + b, where a is one number, such as GoMLX's dynamic
// tanh: the function f and the scale a x. It returns nil for any other place.
func (p *Place) innerPlaces() (f, first *Place) {
	plain := func(p *Place) bool {
		return p.form == module && !p.ops[NodeTypeConvGeneral] && !p.ops[NodeTypeDotGeneral]
	}
	if !plain(p) || len(p.From) != 1 || p.From[0].form != single || len(p.From[0].From) != 1 {
		return nil, nil
	}
	f = p.From[0]
	if first = f.From[0]; !first.scales() || first.scope != p.scope || first.last != NodeTypeMul {
		return nil, nil
	}
	for _, in := range first.Node.Inputs() {
		if in != first.enter && skipNeutral(in).Shape().Size() == 1 {
			return f, first
		}
	}
	return nil, nil
}

// normalises tells whether a function subtracts a mean or divides by a deviation.
func (p *Place) normalises() bool {
	return p.ops[NodeTypeSub] || p.ops[NodeTypeSqrt] || p.ops[NodeTypeRsqrt]
}
