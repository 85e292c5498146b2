package walk

import (
	"cmp"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/places"
)

// tracer finds out what every axis stands for, from the picture on.
type tracer struct {
	of map[*Node]axes // axes of the nodes that depend on the picture
}

// traces maps the operators whose axes are not those of their first input to the function that finds them.
var traces map[NodeType]func(t tracer, n *Node, dims []int) axes

func init() {
	traces = map[NodeType]func(t tracer, n *Node, dims []int) axes{
		NodeTypeConvGeneral: tracer.convolution, NodeTypeReshape: tracer.reshape, NodeTypeDynamicReshape: tracer.reshape,
		NodeTypeTranspose: tracer.transpose, NodeTypeBroadcastInDim: tracer.broadcast, NodeTypeDotGeneral: tracer.product,
		NodeTypeConcatenate: tracer.concatenate, NodeTypeSlice: tracer.slice, NodeTypeGather: tracer.gather,
		NodeTypeReduceSum: tracer.reduce, NodeTypeReduceMax: tracer.reduce, NodeTypeReduceMin: tracer.reduce,
		NodeTypeReduceProduct: tracer.reduce,
		NodeTypeReduceWindow:  tracer.pool, NodeTypeDynamicSlice: tracer.dynamicSlice,
		NodeTypeReverse: tracer.reverse, NodeTypePad: tracer.pad,
		NodeTypeArgMinMax: tracer.forget, NodeTypeScatterSum: tracer.forget, NodeTypeFFT: tracer.forget,
	}
	for t := range scrambles {
		traces[t] = tracer.scramble
	}
}

// add finds the axes of a node from those of its inputs.
func (t tracer) add(n *Node) {
	dims := n.Shape().Dimensions
	if trace, ok := traces[n.Type()]; ok {
		t.of[n] = trace(t, n, dims)
		return
	}
	t.of[n] = t.elementwise(n, dims)
}

func (t tracer) forget(_ *Node, dims []int) axes { return unknown(dims) }

// scramble keeps only the axis of pictures. Nobody must take the others for rows and columns because of their lengths.
func (t tracer) scramble(_ *Node, dims []int) axes {
	out := unknown(dims)
	if len(out) > 0 {
		out[0] = plainAxis(batch, dims[0])
	}
	return out
}

// elementwise takes every axis from an input that knows it, and prefers an input that is a map: a gate may have been
// broadcast by a product, which knows nothing about cells. Pooling and padding only change lengths.
func (t tracer) elementwise(n *Node, dims []int) axes {
	out := unknown(dims)
	inputs := slices.Clone(n.Inputs())
	slices.SortStableFunc(inputs, func(a, b *Node) int {
		return cmp.Compare(t.of[b].layout().Rows, t.of[a].layout().Rows)
	})
	for _, in := range inputs {
		from := t.of[in]
		if len(from) != len(dims) {
			continue
		}
		for i, x := range from {
			same := x.size() == dims[i]
			switch {
			case !x.isKnown() || !same && x.size() <= 1:
			case !out[i].isKnown():
				out[i] = x.resize(dims[i])
			case same && x.soleKind() == out[i].soleKind():
				out[i] = out[i].align(x)
			}
		}
	}
	return out
}

// convolution takes the axes from the operator's own description. What its spatial axes hold, its input tells.
func (t tracer) convolution(n *Node, dims []int) axes {
	c, from := ConvolutionOf(n), t.of[n.Inputs()[0]]
	out := unknown(dims)
	out[c.Axes.OutputBatch] = plainAxis(batch, dims[c.Axes.OutputBatch])
	if from != nil && from[c.Axes.InputBatch].isKnown() && c.BatchGroups == 1 {
		out[c.Axes.OutputBatch] = from[c.Axes.InputBatch]
	}
	out[c.Axes.OutputChannels] = plainAxis(channels, dims[c.Axes.OutputChannels])
	spatial := spatialKinds(from, c.Axes.InputSpatial)
	for i, a := range c.Axes.OutputSpatial {
		out[a] = plainAxis(spatial[i], dims[a])
		if from != nil && from[c.Axes.InputSpatial[i]].soleKind() == spatial[i] {
			out[a] = windowed(from[c.Axes.InputSpatial[i]], dims[a], c.InputDilations[i], places.Window{
				Stride: c.Strides[i], Pad: c.Paddings[i][0],
				Length: (n.Inputs()[1].Shape().Dim(c.Axes.KernelSpatial[i])-1)*c.KernelDilations[i] + 1})
		}
	}
	return out
}

