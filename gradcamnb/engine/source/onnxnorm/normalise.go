package onnxnorm

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"
)

// Weight is a model weight, in the order that the rewritten graph needs.
type Weight struct {
	Dims []int                // shape
	Fill func(into []float32) // decodes and reorders all values, which takes time, so call it once
}

// Values returns the values in memory of their own.
func (w Weight) Values() []float32 {
	out := make([]float32, size(w.Dims))
	w.Fill(out)
	return out
}

// Tensor is a tensor of the original graph.
type Tensor struct {
	Name string // name in the original graph
	Op   string // operator of the node that makes it
	Node string // name of that node
	Dims []int  // shape in the original axis order

	Constant bool // it does not depend on the input

	// Rewritten is the tensor's name in the rewritten graph; empty for a constant. If ChannelsLast is set, the tensor
	// is stored there as [b, h, w, c] and not as the [b, c, h, w] of Dims.
	Rewritten    string
	ChannelsLast bool // it lies [batch, h, w, channels] there

	// Bias returns what the node adds to every channel of its output: a convolution's bias or a batch norm's shift. It
	// is nil for any other node.
	Bias func() []float32

	// Tail tells that the file itself keeps the channels last here: Dims are [b, h, w, c].
	Tail bool

	Field *Field // receptive field of its cells; nil if unknown

	Scopes []string // module path, if the exporter wrote one: "layer4", "layer4.2", ...
	Inputs []string // tensors that the node reads

	Made  *protos.NodeProto // the node that makes it
	Ints  []int             // the values of a small constant of whole numbers
	Reals []float32         // the values of a constant of a few real numbers, such as a region
}

// Graph is a rewritten model.
type Graph struct {
	Proto       *protos.ModelProto // its inputs are the model's own and the weights
	Input       string             // name of the picture's input
	OtherInputs map[string][]int   // other inputs of the model that are inputs of the rewritten graph, with their shapes
	Outputs     []string           // names of the outputs in the original graph
	Weights     map[string]Weight  // by the name of the rewritten graph's input
	Tensors     []Tensor           // tensors of the original graph, in its order

	Given map[string]Tensor // weights and inputs of the original graph, by name
	Left  map[string]error  // tensors of the original graph that could not be rewritten and were not needed, and why

	Rebatched bool               // numbers of the file were changed to the batch at hand, see [Options]
	constants map[string]*tensor // outputs that do not depend on the picture
}

// Normalise rewrites the model's graph for an input of the given shape. It stops between two nodes when ctx ends.
//
// Errors name the operator, the node and its module.
func Normalise(ctx context.Context, m *protos.ModelProto, input []int, o Options) (*Graph, error) {
	g := m.GetGraph()
	if g == nil || len(g.Node) == 0 {
		return nil, errors.New("the ONNX file holds no graph: it is not a model, or it is damaged")
	}
	w := newWalk(ctx, m, input, o)
	if err := w.b.captured.findAll(g.Node); err != nil {
		return nil, err
	}
	name, others, err := w.inputs(m, input, o)
	if err != nil {
		return nil, err
	}
	out := &Graph{Input: name, OtherInputs: map[string][]int{}, Weights: w.b.weights, constants: map[string]*tensor{}}
	for _, r := range others {
		out.OtherInputs[r.name] = r.dims
	}
	out.Given = w.listGiven()
	need := findNeeds(g, o, &w.b.captured)
	out.Left = need.left
	for _, p := range SortNodes(g.Node) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		err := need.skipReason(p)
		var tensors []Tensor
		if err == nil {
			tensors, err = w.node(p)
		}
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err := need.skipFailed(p, err); err != nil {
				return nil, err
			}
			continue
		}
		out.Tensors = append(out.Tensors, tensors...)
	}
	if err := w.outputs(g, need, out); err != nil {
		return nil, err
	}
	if w.constants != nil {
		w.constants.listed = true
	}
	out.Rebatched = w.b.rebatched
	out.Proto = w.b.proto(m, append([]ref{{name, input}}, others...))
	return out, nil
}

// outputs sets the outputs of the graph, those that are left out, too.
func (w *walk) outputs(g *protos.GraphProto, need needs, out *Graph) error {
	for _, v := range g.Output {
		if err := w.sequenceOutput(v.Name); err != nil {
			if need.nodes == nil {
				return err
			}
			need.left[v.Name] = err
		}
		out.Outputs = append(out.Outputs, v.Name)
		if need.left[v.Name] != nil {
			continue
		}
		made := w.values[v.Name]
		if made == nil {
			return fmt.Errorf("the ONNX graph names the output %q, which no node makes: the file is damaged", v.Name)
		}
		if made.konst != nil {
			out.constants[v.Name] = made.konst
		}
	}
	return nil
}

