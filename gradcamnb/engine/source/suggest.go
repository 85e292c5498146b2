package source

import (
	"fmt"
	"slices"
)

// suggest marks the layer that Grad-CAM is usually wanted at: the last map at the lowest
// resolution through which all go that was made at that resolution. In a classifier that is
// the last one before the global pooling, in a U-Net the bottleneck, in a transformer that
// answers by its class token the tokens that the last attention reads.
func suggest(layers []Layer) {
	f := newFlow(layers)
	maps := f.lowest(2)
	if len(maps) == 0 { // of one channel, such as deviations in a layer norm, only if there is no other
		maps = f.lowest(1)
	}
	if len(maps) == 0 { // the network is nothing but attention, or a gate
		clear(f.project)
		clear(f.gate)
		maps = f.lowest(1)
	}
	if len(maps) == 0 {
		return
	}
	best := f.joint(maps)
	l := &layers[best]
	l.Suggested = true
	l.Why = fmt.Sprintf("last feature map at the lowest resolution, %d x %d cells", l.Grid[0], l.Grid[1])
	if l.Axes.Flat() && l.Grid[0] > 1 {
		l.Why = fmt.Sprintf("last tokens of patches that reach the answer, %d x %d patches", l.Grid[0], l.Grid[1])
	}
}

// use is how much of a tensor reaches the answer.
type use byte

const (
	unused     use = iota
	extrasOnly     // of tokens those beside the patches alone, such as the class token
	used
)

// flow is what layers do for the answer.
type flow struct {
	*dag
	use     []use
	project []bool // it becomes attention and nothing else: queries, keys, values, weights
	gate    []bool // it multiplies a map and is nothing else
}

func newFlow(layers []Layer) *flow {
	f := &flow{dag: newDAG(layers), use: make([]use, len(layers))}
	for i := len(layers) - 1; i >= 0; i-- {
		if layers[i].Feeds && !slices.ContainsFunc(f.readers[i], func(r int) bool { return layers[r].Feeds }) {
			f.use[i] = used // the answer, which may be made at several places
		}
		for k, name := range layers[i].inputs {
			if in, ok := f.at[name]; ok {
				f.use[in] = max(f.use[in], f.passes(i, k))
			}
		}
	}
	f.project, f.gate = f.projections(), f.gates()
	return f
}

// passes returns how much of its k-th input layer i makes reach the answer.
func (f *flow) passes(i, k int) use {
	l := f.layers[i]
	in := f.layers[f.at[l.inputs[k]]]
	out := f.use[i]
	switch {
	case out == unused || !l.Feeds:
		return unused
	case picks[l.Op] && in.Axes.Flat() && in.Axes.Before+in.Axes.After > 0 && !l.Axes.Places():
		return extrasOnly
	case mixes(l, in, k):
		return used
	case l.Op == "Concat" && out == extrasOnly:
		return joins(in)
	}
	return out
}

// mixes tells whether every row of what a layer makes reads all of an input, its k-th.
func mixes(l, in Layer, k int) bool {
	switch {
	case products[l.Op]:
		return k == 1 || in.Axes.Flat() && in.Axes.H == len(in.Shape)-1
	case l.Op == "Attention" || l.Op == "MultiHeadAttention":
		return k > 0
	}
	return false
}

// joins returns how much of an operand reaches the answer if only tokens beside the patches do of
// what it is joined to.
func joins(in Layer) use {
	switch {
	case !in.Axes.Places():
		return used
	case in.Axes.Flat() && in.Axes.Before+in.Axes.After == 0:
		return unused
	}
	return extrasOnly
}

var picks = map[string]bool{"Slice": true, "Gather": true, "Split": true}

var products = map[string]bool{"MatMul": true, "FusedMatMul": true, "Einsum": true}

// projections returns what attention is made of, from the matrices of its products back to the
// layers that its queries, keys and values are read from.
func (f *flow) projections() []bool {
	out := make([]bool, len(f.layers))
	for i := len(f.layers) - 1; i >= 0; i-- {
		l := f.layers[i]
		if isProduct := products[l.Op] && f.computed(l, 0) && f.computed(l, 1); !isProduct && !out[i] {
			continue
		}
		if out[i] && f.hasWeights(l) { // the projection itself; what it reads is a layer of its own
			continue
		}
		for _, in := range l.inputs {
			if k, ok := f.at[in]; ok && !f.readOtherwise(k, out) {
				out[k] = true
			}
		}
	}
	return out
}

// readOtherwise tells whether something reads a layer that is not attention.
func (f *flow) readOtherwise(k int, attention []bool) bool {
	return slices.ContainsFunc(f.readers[k], func(r int) bool {
		l := f.layers[r]
		return l.Feeds && !attention[r] && (!products[l.Op] || !f.computed(l, 0) || !f.computed(l, 1))
	})
}

func (f *flow) computed(l Layer, k int) bool {
	if k >= len(l.inputs) {
		return false
	}
	_, ok := f.at[l.inputs[k]]
	return ok
}