// spatialKinds returns what the axes hold that a convolution slides over. If its input does not tell, two are rows and
// columns. If one holds something else, such as channels, or rows beside columns, none is known.
func spatialKinds(from axes, at []int) []kind {
	kinds, told := make([]kind, len(at)), from != nil
	for i, a := range at {
		switch {
		case from == nil:
		case from[a].isPlane() && !slices.Contains(kinds[:i], from[a].soleKind()):
			kinds[i] = from[a].soleKind()
		case from[a].isPlane() || from[a].isElse():
			return make([]kind, len(at))
		default:
			told = false
		}
	}
	if !told && len(at) == 2 {
		return []kind{height, width}
	}
	if !told {
		return make([]kind, len(at))
	}
	return kinds
}

// isElse tells whether the axis cannot be rows or columns: it holds channels, pictures, slices times rows, or tokens of
// which some are no cells.
func (a axis) isElse() bool {
	return a.soleKind() == channels || a.isBatch() || a.slices() > 0 || a[0].of != nil
}

// windowed returns the axis behind size windows. With an input dilation they are those of a transposed convolution.
func windowed(a axis, size, dilation int, w places.Window) axis {
	if dilation > 1 {
		return a.spread(size, dilation)
	}
	return a.slide(size, w)
}

// pool keeps the axes of its input, whose rows and columns it slides over.
func (t tracer) pool(n *Node, dims []int) axes {
	from, out := t.of[n.Inputs()[0]], t.elementwise(n, dims)
	w := WindowOf(n)
	for i, x := range from {
		if x.isPlane() {
			out[i] = windowed(x, dims[i], w.InputDilations[i], places.Window{Stride: w.Strides[i], Pad: w.Paddings[i][0],
				Length: (w.Size[i]-1)*w.WindowDilations[i] + 1})
		}
	}
	return out
}

func (t tracer) reshape(n *Node, dims []int) axes {
	from := t.of[n.Inputs()[0]]
	if from == nil {
		return unknown(dims)
	}
	return from.regroup(dims)
}

func (t tracer) transpose(n *Node, dims []int) axes {
	from := t.of[n.Inputs()[0]]
	if from == nil {
		return unknown(dims)
	}
	var out axes
	for _, a := range numbers(n, "permutation") {
		out = append(out, from[a])
	}
	return out
}

func (t tracer) broadcast(n *Node, dims []int) axes {
	out := unknown(dims)
	from := t.of[n.Inputs()[0]]
	for i, a := range numbers(n, "broadcastAxes") {
		if from != nil && from[i].size() == dims[a] {
			out[a] = from[i]
		}
	}
	return out
}

// product puts the batch axes first, then the remaining axes of the left side and of the right. A matrix of weights
// brings channels.
func (t tracer) product(n *Node, dims []int) axes {
	var out axes
	side := func(in *Node, names ...string) (free axes, shared axes) {
		from := t.of[in]
		if from == nil {
			for _, d := range in.Shape().Dimensions {
				from = append(from, plainAxis(channels, d))
			}
		}
		contracted, batched := numbers(n, names[0]), numbers(n, names[1])
		for i, x := range from {
			if !slices.Contains(contracted, i) && !slices.Contains(batched, i) {
				free = append(free, x)
			}
		}
		for _, i := range batched {
			shared = append(shared, from[i])
		}
		return free, shared
	}
	left, leftShared := side(n.Inputs()[0], "lhsContractingAxes", "lhsBatchAxes")
	right, rightShared := side(n.Inputs()[1], "rhsContractingAxes", "rhsBatchAxes")
	out = leftShared
	if t.of[n.Inputs()[0]] == nil {
		out = rightShared
	}
	out = append(append(slices.Clone(out), left...), right...)
	if len(out) != len(dims) {
		return unknown(dims)
	}
	return out
}

