package onnxnorm

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/compute-onnx/support/protos"
)

// Evaluator computes a tensor of a graph of float32, given the graph's inputs.
type Evaluator func(p *protos.ModelProto, inputs map[string]Weight, want string) ([]float32, error)

// A constant is a constant, whatever computes it. What an operator makes of constants is
// computed by its own rule: the rule writes nodes into a graph of constants, beside the
// rewritten one, and [Options.Evaluate] runs what a value of it needs when that value is asked
// for. Whole numbers and truth values, of which shapes and indices are made, are asked for
// at once; numbers, which may be weights of any size, when they are needed.
//
// Folds of single operators come first: they are quicker, and exact for whole numbers of any
// size, of which float32 holds those up to 2^24.

// constants is the graph of constants.
type constants struct {
	*builder
	maker       map[string]*protos.NodeProto // by output
	seen        int                          // nodes that are in maker
	variant     string                       // of the input's shape and the values given
	run         Evaluator
	evaluations int  // programs that were run
	visited     int  // nodes
	values      int  // that evaluations made
	most        int  // values that may be made before any program runs
	listed      bool // the walk is over: what is evaluated now is asked for by a program
	mu          sync.Mutex
}

func newConstants(w *walk) *constants {
	for w.outer != nil {
		w = w.outer
	}
	k := &constants{builder: newBuilder(w.b.opset, Options{KeepLayout: true, PureGo: true}),
		maker: map[string]*protos.NodeProto{}, variant: w.variant, run: w.evaluate, most: w.most}
	k.folding, k.shapes = true, map[string][]int{}
	return k
}

// lazyConstant is a constant of the graph of constants whose values were perhaps not asked for yet.
type lazyConstant struct {
	ref    ref
	of     *constants
	once   sync.Once
	values []float32 // where they are few
	known  bool
}

// keptValues is up to how many values of a computed constant are kept. More are computed
// again when they are asked for again, which is when they go to another device.
const keptValues = 1 << 16

func (c *lazyConstant) floats() []float32 {
	if size(c.ref.dims) > keptValues {
		return c.of.evaluate(c.ref)
	}
	c.once.Do(func() { c.values, c.known = c.of.evaluate(c.ref), true })
	return c.values
}

// pending tells whether the tensor's values would have to be computed.
func (t *tensor) pending() bool { return t.computed != nil && !t.computed.known }

// folded makes the outputs of a node whose inputs are constants. It tells that it cannot by false,
// or by panicking as the rule does.
func (w *walk) folded(n *node, r rule, f fold) bool {
	pending := anyPending(n.in)
	if f != nil && !pending && w.foldedAtOnce(n, f) {
		return true
	}
	if r == nil {
		return pending && w.foldedAtOnce(n, f)
	}
	if len(n.in) == 0 || w.evaluate == nil {
		return false
	}
	own := pending && f != nil // a fold of its own, which has not been tried
	m, failed := w.applied(n, r)
	switch {
	case own && (failed != nil || anyQuantised(m.out)):
		return w.foldedAtOnce(n, f)
	case failed != nil:
		panic(*failed)
	case anyQuantised(m.out):
		return false
	}
	for i, v := range m.out {
		n.out = append(n.out, w.constant(n, i, v))
	}
	return true
}

// anyPending tells whether one of the constants is yet to be computed.
func anyPending(in []*value) bool {
	return slices.ContainsFunc(in, func(v *value) bool { return v != nil && v.konst.pending() })
}

// anyQuantised tells whether one of the values stands for integers of a quantised network.
func anyQuantised(out []*value) bool {
	return slices.ContainsFunc(out, func(v *value) bool { return v.quant != nil })
}

// foldedAtOnce makes the output by the operator's own fold, where that can.
func (w *walk) foldedAtOnce(n *node, f fold) bool {
	t := f(n)
	if t == nil {
		return false
	}
	n.out = []*value{{dims: t.dims, konst: t}}
	if (t.isInt || t.origin == "") &&
		!slices.ContainsFunc(n.in, func(v *value) bool { return v != nil && sharesInts(v.konst, t) }) {
		w.spend(size(t.dims))
	}
	return true
}

func sharesInts(t, u *tensor) bool {
	return len(t.ints) > 0 && len(u.ints) > 0 && &t.ints[0] == &u.ints[0]
}

// mostFolded is how many values one constant has that is computed at once: 128 MB of whole numbers.
const mostFolded = 1 << 24

// constantsFor returns how many values of constants are computed for a file of so many bytes: a small file has no need
// of many, and mvitv2_tiny, of 97 MB, of 40 million, which are places of its relative positions.
func constantsFor(bytes int64) int { return int(min(1<<23+bytes/2, 1<<27)) }

// spend counts values that are held.
func (w *walk) spend(values int) {
	for w.outer != nil {
		w = w.outer
	}
	if w.spent += values; w.spent > w.most {
		failf("the file computes more than %d numbers that do not depend on the picture", w.most)
	}
}

