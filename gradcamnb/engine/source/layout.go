package source

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// layoutEvidence is what a graph says about the axes of its picture.
type layoutEvidence struct {
	layout   imgio.Layout
	channels int    // channels of the picture that the first convolution reads; 0 if unknown
	by       string // the operator that says so, in words
	batch    int    // the picture's axis that it takes for the batch; -1 if none
}

// layoutOf reads the order of the picture's axes off the graph. It follows the axes from the input, which has the given
// dims (-1 if free), to the first operator that gives them a meaning. It returns false if no operator does.
func layoutOf(m *protos.ModelProto, picture string, dims []int) (layoutEvidence, bool) {
	return layoutFrom(m, picture, tracedAxes{axes: []int{0, 1, 2, 3}, dims: dims, whole: true})
}

// layoutFrom is like [layoutOf], for an input whose axes are the picture's axes that x names.
func layoutFrom(m *protos.ModelProto, picture string, x tracedAxes) (layoutEvidence, bool) {
	f := follower{consts: constantsOf(m.Graph), at: map[string]tracedAxes{picture: x}}
	for _, n := range onnxnorm.SortNodes(m.Graph.Node) {
		if found, ok := f.evidence(n); ok {
			return found, true
		}
		f.follow(n)
	}
	return layoutEvidence{}, false
}

// tracedAxes tells where the axes of a tensor come from.
type tracedAxes struct {
	axes  []int // for each axis of the tensor the picture's axis; -1 if it is none
	dims  []int // -1 if unknown
	whole bool  // no channels were removed or added
}

// mostAxes is more than any tensor has.
const mostAxes = 64

type follower struct {
	consts map[string]*protos.TensorProto
	at     map[string]tracedAxes
}

// constantsOf returns the weights and Constant nodes of a graph.
func constantsOf(g *protos.GraphProto) map[string]*protos.TensorProto {
	out := map[string]*protos.TensorProto{}
	for _, t := range g.Initializer {
		out[t.Name] = t
	}
	for _, n := range g.Node {
		if n.OpType != "Constant" || len(n.Output) == 0 {
			continue
		}
		for _, a := range n.Attribute {
			switch a.Name {
			case "value":
				out[n.Output[0]] = a.T
			case "value_ints":
				out[n.Output[0]] = &protos.TensorProto{DataType: int32(protos.TensorProto_INT64), Dims: []int64{int64(len(a.Ints))},
					Int64Data: a.Ints}
			case "value_int":
				out[n.Output[0]] = &protos.TensorProto{DataType: int32(protos.TensorProto_INT64), Int64Data: []int64{a.I}}
			case "value_float":
				out[n.Output[0]] = &protos.TensorProto{DataType: int32(protos.TensorProto_FLOAT), FloatData: []float32{a.F}}
			}
		}
	}
	return out
}

// inPlanes are the operators that take [batch, channels, height, width].
var inPlanes = map[string]bool{
	"Conv": true, "FusedConv": true, "QLinearConv": true, "ConvInteger": true, "ConvTranspose": true,
	"DeformConv": true, "MaxPool": true, "AveragePool": true, "LpPool": true, "GlobalAveragePool": true,
	"GlobalMaxPool": true, "GlobalLpPool": true, "QLinearAveragePool": true, "QLinearGlobalAveragePool": true,
	"BatchNormalization": true, "InstanceNormalization": true, "LRN": true, "SpaceToDepth": true, "DepthToSpace": true,
	"GridSample": true,
}

// kernelAt tells which input is the kernel, for operators whose kernel has the channels on its second axis.
var kernelAt = map[string]int{"Conv": 1, "FusedConv": 1, "QLinearConv": 3, "ConvInteger": 1, "DeformConv": 1}

// evidence returns what a node says about the picture; false if it says nothing.
func (f follower) evidence(n *protos.NodeProto) (layoutEvidence, bool) {
	if len(n.Input) == 0 {
		return layoutEvidence{}, false
	}
	x, ok := f.at[n.Input[0]]
	if !ok || !canTellAxes(n, len(x.axes)) {
		return layoutEvidence{}, false
	}
	found := layoutEvidence{by: fmt.Sprintf("operator %s, node %q", n.OpType, n.Name), batch: x.axes[0]}
	switch {
	case channelsLast(n):
		last := len(x.axes) - 1
		found.layout, ok = layoutByAxes(x.axes[last], x.axes[1:last])
	case inPlanes[n.OpType]:
		found.layout, ok = layoutByAxes(x.axes[1], x.axes[2:])
		if ok && x.whole {
			found.channels = f.channels(n)
		}
	case n.OpType == "Reshape":
		found.layout, ok = f.split(n, x)
	case n.OpType == "Resize" || n.OpType == "Upsample":
		found.layout, ok = layoutByAxes(-1, f.scaledAxes(n, x))
	case reduces[n.OpType]:
		found.layout, ok = f.layoutOfReduce(n, x)
	default:
		ok = false
	}
	return found, ok
}

