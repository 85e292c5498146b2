package onnxnorm

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"
)

// ref is a tensor of the rewritten graph: its name and shape.
type ref struct {
	name string
	dims []int
}

func (r ref) ok() bool { return r.name != "" }

// value is a tensor of the original graph, with its form in the rewritten one: a constant, a tensor in the original
// axis order, one with the channels last, or both (one is then a transpose of the other).
type value struct {
	name  string
	dims  []int // in the original axis order
	konst *tensor
	plain ref
	last  ref

	// tail tells that the file itself keeps the channels on the last axis, [b, h, w, c], as ConvNeXt and Swin do
	// between two of their transposes.
	tail bool

	typ protos.TensorProto_DataType // type in the file; a constant has its tensor's

	quant *scaling // for a value that the file keeps as integers; else nil

	field *Field // the part of the picture that a cell depends on; nil if unknown
}

// isSpatial tells whether a shape is that of a picture or a map, whose values are kept channels-last.
func isSpatial(dims []int) bool { return len(dims) == 4 }

// builder collects the nodes of the rewritten graph.
type builder struct {
	ctx        context.Context // of the call that the graph is rewritten in
	opset      int
	keepLayout bool // leave values in the original axis order between operators
	pureGo     bool // the backend runs one operator after another
	vectors    bool // that backend multiplies matrices with vector instructions
	winograds  bool // 3x3 convolutions may use Winograd's form
	whole      bool // see [Options.WholeConvolutions]

	// differentiable is set once a cut is made. From there on gradients are taken, so forms with the right gradient are
	// worth a slower forward pass.
	differentiable bool

	walk    *walk // the walk through the graph whose node is rewritten
	nodes   []*protos.NodeProto
	weights map[string]Weight
	shared  map[string]ref      // constants by content, transposes by operand
	made    map[string]producer // what each transposed tensor was made from
	views   map[string]ref      // the matrix that each tensor is a view of
	truths  map[string]ref      // the condition behind each tensor of 0 and 1
	ratios  map[string]ratio    // what was divided by one number
	count   int

	captured captures

	folding bool             // this is the graph of constants, see [constants]
	shapes  map[string][]int // shapes of that graph's tensors
	batch   int              // number of pictures; 0 for constants

	own       map[string][]int // see [Options.Own]
	ownBatch  int
	rebatched bool // a number of the file was changed to the batch at hand
}

type producer struct {
	from ref
	perm []int
}

func newBuilder(ctx context.Context, opset int, o Options) *builder {
	return &builder{
		ctx: ctx, opset: opset, keepLayout: o.KeepLayout, pureGo: o.PureGo, vectors: o.PureGo && o.Vectors,
		winograds: o.Winograd, whole: o.WholeConvolutions, own: o.Own, ownBatch: o.OwnBatch,
		weights: map[string]Weight{}, shared: map[string]ref{}, made: map[string]producer{}, views: map[string]ref{},
		truths: map[string]ref{}, ratios: map[string]ratio{},
	}
}

// emit adds a node with one output of the given shape. in holds its inputs; a zero ref stands for an optional input
// that is left out.
func (b *builder) emit(op string, dims []int, in []ref, attrs ...*protos.AttributeProto) ref {
	if len(dims) > mostAxes {
		failf("it would make a tensor of %d axes, and %d are supported", len(dims), mostAxes)
	}
	if !isPlausible(dims) {
		failf("it would make a tensor of shape %v", dims)
	}
	b.count++
	out := ref{fmt.Sprintf("%%%s_%d", op, b.count), slices.Clone(dims)}
	b.emitNode(op, in, []ref{out}, attrs...)
	return out
}

func (b *builder) emitNode(op string, in, out []ref, attrs ...*protos.AttributeProto) {
	names := func(rs []ref) []string {
		var s []string
		for _, r := range rs {
			s = append(s, r.name)
		}
		return s
	}
	if len(b.nodes) >= mostNodes {
		failf("the model takes more than %d operations: its windows are too large or its loops too long", mostNodes)
	}
	for _, r := range out {
		if b.folding {
			b.shapes[r.name] = r.dims
		}
	}
	b.nodes = append(b.nodes, &protos.NodeProto{OpType: op, Name: out[0].name, Input: names(in), Output: names(out),
		Attribute: attrs})
}

// mostNodes is how many operations a rewritten graph may have. The largest networks need some ten thousand.
const mostNodes = 1 << 18

// contentKey returns a key that differs between constants.
func contentKey(dims []int, p *protos.TensorProto) string {
	const few = 64
	if len(p.Int64Data)+len(p.FloatData)+len(p.Int32Data) <= few {
		return fmt.Sprint(p.DataType, dims, p.Int64Data, p.FloatData, p.Int32Data)
	}
	h := sha256.New()
	for _, values := range []any{p.Int64Data, p.FloatData, p.Int32Data} {
		_ = binary.Write(h, binary.LittleEndian, values) // writing to a hash cannot fail
	}
	return fmt.Sprintf("%v %v %x", p.DataType, dims, h.Sum(nil))
}

