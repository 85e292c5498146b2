package source

import (
	"fmt"
	"slices"
)

// suggest marks the layer that Grad-CAM is usually taken at. It is a map at the lowest resolution: the last one that
// everything made at that resolution goes through. In a classifier that is the last map before the global pooling, in a
// U-Net the bottleneck, and in a transformer that answers by its class token the tokens that the last attention reads.
func suggest(layers []Layer) {
	f := newFlow(layers)
	maps := f.lowest(2, nil)
	if len(maps) == 0 { // maps of one channel, such as deviations in a layer norm, only if there is no other
		maps = f.lowest(1, nil)
	}
	if len(maps) == 0 { // the network is nothing but attention, or a gate
		clear(f.project)
		clear(f.gate)
		maps = f.lowest(1, nil)
	}
	if len(maps) == 0 {
		return
	}
	best := f.joint(maps)
	if f.readsWhole(best) {
		if whole := f.lowest(1, f.isPart); len(whole) > 0 {
			best = f.joint(whole)
		}
	}
	l := &layers[best]
	l.Suggested = true
	l.Why = fmt.Sprintf("last feature map at the lowest resolution, %s cells", l.size())
	if l.Axes.Flat() && l.Grid[0] > 1 {
		l.Why = fmt.Sprintf("last tokens of patches that reach the answer, %s patches", l.size())
	}
	if did := l.Axes.Margins(); did != "" {
		l.Why += "; before it the model " + did
	}
	if i := f.lostBehind(best); i >= 0 {
		l.Why += "; from " + layers[i].Title() + " on the cells cannot be followed, so no later layer has a map"
	}
	if i := f.beside(best); i >= 0 {
		l.Beside = layers[i].Title()
		l.Why += "; the answer reads " + l.Beside + ", too, which this layer does not see"
	}
}

// use tells how much of a tensor reaches the answer.
type use byte

const (
	unused     use = iota
	extrasOnly     // only tokens that are no patches, such as the class token
	used
)

// flow tells what layers do for the answer.
type flow struct {
	*dag
	use     []use
	project []bool // it only becomes attention: queries, keys, values, weights
	gate    []bool // it only multiplies a map
}

func newFlow(layers []Layer) *flow {
	f := &flow{dag: newDAG(layers), use: make([]use, len(layers))}
	for i := len(layers) - 1; i >= 0; i-- {
		if layers[i].Feeds && !slices.ContainsFunc(f.readers[i], func(r int) bool { return layers[r].Feeds }) {
			f.use[i] = used // it is the answer, which several layers may make together
		}
		for k, name := range layers[i].inputs {
			if in, ok := f.at[name]; ok {
				f.use[in] = max(f.use[in], f.inputUse(i, k))
			}
		}
	}
	f.project, f.gate = f.projections(), f.gates()
	f.markPacked()
	f.markReduced()
	return f
}

// inputUse returns how much of the k-th input of layer i reaches the answer, by what layer i makes of it.
func (f *flow) inputUse(i, k int) use {
	l := f.layers[i]
	in := f.layers[f.at[l.inputs[k]]]
	out := f.use[i]
	switch {
	case out == unused || !l.Feeds:
		return unused
	case picks[l.Op] && in.Axes.Flat() && in.Axes.Before+in.Axes.After > 0 && !l.Axes.Places():
		return extrasOnly
	case mixesRows(l, in, k), l.Op == "Attention" && !f.isComputed(l, 1): // onnxruntime's, which makes all three of one input
		return used
	case l.Op == "Concat" && out == extrasOnly:
		return concatUse(in)
	}
	return out
}

// mixesRows tells whether every row of a layer's output reads all of its k-th input.
func mixesRows(l, in Layer, k int) bool {
	switch {
	case products[l.Op]:
		return k == 1 || in.Axes.Flat() && in.Axes.H == len(in.Shape)-1
	case l.Op == "Attention" || l.Op == "MultiHeadAttention":
		return k > 0
	}
	return false
}