// canTellAxes tells whether a node may say what the axes of a tensor of this rank are. The tensor must be a picture,
// or, for operators of planes, a signal, which has one axis less.
func canTellAxes(n *protos.NodeProto, rank int) bool {
	return rank == 4 || n.OpType == "Reshape" && rank > 0 || (rank == 3 || rank == volumeAxes) && inPlanes[n.OpType]
}

// channelsLast tells whether a node is one of onnxruntime's own convolutions with the channels last.
func channelsLast(n *protos.NodeProto) bool {
	return n.OpType == "NhwcConv" || n.OpType == "QLinearConv" && intAttr(n, "channels_last", 0) == 1
}

// layoutByAxes returns the layout in which the axis channel holds the channels and the axes places hold rows and
// columns. -1 stands for an unknown axis.
func layoutByAxes(channel int, places []int) (imgio.Layout, bool) {
	in := slices.Sorted(slices.Values(places))
	switch {
	case channel == 0: // the batch
	case channel == 1 || slices.Equal(in, []int{2, 3}):
		return imgio.ChannelsFirst, true
	case channel == 3 || slices.Equal(in, []int{1, 2}):
		return imgio.ChannelsLast, true
	}
	return "", false
}

// channels returns the number of channels that a convolution reads; 0 if its kernel does not say.
func (f follower) channels(n *protos.NodeProto) int {
	k := f.kernel(n)
	if k == nil {
		return 0
	}
	return int(k.Dims[1]) * intAttr(n, "group", 1)
}

func (f follower) kernel(n *protos.NodeProto) *protos.TensorProto {
	if at, ok := kernelAt[n.OpType]; ok && at < len(n.Input) {
		if k := f.consts[n.Input[at]]; k != nil && len(k.Dims) == 4 {
			return k
		}
	}
	return nil
}

var reduces = map[string]bool{
	"ReduceMean": true, "ReduceMax": true, "ReduceSum": true, "ReduceMin": true, "ReduceL2": true,
}

// layoutOfReduce returns the layout that follows from a mean, sum or the like over two axes. It is taken for a global
// pooling, so the two axes are rows and columns.
func (f follower) layoutOfReduce(n *protos.NodeProto, x tracedAxes) (imgio.Layout, bool) {
	over := givenInts(n, "axes", f.consts)
	if len(over) != 2 {
		return "", false
	}
	return layoutByAxes(-1, []int{x.axes[axisOf(over[0], 4)], x.axes[axisOf(over[1], 4)]})
}

// split returns the layout that follows from a Reshape that cuts two axes into two parts each, as a cut into patches
// does. The two axes are rows and columns.
func (f follower) split(n *protos.NodeProto, x tracedAxes) (imgio.Layout, bool) {
	out := f.shapeOfReshape(n, x)
	if out == nil || len(out) <= len(x.dims) {
		return "", false
	}
	var cut []int
	for _, g := range groups(x.dims, out) {
		if len(g.in) == 1 && len(g.out) >= 2 && x.axes[g.in[0]] >= 0 {
			cut = append(cut, x.axes[g.in[0]])
		}
	}
	if len(cut) != 2 {
		return "", false
	}
	return layoutByAxes(-1, cut)
}

// scaledAxes returns the picture's axes whose length a Resize by constant scales changes.
func (f follower) scaledAxes(n *protos.NodeProto, x tracedAxes) []int {
	at := 2
	if n.OpType == "Upsample" {
		at = 1
	}
	if at >= len(n.Input) || f.consts[n.Input[at]] == nil {
		return nil
	}
	var out []int
	for i, s := range onnxnorm.Floats(f.consts[n.Input[at]]) {
		if s != 1 && i < len(x.axes) {
			out = append(out, x.axes[i])
		}
	}
	return out
}

// keepAxes are the operators whose output has the axes of their first input, besides the elementwise ones.
var keepAxes = map[string]bool{
	"Pad": true, "Slice": true, "Split": true, "Concat": true, "Resize": true, "Upsample": true, "Expand": true,
	"Tile": true, "BatchNormalization": true, "InstanceNormalization": true, "LayerNormalization": true,
	"MeanVarianceNormalization": true, "Softmax": true, "LogSoftmax": true, "CumSum": true,
}

// changesChannels are the operators that may remove or add channels.
var changesChannels = map[string]bool{
	"Pad": true, "Slice": true, "Split": true, "Concat": true, "Gather": true, "GatherND": true, "Expand": true,
	"Tile": true,
}

// follow finds out where the axes of a node's outputs come from.
func (f follower) follow(n *protos.NodeProto) {
	x, at := f.findFirst(n)
	if at < 0 {
		return
	}
	axes, dims, ok := f.followNode(n, x, at)
	if !ok {
		return
	}
	for _, name := range n.Output {
		f.at[name] = tracedAxes{whole: x.whole && !changesChannels[n.OpType], axes: axes, dims: dims}
	}
}