// constant emits a Constant node, and shares it between equal constants. It must be a node and not an initializer: if
// onnx-gomlx needs the values of initializers, it evaluates them one compiled program at a time.
func (b *builder) constant(dims []int, proto *protos.TensorProto) ref {
	key := contentKey(dims, proto)
	if r, ok := b.shared[key]; ok {
		return r
	}
	for _, d := range dims {
		proto.Dims = append(proto.Dims, int64(d))
	}
	r := b.emit("Constant", dims, nil, &protos.AttributeProto{Name: "value", Type: protos.AttributeProto_TENSOR, T: proto})
	b.shared[key] = r
	return r
}

// ints returns a constant vector, for shapes, axes, starts, ends, pads.
func (b *builder) ints(values ...int) ref {
	p := &protos.TensorProto{DataType: int32(protos.TensorProto_INT64)}
	for _, v := range values {
		p.Int64Data = append(p.Int64Data, int64(v))
	}
	return b.constant([]int{len(values)}, p)
}

// scalar returns a constant of rank 0.
func (b *builder) scalar(v float32) ref { return b.floats(nil, []float32{v}) }

// floats returns a small constant.
func (b *builder) floats(dims []int, values []float32) ref {
	return b.constant(dims, &protos.TensorProto{DataType: int32(protos.TensorProto_FLOAT), FloatData: values})
}

// weight declares a graph input that holds a model's weight.
func (b *builder) weight(name string, dims []int, values func() []float32) ref {
	return b.largeWeight(name, dims, copied(values))
}

// largeWeight is like weight, for values that are decoded right to where they stay: a copy of a large weight would be
// much of the memory that a model takes.
func (b *builder) largeWeight(name string, dims []int, fill func(into []float32)) ref {
	if _, ok := b.weights[name]; !ok {
		b.weights[name] = Weight{Dims: dims, Fill: fill}
	}
	return ref{name, dims}
}

// copied returns the function that copies values to where they stay.
func copied(values func() []float32) func(into []float32) {
	return func(into []float32) {
		v := values()
		if len(v) != len(into) {
			panic(fmt.Errorf("a weight has %d values and its shape needs %d", len(v), len(into)))
		}
		copy(into, v)
	}
}

// konst emits a constant of the original graph. It becomes a weight, or a Constant node if it is a single number,
// integers or a result of folding.
func (b *builder) konst(t *tensor) ref {
	switch {
	case t.isInt:
		return b.constant(t.dims, &protos.TensorProto{DataType: int32(protos.TensorProto_INT64), Int64Data: t.ints})
	case t.origin == "" || size(t.dims) == 1 && !t.isPending():
		return b.floats(t.dims, t.floats())
	default:
		return b.largeWeight(t.origin, t.dims, t.fill)
	}
}

// plain returns the value in the original axis order.
func (b *builder) plain(v *value) ref {
	if !v.plain.ok() {
		if v.konst != nil {
			v.plain = b.numeric(v.konst)
		} else {
			v.plain = b.transpose(v.last, inverse(channelsLast(len(v.dims))))
		}
	}
	return v.plain
}

// moveChannelsLast returns the value with its channels moved last: [b, c, h, w] -> [b, h, w, c].
func (b *builder) moveChannelsLast(v *value) ref {
	if !v.last.ok() {
		if v.konst != nil && (!b.folding || !v.plain.ok()) {
			v.last = b.numeric(v.konst.transpose(channelsLast(len(v.dims))))
		} else {
			v.last = b.transpose(v.plain, channelsLast(len(v.dims)))
		}
	}
	return v.last
}

// newFromLast makes a value of an operator's channels-last result.
func (b *builder) newFromLast(r ref) *value {
	v := &value{last: r, dims: permute(r.dims, inverse(channelsLast(len(r.dims))))}
	if b.keepLayout {
		b.plain(v)
		v.last = ref{}
	}
	return v
}

func newFromPlain(r ref) *value { return &value{plain: r, dims: r.dims} }

// isLast tells whether an operator that works on any layout should use the channels-last form of v.
func isLast(v *value) bool { return v.last.ok() && isSpatial(v.dims) }

func (b *builder) transpose(x ref, perm []int) ref {
	if m, ok := b.made[x.name]; ok {
		x, perm = m.from, permute(m.perm, perm)
	}
	if slices.Equal(perm, countUp(len(perm))) {
		return x
	}
	key := fmt.Sprint("transpose ", x.name, perm)
	r, ok := b.shared[key]
	if !ok {
		r = b.emit("Transpose", permute(x.dims, perm), []ref{x}, attrInts("perm", perm))
		b.shared[key] = r
		b.made[r.name] = producer{x, perm}
	}
	return r
}

func (b *builder) reshape(x ref, dims ...int) ref {
	if slices.Equal(x.dims, dims) {
		return x
	}
	return b.emit("Reshape", dims, []ref{x, b.ints(dims...)})
}

