package source

import "math"

// This file looks for maps that reach the answer beside the suggested one, as if two networks looked at a picture, or
// each at a part of it.

// readsWhole tells whether the answer reads the whole picture around layer best, which sees only a part of it.
func (f *flow) readsWhole(best int) bool {
	if !f.isPart(best) {
		return false
	}
	for i, reaches := range f.parallel(best) {
		if reaches && !f.isPart(i) {
			return true
		}
	}
	return false
}

// isPart tells whether a layer's map is one of a part of the picture.
func (f *flow) isPart(i int) bool {
	for _, lost := range f.layers[i].Axes.Beyond {
		if lost[0] > 0 || lost[1] > 0 {
			return true
		}
	}
	return false
}

// beside returns the last map that the answer reads beside layer best: one of no higher resolution, or one that has
// nothing but the picture in common with it. It returns -1 if there is none.
func (f *flow) beside(best int) int {
	parallel, above := f.parallel(best), f.ancestors(best)
	pooled := f.summaries()
	for i := len(f.layers) - 1; i >= 0; i-- {
		if !parallel[i] || !f.isMap(i, pooled) {
			continue
		}
		shared := false
		for k, is := range f.ancestors(i) {
			shared = shared || is && above[k] && learners[f.layers[k].Op]
		}
		if !shared || f.cells(i) <= f.cells(best) {
			return i
		}
	}
	return -1
}

// lostBehind returns the first layer with weights behind layer best whose cells cannot be followed, as after they were
// put in an order of the network's own, and behind which there is no map any more; -1 if there is none.
func (f *flow) lostBehind(best int) int {
	const few = 4 // fewer are no cells
	for i, is := range f.descendants(best) {
		l := f.layers[i]
		if !is || l.lost < few || l.Spatial() || f.use[i] != used || f.project[i] || f.gate[i] || !learners[l.Op] {
			continue
		}
		again := false
		for k, reads := range f.descendants(i) {
			again = again || reads && f.cells(k) > 1 && f.layers[k].features()
		}
		if !again {
			return i
		}
	}
	return -1
}

// parallel marks the maps that reach the answer around a layer and that it neither reads nor is read by.
func (f *flow) parallel(of int) []bool {
	out := f.suggestWithout(of, math.MaxInt)
	above, below := f.ancestors(of), f.descendants(of)
	for i := range out {
		out[i] = out[i] && !above[i] && !below[i] && f.cells(i) > 1 && f.layers[i].features()
	}
	return out
}

// ancestors marks the layers that a layer reads, at first or second hand, and the layer itself.
func (f *flow) ancestors(of int) []bool {
	out := make([]bool, len(f.layers))
	out[of] = true
	for i := of; i >= 0; i-- {
		if !out[i] {
			continue
		}
		for _, in := range f.layers[i].inputs {
			if k, ok := f.at[in]; ok {
				out[k] = true
			}
		}
	}
	return out
}

// descendants marks the layers that read a layer, at first or second hand, and the layer itself.
func (f *flow) descendants(of int) []bool {
	out := make([]bool, len(f.layers))
	out[of] = true
	for i := of; i < len(f.layers); i++ {
		if !out[i] {
			continue
		}
		for _, r := range f.readers[i] {
			out[r] = true
		}
	}
	return out
}