// followNode returns the axes and dims of a node's outputs. x are the axes of the node's input at. ok is false if the
// outputs' are unknown.
func (f follower) followNode(n *protos.NodeProto, x tracedAxes, at int) (axes, dims []int, ok bool) {
	switch {
	case n.OpType == "Transpose":
		return followTranspose(attrInts(n, "perm"), x)
	case n.OpType == "Reshape", n.OpType == "Squeeze", n.OpType == "Unsqueeze":
		return f.followReshape(n, x)
	case n.OpType == "Gather" && at == 0:
		return f.followGather(n, x)
	case n.OpType == "GatherND" && at == 0:
		return f.followGatherND(n, x)
	case keepAxes[n.OpType]:
		return x.axes, slices.Repeat([]int{-1}, len(x.dims)), true
	case onnxnorm.Elementwise(n.OpType):
		return x.axes, x.dims, true
	}
	return nil, nil, false
}

// followTranspose returns the axes and dims after a Transpose.
func followTranspose(perm []int, x tracedAxes) (axes, dims []int, ok bool) {
	if len(perm) != len(x.axes) {
		return nil, nil, false
	}
	for _, p := range perm {
		if p < 0 || p >= len(perm) {
			return nil, nil, false
		}
		axes, dims = append(axes, x.axes[p]), append(dims, x.dims[p])
	}
	return axes, dims, true
}

// followReshape returns the axes and dims after a change of shape, such as a Reshape.
func (f follower) followReshape(n *protos.NodeProto, x tracedAxes) (axes, dims []int, ok bool) {
	if dims = f.shapeOfReshape(n, x); dims == nil {
		return nil, nil, false
	}
	axes = slices.Repeat([]int{-1}, len(dims))
	for _, g := range groups(x.dims, dims) {
		if len(g.in) == 1 && len(g.out) == 1 {
			axes[g.out[0]] = x.axes[g.in[0]]
		}
	}
	if len(dims) > 0 && len(x.dims) > 0 && dims[0] == 1 && x.dims[0] == 1 { // a batch of one stays one
		axes[0] = x.axes[0]
	}
	return axes, dims, true
}

// followGather returns the axes and dims after a Gather by constant indices that have at most one axis.
func (f follower) followGather(n *protos.NodeProto, x tracedAxes) (axes, dims []int, ok bool) {
	if len(n.Input) < 2 || len(x.axes) == 0 {
		return nil, nil, false
	}
	axes, dims = slices.Clone(x.axes), slices.Clone(x.dims)
	at := axisOf(intAttr(n, "axis", 0), len(axes))
	index := f.consts[n.Input[1]]
	switch {
	case index == nil || len(index.Dims) > 1:
		return nil, nil, false
	case len(index.Dims) == 0:
		return slices.Delete(axes, at, at+1), slices.Delete(dims, at, at+1), true
	}
	dims[at] = int(index.Dims[0])
	return axes, dims, true
}

// followGatherND returns the axes and dims after a GatherND by constant numbers of the first axis, as torch's newer
// exporter writes an index of channels.
func (f follower) followGatherND(n *protos.NodeProto, x tracedAxes) (axes, dims []int, ok bool) {
	if len(n.Input) < 2 || len(x.axes) == 0 || intAttr(n, "batch_dims", 0) != 0 {
		return nil, nil, false
	}
	index := f.consts[n.Input[1]]
	if index == nil || len(index.Dims) != 2 || index.Dims[1] != 1 {
		return nil, nil, false
	}
	dims = slices.Clone(x.dims)
	dims[0] = int(index.Dims[0])
	return x.axes, dims, true
}

// axisOf returns an axis as counted from the start. In a damaged file it may lie outside the rank; it is then wrapped
// around.
func axisOf(axis, rank int) int { return onnxnorm.CountFromStart(axis%rank, rank) }

// findFirst returns the input of the node whose axes are known, and its number. If there are several, it is the one
// with the most axes; at is -1 if there is none.
func (f follower) findFirst(n *protos.NodeProto) (x tracedAxes, at int) {
	at = -1
	for i, name := range n.Input {
		if t, ok := f.at[name]; ok && (at < 0 || len(t.axes) > len(x.axes)) {
			x, at = t, i
		}
	}
	return x, at
}

// givenInts returns whole numbers, one an axis, that a node has as its second input, a constant, or as an attribute;
// none if they are more than the axes of any tensor.
func givenInts(n *protos.NodeProto, attr string, consts map[string]*protos.TensorProto) []int {
	out := attrInts(n, attr)
	if len(n.Input) > 1 && consts[n.Input[1]] != nil {
		out = onnxnorm.Ints(consts[n.Input[1]])
	}
	if len(out) > mostAxes {
		return nil
	}
	return out
}

// attrInts returns the whole numbers of an attribute; nil if there are none.
func attrInts(n *protos.NodeProto, name string) []int {
	for _, a := range n.Attribute {
		if a.Name == name {
			var out []int
			for _, v := range a.Ints {
				out = append(out, int(v))
			}
			return out
		}
	}
	return nil
}

// intAttr returns the whole number of an attribute.
func intAttr(n *protos.NodeProto, name string, otherwise int) int {
	for _, a := range n.Attribute {
		if a.Name == name {
			return int(a.I)
		}
	}
	return otherwise
}