// pad adds before and after cells on each axis, filled with the value.
func (b *builder) pad(x ref, before, after []int, fill float32) ref {
	dims := make([]int, len(x.dims))
	pads := false
	for i := range dims {
		dims[i] = x.dims[i] + before[i] + after[i]
		pads = pads || before[i] != 0 || after[i] != 0
	}
	if !pads {
		return x
	}
	return b.emit("Pad", dims, []ref{x, b.ints(append(slices.Clone(before), after...)...), b.scalar(fill)})
}

// slice takes the cells from start to end, exclusive, with a step, on each axis of x.
func (b *builder) slice(x ref, start, end, step []int) ref {
	var s, e, a, k []int
	dims := slices.Clone(x.dims)
	for i := range dims {
		if start[i] == 0 && end[i] == x.dims[i] && step[i] == 1 {
			continue
		}
		s, e, a, k = append(s, start[i]), append(e, end[i]), append(a, i), append(k, step[i])
		dims[i] = (end[i] - start[i] + step[i] - 1) / step[i]
	}
	if len(a) == 0 {
		return x
	}
	return b.emit("Slice", dims, []ref{x, b.ints(s...), b.ints(e...), b.ints(a...), b.ints(k...)})
}

// binary emits an elementwise operator on two operands that broadcast.
func (b *builder) binary(op string, x, y ref) ref {
	return b.applyBroadcast(x, y, func(x, y ref, dims []int) ref { return b.emit(op, dims, []ref{x, y}) })
}

// applyBroadcast returns f(x, y). f must work on each element alone and give results of the shape dims.
func (b *builder) applyBroadcast(x, y ref, f func(x, y ref, dims []int) ref) ref {
	dims, ok := broadcast(x.dims, y.dims)
	if !ok {
		failf("the shapes %v and %v do not broadcast", x.dims, y.dims)
	}
	if mx, my, ok := b.matrices(x, y, dims); ok {
		return b.viewMatrix(b.applyBroadcast(mx, my, f), dims)
	}
	return f(b.expandVector(x, dims), b.expandVector(y, dims), dims)
}

// addTo returns sum + x, or x if there is no sum yet.
func (b *builder) addTo(sum, x ref) ref {
	if !sum.ok() {
		return x
	}
	return b.binary("Add", sum, x)
}

// isVector tells whether x holds one value for each of c channels, on its last axis.
func isVector(x ref, c int) bool {
	return len(x.dims) > 0 && size(x.dims) == c && x.dims[len(x.dims)-1] == c
}

// expandVector prepares a vector v [c] for broadcasting to [..., c]. On pure Go it is written out in full.
func (b *builder) expandVector(v ref, dims []int) ref {
	if !b.pureGo || len(dims) == 0 {
		return v
	}
	c := dims[len(dims)-1]
	rows := size(dims) / max(c, 1)
	if c == 1 || rows == 1 || !isVector(v, c) {
		return v
	}
	return b.broadcastTo(v, dims)
}

func (b *builder) unary(op string, x ref, attrs ...*protos.AttributeProto) ref {
	return b.emit(op, x.dims, []ref{x}, attrs...)
}

// matmul multiplies [..., n, k] by [k, m] or [..., k, m].
func (b *builder) matmul(x, y ref) ref {
	rx, ry := len(x.dims), len(y.dims)
	batch, ok := broadcast(x.dims[:rx-2], y.dims[:ry-2])
	if !ok || x.dims[rx-1] != y.dims[ry-2] {
		failf("MatMul cannot multiply the shapes %v and %v", x.dims, y.dims)
	}
	return b.emit("MatMul", append(batch, x.dims[rx-2], y.dims[ry-1]), []ref{x, y})
}

// linear multiplies the last axis of x by a weight [k, m], as one matrix product.
func (b *builder) linear(x, w ref) ref {
	y := b.matmul(b.matrix(x), w)
	return b.viewMatrix(y, append(slices.Clone(x.dims[:len(x.dims)-1]), w.dims[1]))
}

// bias adds a per-channel constant, if there is one, to a channels-last tensor.
func (b *builder) bias(x ref, v *value) ref {
	if v == nil {
		return x
	}
	return b.binary("Add", x, b.plain(v))
}

func attrInts(name string, values []int) *protos.AttributeProto {
	return &protos.AttributeProto{Name: name, Type: protos.AttributeProto_INTS,
		Ints: convert(values, func(v int) int64 { return int64(v) })}
}

func attrInt(name string, v int) *protos.AttributeProto {
	return &protos.AttributeProto{Name: name, Type: protos.AttributeProto_INT, I: int64(v)}
}

func attrFloat(name string, v float32) *protos.AttributeProto {
	return &protos.AttributeProto{Name: name, Type: protos.AttributeProto_FLOAT, F: v}
}

func attrString(name, v string) *protos.AttributeProto {
	return &protos.AttributeProto{Name: name, Type: protos.AttributeProto_STRING, S: []byte(v)}
}

var negInf = float32(math.Inf(-1))