// Prefix returns the tensors of a model as far as its graph can be written, in the order of execution, and the error
// that stopped it.
func Prefix(ctx context.Context, m *protos.ModelProto, input []int, o Options) ([]Tensor, error) {
	w := newWalk(ctx, m, input, o)
	if _, _, err := w.inputs(m, input, o); err != nil {
		return nil, err
	}
	var out []Tensor
	for _, p := range SortNodes(m.GetGraph().GetNode()) {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		tensors, err := w.node(p)
		if err != nil {
			return out, err
		}
		out = append(out, tensors...)
	}
	return out, nil
}

// Opset returns the version of ONNX's operators that a file names; 1 if it names none.
func Opset(m *protos.ModelProto) int {
	for _, o := range m.OpsetImport {
		if IsStandard(o.Domain) {
			return int(o.Version)
		}
	}
	return 1
}

// IsStandard tells whether a domain is that of ONNX's own operators, which has two names.
func IsStandard(domain string) bool { return domain == "" || domain == "ai.onnx" }

// walk goes through the nodes of a graph. Each node comes after those that it reads from.
type walk struct {
	values map[string]*value
	b      *builder
	cuts   []string

	results map[string]bool // outputs of the graph

	taken map[string]bool // tensors of the rewritten graph that already belong to a value

	lists map[string][]string // the tensors of each sequence, by its name

	outer  *walk  // the walk of the graph around this subgraph; nil for the model itself
	prefix string // goes before the names of a subgraph, which may run more than once

	refused map[string]error // in a subgraph: why a tensor does not exist

	evaluate  Evaluator
	constants *constants // nil as long as there are none
	variant   string     // see [constants]
	spent     int        // whole numbers of constants that are kept
	most      int        // how many of them may be kept
}

func newWalk(ctx context.Context, m *protos.ModelProto, input []int, o Options) *walk {
	w := &walk{
		values: map[string]*value{}, taken: map[string]bool{}, b: newBuilder(ctx, Opset(m), o), cuts: o.Cuts,
		results: map[string]bool{}, evaluate: o.Evaluate, variant: variantName(input, o.Given), most: constantsFor(o.Bytes),
	}
	if len(input) > 0 {
		w.b.batch = input[0]
	}
	for _, v := range m.GetGraph().GetOutput() {
		w.results[v.Name] = true
	}
	return w
}

// node rewrites one node and returns the tensors that it makes.
func (w *walk) node(p *protos.NodeProto) (made []Tensor, err error) {
	if made, ok, err := w.rewriteListNode(p); ok {
		return made, err
	}
	defer func() {
		if e := recover(); e != nil {
			err = operatorError(p, toError(e))
		}
	}()
	n := &node{NodeProto: w.renameOutputs(p)}
	for _, name := range p.Input {
		v, _ := w.find(name)
		if _, is := w.list(name); is {
			failf("it reads the sequence %q, and tensors alone are supported there", name)
		}
		if v == nil && name != "" {
			failf("it reads %q, which nothing before it makes: the file is damaged or not in order", name)
		}
		n.in = append(n.in, v)
	}
	w.b.walk = w
	w.rewrite(n)
	if len(n.out) < len(p.Output) {
		failf("only %d of its %d outputs are supported", len(n.out), len(p.Output))
	}
	for i, name := range p.Output {
		if name != "" {
			made = append(made, w.takeOutput(p, n, i))
		}
	}
	return made, nil
}

// takeOutput adds output i of a node to the values.
func (w *walk) takeOutput(p *protos.NodeProto, n *node, i int) Tensor {
	v, name := *n.out[i], p.Output[i]
	if w.results[name] { // the answer must be read as integers
		v = *w.b.integers(&v)
	}
	v.name = name
	v.field = fieldOf(n, &v)
	if slices.Contains(w.cuts, name) && v.konst == nil {
		w.cut(&v)
	}
	w.taken[v.plain.name], w.taken[v.last.name] = true, true
	w.values[name] = &v
	t := Tensor{Name: name, Op: p.OpType, Node: p.Name, Dims: v.dims, Constant: v.konst != nil, Tail: v.tail,
		Scopes: scopes(p), Inputs: append(slices.Clone(p.Input), w.b.captured.find(p)...), Field: v.field, Bias: biasOf(n),
		Made: p,
		Ints: smallInts(&v), Reals: fewReals(&v)}
	t.Rewritten, t.ChannelsLast = w.b.locateStored(&v)
	return t
}