// applied returns the node after its rule wrote it into the graph of constants.
func (w *walk) applied(n *node, r rule) (m *node, failed *failure) {
	m = &node{NodeProto: n.NodeProto}
	for _, v := range n.in {
		if v == nil {
			m.in = append(m.in, nil)
			continue
		}
		u := &value{name: v.name, dims: v.dims, konst: v.konst, typ: v.typ}
		if v.konst.pending() {
			u.plain = v.konst.computed.ref
		}
		m.in = append(m.in, u)
	}
	failed = attempt(func() { r(w.graphOfConstants().builder, m) })
	if failed == nil {
		inherit(m)
	}
	return m, failed
}

// graphOfConstants returns the graph of constants, from the first of them on.
func (w *walk) graphOfConstants() *constants {
	if w.constants == nil {
		w.constants = newConstants(w)
	}
	return w.constants
}

// constant returns output i of a node as a constant, given what its rule made of it.
func (w *walk) constant(n *node, i int, v *value) *value {
	if v.konst != nil {
		return &value{dims: v.dims, konst: v.konst}
	}
	k := w.graphOfConstants()
	c := &lazyConstant{ref: k.plain(v), of: k}
	if v.kind() != decimal {
		w.spend(size(v.dims))
		t := intTensor(v.dims, convert(c.floats(), roundToInteger))
		t.kind = v.typ
		return &value{dims: v.dims, konst: t}
	}
	t := &tensor{dims: v.dims, floats: c.floats, computed: c, kind: v.typ}
	if i < len(n.Output) {
		t.origin = n.Output[i] + "@computed"
		if slices.ContainsFunc(n.in, func(v *value) bool { return v != nil && v.konst.varies }) {
			t.origin += k.variant
		}
	}
	return &value{dims: v.dims, konst: t}
}

// roundToInteger returns a whole number that was computed in float32, which has them all up to 2^24.
func roundToInteger(v float32) int64 {
	const most = 1 << 24
	if !(-most <= v && v <= most) {
		failf("it computes the whole number %g of constants, and whole numbers are exact up to %d only", v, most)
	}
	return int64(v)
}

// Bounds of what constants may cost.
const (
	mostEvaluations    = 1 << 6  // programs before that of the network
	mostEvaluatedLater = 1 << 13 // a weight takes one
	mostEvaluated      = 1 << 20 // nodes of all evaluations
)

// evaluate runs what a tensor of the graph needs.
func (k *constants) evaluate(r ref) []float32 {
	p, weights := k.needed(r)
	if w, ok := weights[r.name]; ok {
		return w.Values()
	}
	if values, ok := k.computeFew(p, weights, r.name); ok {
		return values
	}
	k.count()
	values, err := k.run(p, weights, r.name)
	if err != nil {
		failf("its value, computed of constants, could not be had: %w", err)
	}
	return values
}

// count counts programs that are run.
func (k *constants) count() {
	k.mu.Lock()
	defer k.mu.Unlock()
	most := mostEvaluations
	if k.listed {
		most = mostEvaluatedLater
	}
	if k.evaluations++; k.evaluations > most {
		failf("the file computes too many constants, more than %d", most)
	}
}

// needed returns the part of the graph that a tensor depends on, and the weights that it reads.
func (k *constants) needed(r ref) (*protos.ModelProto, map[string]Weight) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for ; k.seen < len(k.nodes); k.seen++ {
		for _, name := range k.nodes[k.seen].Output {
			k.maker[name] = k.nodes[k.seen]
		}
	}
	weights, done := map[string]Weight{}, map[string]bool{}
	var nodes []*protos.NodeProto
	for todo := []string{r.name}; len(todo) > 0; {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if done[name] || name == "" {
			continue
		}
		done[name] = true
		if w, ok := k.weights[name]; ok {
			weights[name] = w
		}
		if n := k.maker[name]; n != nil {
			for _, out := range n.Output {
				done[out] = true
				k.values += size(k.shapes[out])
			}
			nodes, todo = append(nodes, n), append(todo, n.Input...)
		}
	}
	if !k.listed && k.values > k.most {
		failf("shapes and other whole numbers are computed of more than %d values that do not depend on the picture",
			k.most)
	}
	if k.visited += len(nodes); k.visited > mostEvaluated {
		failf("constants are computed in more than %d steps", mostEvaluated)
	}
	g := &protos.GraphProto{Name: "constants", Node: ordered(nodes),
		Output: []*protos.ValueInfoProto{valueInfo(r.name, nil)}}
	for name, w := range weights {
		g.Input = append(g.Input, valueInfo(name, w.Dims))
	}
	return &protos.ModelProto{IrVersion: 10, OpsetImport: []*protos.OperatorSetIdProto{{Version: 20}}, Graph: g}, weights
}

// variantOf names the shape and the given values that constants computed of shapes depend on.
func variantOf(input []int, given map[string]GivenInput) string {
	return strings.ReplaceAll(fmt.Sprint(" for ", input, given), " ", "_")
}

// vary tells the node's constant outputs that they vary with the shape of the input or with what
// other inputs are given: those of an operator such as Shape, whose input is no constant, and all
// that are made of them.
func (n *node) vary(constant bool) {
	if constant && !slices.ContainsFunc(n.in, func(v *value) bool { return v != nil && v.konst.varies }) {
		return
	}
	for _, v := range n.out {
		if v.konst != nil {
			v.konst.varies = true
		}
	}
}