// concatUse returns how much of the operand in of a Concat reaches the answer, if only the tokens of the result that
// are no patches do.
func concatUse(in Layer) use {
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

// projections marks what attention is made of, from the matrices of its products back to the layers that its queries,
// keys and values are read from.
func (f *flow) projections() []bool {
	out := make([]bool, len(f.layers))
	for i := len(f.layers) - 1; i >= 0; i-- {
		l := f.layers[i]
		if isProduct := products[l.Op] && f.isComputed(l, 0) && f.isComputed(l, 1); !isProduct && !out[i] {
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

// markPacked marks as projections what is cut into parts of which some are, such as keys and values in one tensor whose
// keys are read by queries that are weights, or values that a convolution reads, too; and what becomes that alone.
func (f *flow) markPacked() {
	for i := len(f.layers) - 1; i >= 0; i-- {
		all, some := false, false
		for n, r := range f.readers[i] {
			l := f.layers[r]
			part := f.project[r] && !f.hasWeights(l)
			some = some || part && picks[l.Op]
			all = part && (all || n == 0)
		}
		f.project[i] = f.project[i] || some || all
	}
}

// readOtherwise tells whether a layer is read by something that is not attention.
func (f *flow) readOtherwise(k int, attention []bool) bool {
	return slices.ContainsFunc(f.readers[k], func(r int) bool {
		l := f.layers[r]
		return l.Feeds && !attention[r] && (!products[l.Op] || !f.isComputed(l, 0) || !f.isComputed(l, 1))
	})
}

func (f *flow) isComputed(l Layer, k int) bool {
	if k >= len(l.inputs) {
		return false
	}
	_, ok := f.at[l.inputs[k]]
	return ok
}

// hasWeights tells whether a layer is a product with weights.
func (f *flow) hasWeights(l Layer) bool {
	return learners[l.Op] && (!f.isComputed(l, 0) || !f.isComputed(l, 1)) && !normalising[l.Op]
}

var normalising = map[string]bool{
	"BatchNormalization": true, "LayerNormalization": true, "InstanceNormalization": true, "GroupNormalization": true,
	"SkipLayerNormalization": true,
}

// gates marks the layers that only become a factor between 0 and 1 of something else.
func (f *flow) gates() []bool {
	out := make([]bool, len(f.layers))
	for i := len(f.layers) - 1; i >= 0; i-- {
		readers := f.readers[i]
		if len(readers) == 0 || !f.layers[i].Feeds {
			continue
		}
		out[i] = !slices.ContainsFunc(readers, func(r int) bool {
			return f.layers[r].Feeds && !out[r] && (f.layers[r].Op != "Mul" || !f.isSquashed(i))
		})
	}
	return out
}

// isSquashed tells whether the operator that computed a layer's values bounds them to 0..1. Later operators may have
// changed their number or order.
func (f *flow) isSquashed(i int) bool {
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

// lowest returns the maps with the lowest resolution of more than one cell, and with at least so many channels.
// It leaves out those to skip; if skip is nil, none.
func (f *flow) lowest(channels int, skip func(i int) bool) []int {
	var out []int
	cells := 0
	pooled := f.summaries()
	for i, l := range f.layers {
		n := f.cells(i)
		if l.Channels < channels || !f.isMap(i, pooled) || skip != nil && skip(i) {
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

// isMap tells whether a layer is a map of features that reaches the answer, and no part of attention, gate or summary.
func (f *flow) isMap(i int, pooled []bool) bool {
	return f.cells(i) > 1 && f.layers[i].features() && f.use[i] == used && !f.project[i] && !f.gate[i] && !pooled[i]
}

// averages are the pooling operators whose result does not count as a map of its own.
var averages = map[string]bool{"AveragePool": true, "GlobalAveragePool": true, "ReduceMean": true}

// features tells whether a layer holds features of the picture that the answer reads.
func (l Layer) features() bool {
	return l.Feeds && l.upright && !l.answer && !averages[l.Op] && !views[l.Op]
}

// views are the operators that pass on the values of another layer.
var views = map[string]bool{
	"Slice": true, "Split": true, "Gather": true, "Reshape": true, "Transpose": true, "Squeeze": true,
	"Unsqueeze": true, "Flatten": true, "Identity": true, "Cast": true, "Dropout": true,
}

// summaries marks the means of large parts of a map, such as the pyramid that PSPNet joins to it, and what is computed
// from them at the same size. It also marks the maxima of a spatial pyramid.
func (f *flow) summaries() []bool {
	out := make([]bool, len(f.layers))
	const small = 4 // an ordinary pool makes one cell of at most this many
	for i, l := range f.layers {
		for _, in := range l.inputs {
			k, ok := f.at[in]
			if !ok {
				continue
			}
			from, to := f.cells(k), f.cells(i)
			out[i] = out[i] || to > 0 && (averages[l.Op] && from > small*to || out[k] && from == to || f.oneOfPyramid(i, k))
		}
	}
	return out
}

// oneOfPyramid tells whether layer i is the maxima of map k, others read that map beside it, and the maxima become no
// map any more: a level of a pyramid whose cells are listed one after another.
func (f *flow) oneOfPyramid(i, k int) bool {
	feeds := func(r int) bool { return r != i && f.layers[r].Feeds }
	isMap := func(r int) bool { return f.cells(r) > 1 }
	return f.layers[i].Op == "MaxPool" && slices.ContainsFunc(f.readers[k], feeds) && !slices.ContainsFunc(f.readers[i], isMap)
}

// joint returns the last of the maps that everything made by an earlier map goes through, apart from what goes around
// it at a higher resolution. Branches meet there. If there is no such map, it returns the last one.
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

// suggestWithout marks the layers whose patches still reach the answer if the layer gone and all maps of more than
// cells cells are removed.
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
				if in == f.layers[i].Name && f.inputUse(r, k) == used {
					reaches[i] = reaches[i] || f.use[r] == extrasOnly || reaches[r]
				}
			}
		}
		reaches[i] = reaches[i] || ends && f.layers[i].Feeds
	}
	return reaches
}