// toError returns the value that a rule panicked with, as an error. It may be a sentence of failf, an error, or a
// run-time error such as an index out of range, which only a file that contradicts itself causes.
func toError(e any) error {
	switch e := e.(type) {
	case failure:
		return e.error
	case runtime.Error:
		return contradiction{e}
	case error: // such as the error of a weight that can no longer be read
		return e
	}
	return contradiction{fmt.Errorf("%v", e)}
}

// contradiction is the error for a file that contradicts itself. Its cause is for debugging.
type contradiction struct{ cause error }

func (contradiction) Error() string {
	return "its attributes, shapes and inputs contradict each other: the file is damaged"
}

func (c contradiction) Unwrap() error { return c.cause }

func (w *walk) rewrite(n *node) {
	w.b.align(n)
	op := n.OpType
	if !IsStandard(n.Domain) {
		op = n.Domain + "." + op
	}
	r := rules[op]
	constant := !holdsGraph(n.NodeProto) &&
		!slices.ContainsFunc(n.in, func(v *value) bool { return v != nil && v.konst == nil })
	defer func() { n.vary(constant) }()
	if constant && w.foldNode(n, r, folds[op]) {
		return
	}
	switch {
	case r == nil && n.Domain == "com.microsoft":
		failf("this operator of onnxruntime's own is not supported: optimise the model at the basic level, or not at all")
	case r == nil && op != n.OpType:
		failf("operators of the domain %q are not supported", n.Domain)
	case r == nil:
		failf("this operator is not supported")
	}
	w.b.toIntegers(n)
	r(w.b, n)
	carryQuant(n)
	inherit(n)
}

// cut makes the value a node that every later reader reads, so that its gradient is the whole gradient and nothing
// else. A value that shares its node with an earlier one (a Transpose that costs nothing, an Identity) gets a node of
// its own, the product with one, because GoMLX's Identity has no gradient.
func (w *walk) cut(v *value) {
	w.b.differentiable = true
	own := func(r ref) ref {
		if w.taken[r.name] {
			r = w.b.binary("Mul", r, w.b.scalar(1))
		}
		delete(w.b.made, r.name) // nothing may look behind the cut, not even behind the product
		delete(w.b.views, r.name)
		delete(w.b.ratios, r.name)
		return r
	}
	if isLast(v) {
		v.last, v.plain = own(v.last), ref{}
		return
	}
	v.plain, v.last = own(w.b.plain(v)), ref{}
}

// locateStored returns the name of a value's tensor in the rewritten graph, and its layout. It is called when the value
// is made: later there may be a transpose of it, too.
func (b *builder) locateStored(v *value) (name string, channelsLast bool) {
	switch {
	case v.konst != nil:
		return "", false
	case isLast(v):
		return v.last.name, true
	}
	return b.plain(v).name, false
}

// proto returns the rewritten graph as a file that onnx-gomlx parses.
func (b *builder) proto(m *protos.ModelProto, inputs []ref) *protos.ModelProto {
	g := &protos.GraphProto{Name: m.Graph.Name, Node: b.nodes}
	for _, in := range inputs {
		g.Input = append(g.Input, valueInfo(in.name, in.dims))
	}
	for name, w := range b.weights {
		g.Input = append(g.Input, valueInfo(name, w.Dims))
	}
	if len(b.nodes) == 0 { // no node costs anything
		b.unary("Identity", inputs[0])
		g.Node = b.nodes
	}
	// The importer requires an output; which tensors are wanted is said at the call.
	g.Output = []*protos.ValueInfoProto{valueInfo(b.nodes[len(b.nodes)-1].Output[0], nil)}
	return &protos.ModelProto{IrVersion: 10, OpsetImport: []*protos.OperatorSetIdProto{{Version: 20}}, Graph: g}
}

// Declare returns the declaration of a graph's input.
func Declare(name string, dims []int) *protos.ValueInfoProto { return valueInfo(name, dims) }

func valueInfo(name string, dims []int) *protos.ValueInfoProto {
	shape := &protos.TensorShapeProto{}
	for _, d := range dims {
		shape.Dim = append(shape.Dim,
			&protos.TensorShapeProto_Dimension{Value: &protos.TensorShapeProto_Dimension_DimValue{DimValue: int64(d)}})
	}
	t := &protos.TypeProto_Tensor{ElemType: int32(protos.TensorProto_FLOAT), Shape: shape}
	return &protos.ValueInfoProto{Name: name, Type: &protos.TypeProto{Value: &protos.TypeProto_TensorType{TensorType: t}}}
}