// hasWeights tells whether a layer is a product with weights.
func (f *flow) hasWeights(l Layer) bool {
	return learns[l.Op] && (!f.computed(l, 0) || !f.computed(l, 1)) && !normalising[l.Op]
}

var normalising = map[string]bool{
	"BatchNormalization": true, "LayerNormalization": true, "InstanceNormalization": true, "GroupNormalization": true,
	"SkipLayerNormalization": true,
}

// gates returns the layers that only become a factor between 0 and 1 of something else.
func (f *flow) gates() []bool {
	out := make([]bool, len(f.layers))
	for i := len(f.layers) - 1; i >= 0; i-- {
		readers := f.readers[i]
		if len(readers) == 0 || !f.layers[i].Feeds {
			continue
		}
		out[i] = !slices.ContainsFunc(readers, func(r int) bool {
			return f.layers[r].Feeds && !out[r] && (f.layers[r].Op != "Mul" || !f.squashed(i))
		})
	}
	return out
}

// squashed tells whether a layer's values lie between 0 and 1 by the operator that made them,
// whatever has changed their number or order since.
func (f *flow) squashed(i int) bool {
	for range len(f.layers) {
		l := f.layers[i]
		switch l.Op {
		case "Sigmoid", "HardSigmoid", "Softmax":
			return true
		case "Reshape", "Squeeze", "Unsqueeze", "Expand", "Resize", "Upsample", "Transpose", "Slice", "Split", "Identity",
			"Cast":
			k, ok := f.at[l.inputs[0]]
			if !ok {
				return false
			}
			i = k
		default:
			return false
		}
	}
	return false
}

// lowest returns the maps of the lowest resolution of more than one cell, with at least so many
// channels.
func (f *flow) lowest(channels int) []int {
	var out []int
	cells := 0
	pooled := f.summaries()
	for i, l := range f.layers {
		n := f.cells(i)
		if n <= 1 || l.Channels < channels || !l.features() || f.use[i] != used || f.project[i] || f.gate[i] || pooled[i] {
			continue
		}
		if cells == 0 || n < cells {
			out, cells = nil, n
		}
		if n == cells {
			out = append(out, i)
		}
	}
	return out
}

// averages are the operators of pooling that have no map of their own.
var averages = map[string]bool{"AveragePool": true, "GlobalAveragePool": true, "ReduceMean": true}

// features tells whether a layer has made features of the picture, which the answer reads.
func (l Layer) features() bool {
	return l.Feeds && l.upright && !l.answer && !averages[l.Op] && !views[l.Op]
}

// views are the operators that hand on what another layer has.
var views = map[string]bool{
	"Slice": true, "Split": true, "Gather": true, "Reshape": true, "Transpose": true, "Squeeze": true,
	"Unsqueeze": true, "Flatten": true, "Identity": true, "Cast": true, "Dropout": true,
}

// summaries returns the means of large parts of a map, such as the pyramid that PSPNet joins to
// it, and what is made of them at that size.
func (f *flow) summaries() []bool {
	out := make([]bool, len(f.layers))
	const small = 4 // cells that an ordinary pool makes one
	for i, l := range f.layers {
		for _, in := range l.inputs {
			k, ok := f.at[in]
			if !ok {
				continue
			}
			from, to := f.cells(k), f.cells(i)
			out[i] = out[i] || to > 0 && (averages[l.Op] && from > small*to || out[k] && from == to)
		}
	}
	return out
}

// joint returns the last of the maps past which nothing goes that an earlier one made, but at a
// higher resolution: where branches meet. Without one it is the last.
func (f *flow) joint(maps []int) int {
	for m := len(maps) - 1; m >= 0; m-- {
		around := f.suggestWithout(maps[m], f.cells(maps[m]))
		if !slices.ContainsFunc(maps[:m], func(i int) bool { return around[i] }) {
			return maps[m]
		}
	}
	return maps[len(maps)-1]
}

func (f *flow) cells(i int) int { return f.layers[i].Grid[0] * f.layers[i].Grid[1] }

// suggestWithout returns the layers whose patches reach the answer when one layer is taken away, and
// all maps of more than so many cells.
func (f *flow) suggestWithout(gone, cells int) []bool {
	reaches := make([]bool, len(f.layers))
	for i := len(f.layers) - 1; i >= 0; i-- {
		if i == gone || f.use[i] != used || f.cells(i) > cells {
			continue
		}
		ends := true
		for _, r := range f.readers[i] {
			if !f.layers[r].Feeds {
				continue
			}
			ends = false
			for k, in := range f.layers[r].inputs {
				if in == f.layers[i].Name && f.passes(r, k) == used {
					reaches[i] = reaches[i] || f.use[r] == extrasOnly || reaches[r]
				}
			}
		}
		reaches[i] = reaches[i] || ends && f.layers[i].Feeds
	}
	return reaches
}