// concatenate joins channels to channels and rows to rows. What does not depend on the picture, such as a class token,
// becomes tokens before or after the cells.
func (t tracer) concatenate(n *Node, dims []int) axes {
	at := number(n, "axis")
	out := t.elementwise(n, dims)
	var joined axis
	before, after := 0, 0
	for _, in := range n.Inputs() {
		from := t.of[in]
		size := in.Shape().Dim(at)
		known := from != nil && from[at].isKnown()
		switch {
		case known && joined == nil:
			joined = from[at]
		case known && joined.soleKind() != other && from[at].soleKind() == joined.soleKind():
			joined = joined.append(from[at])
		case joined == nil:
			before += size
		default:
			after += size
		}
	}
	if joined == nil {
		out[at] = plainAxis(other, dims[at])
		return out
	}
	s := joined.sequence()
	out[at] = sequenceAxis(s.cells, before+s.before, after+s.after)
	return out
}

// slice leaves the kind of an axis that is cut. Rows or columns that are cut off lie beyond the map, but for those that
// windows have added. It removes tokens before or after the cells.
func (t tracer) slice(n *Node, dims []int) axes {
	from := t.of[n.Inputs()[0]]
	if from == nil {
		return unknown(dims)
	}
	starts, limits := numbers(n, "starts"), numbers(n, "limits")
	strides := defaultOnes(numbers(n, "strides"), len(dims))
	out := slices.Clone(from)
	for i, x := range from {
		switch {
		case dims[i] == x.size():
		case x.isPlane():
			out[i] = piece{wholeAlong(n.Inputs()[0], i), x, starts[i], limits[i], strides[i]}.cut(dims[i])
		default:
			out[i] = x.cut(starts[i], limits[i], dims[i])
		}
	}
	return out
}

// wholeAlong returns the node that a node was cut from along other axes than the one given; the node itself if it was
// not.
func wholeAlong(n *Node, axis int) *Node {
	for n.Type() == NodeTypeSlice && n.Inputs()[0].Shape().Dim(axis) == n.Shape().Dim(axis) {
		n = n.Inputs()[0]
	}
	return n
}

// dynamicSlice keeps the axes that are whole. Where a part of the rows or columns lies, the values of the network tell.
func (t tracer) dynamicSlice(n *Node, dims []int) axes {
	from, out := t.of[n.Inputs()[0]], unknown(dims)
	for i, x := range from {
		switch {
		case dims[i] == x.size():
			out[i] = x
		case x.isPlane():
			out[i] = x.resize(dims[i]).move()
		}
	}
	return out
}

// cut returns the axis from start to limit, of which size are taken: next to each other, or at even steps.
func (a axis) cut(start, limit, size int) axis {
	s := a.sequence()
	_, columns := a.grid()
	first, end := s.before, s.before+s.cells.size()
	adjacent := size == limit-start
	switch {
	case s.before+s.after == 0 && len(a.kinds()) == 1:
		return a.resize(size)
	case len(a) == 2 && columns > 0 && adjacent && start%columns == 0 && size%columns == 0: // whole rows
		return append(axis{a[0]}.crop(start/columns, (a.size()-limit)/columns, size/columns), a[1])
	case adjacent && start <= first && limit >= end:
		return sequenceAxis(s.cells, first-start, limit-end)
	}
	return plainAxis(other, size)
}

// pad adds rows or columns at the ends.
func (t tracer) pad(n *Node, dims []int) axes {
	from, out := t.of[n.Inputs()[0]], t.elementwise(n, dims)
	for i, ends := range paddingOf(n) {
		if from != nil && from[i].isPlane() && dims[i] == from[i].size()+ends[0]+ends[1] {
			out[i] = from[i].crop(-ends[0], -ends[1], dims[i])
			out[i][0].from = &piece{nil, from[i], -ends[0], from[i].size() + ends[1], 1}
		}
	}
	return out
}

// reverse turns rows or columns round, so that they no longer lie where they lay.
func (t tracer) reverse(n *Node, dims []int) axes {
	out := t.elementwise(n, dims)
	for _, i := range numbers(n, "axes") {
		if out[i].isKnown() && out[i].soleKind() != channels && out[i].soleKind() != batch {
			s := out[i].sequence()
			out[i] = sequenceAxis(s.cells, s.after, s.before).move()
		}
	}
	return out
}

func (t tracer) reduce(n *Node, dims []int) axes {
	from := t.of[n.Inputs()[0]]
	if from == nil {
		return unknown(dims)
	}
	gone := ReducedAxes(n)
	var out axes
	for i, x := range from {
		if !slices.Contains(gone, i) {
			out = append(out, x)
		}
	}
	if len(out) != len(dims) {
		return unknown(dims)
	}
	return out
}
