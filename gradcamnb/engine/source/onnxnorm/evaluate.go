package onnxnorm

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/compute-onnx/support/protos"
)

// Evaluator computes a tensor of a float32 graph from the graph's inputs.
type Evaluator func(p *protos.ModelProto, inputs map[string]Weight, want string) ([]float32, error)

// The result of an operator on constants is a constant. The operator's own rule computes it: the rule writes nodes into
// a graph of constants next to the rewritten one, and [Options.Evaluate] runs the part that a value needs when the
// value is asked for. Whole numbers and truth values, which shapes and indices are made of, are asked for at once.
// Other numbers may be weights of any size, and are computed when they are needed.
//
// Folds of single operators come first. They are quicker, and exact for whole numbers of any size, while float32 is
// exact up to 2^24.

// constants is the graph of constants.
type constants struct {
	*builder
	maker       map[string]*protos.NodeProto // the node that makes each tensor
	seen        int                          // nodes that are in maker
	variant     string                       // the input's shape and the given values
	run         Evaluator
	evaluations int  // programs that have been run
	visited     int  // nodes of those programs
	values      int  // values that those programs computed
	most        int  // values that may be computed before the network's program runs
	listed      bool // the walk is over: from now on programs ask for values
	mu          sync.Mutex
}

func newConstants(w *walk) *constants {
	for w.outer != nil {
		w = w.outer
	}
	k := &constants{builder: newBuilder(w.b.ctx, w.b.opset, Options{KeepLayout: true, PureGo: true}),
		maker: map[string]*protos.NodeProto{}, variant: w.variant, run: w.evaluate, most: w.most}
	k.folding, k.shapes = true, map[string][]int{}
	return k
}

// lazyConstant is a constant of the graph of constants, whose values may not have been computed yet.
type lazyConstant struct {
	ref    ref
	of     *constants
	once   sync.Once
	values []float32 // if there are few
	known  bool
}

// keptValues is the number of values up to which a computed constant is kept. A larger one is computed again when it is
// asked for again, which happens if it goes to another device.
const keptValues = 1 << 16

func (c *lazyConstant) floats() []float32 {
	if size(c.ref.dims) > keptValues {
		return c.of.evaluate(c.ref)
	}
	c.once.Do(func() { c.values, c.known = c.of.evaluate(c.ref), true })
	return c.values
}

// isPending tells whether the tensor's values have yet to be computed.
func (t *tensor) isPending() bool { return t.computed != nil && !t.computed.known }

// foldNode makes the outputs of a node whose inputs are constants. If it cannot, it returns false, or panics as the
// rule does.
func (w *walk) foldNode(n *node, r rule, f fold) bool {
	pending := hasPending(n.in)
	if f != nil && !pending && w.foldAtOnce(n, f) {
		return true
	}
	if r == nil {
		return pending && w.foldAtOnce(n, f)
	}
	if len(n.in) == 0 || w.evaluate == nil {
		return false
	}
	own := pending && f != nil // the operator has a fold of its own, which has not been tried
	m, failed := w.applyRule(n, r)
	switch {
	case own && (failed != nil || hasQuantised(m.out)):
		return w.foldAtOnce(n, f)
	case failed != nil:
		panic(*failed)
	case hasQuantised(m.out):
		return false
	}
	for i, v := range m.out {
		n.out = append(n.out, w.constant(n, i, v))
	}
	return true
}

// hasPending tells whether one of the constants is yet to be computed.
func hasPending(in []*value) bool {
	return slices.ContainsFunc(in, func(v *value) bool { return v != nil && v.konst.isPending() })
}

// hasQuantised tells whether one of the values stands for integers of a quantised network.
func hasQuantised(out []*value) bool {
	return slices.ContainsFunc(out, func(v *value) bool { return v.quant != nil })
}

// foldAtOnce makes the output by the operator's own fold; false if that is not possible.
func (w *walk) foldAtOnce(n *node, f fold) bool {
	w.spend(0) // nothing is computed once too much was
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

// mostFolded is how many values a constant may have that is computed at once: 128 MB of whole numbers.
const mostFolded = 1 << 24

// constantsFor returns how many values of constants may be computed for a file of a size in bytes. A small file needs
// few. mvitv2_tiny, of 97 MB, needs 40 million for the places of its relative positions.
func constantsFor(bytes int64) int { return int(min(1<<23+bytes/2, 1<<27)) }

// spend counts values that are kept.
func (w *walk) spend(values int) {
	for w.outer != nil {
		w = w.outer
	}
	if w.spent += values; w.spent > w.most {
		failf("the file computes more than %d numbers that do not depend on the picture", w.most)
	}
}

// applyRule returns the node after its rule has written it into the graph of constants.
func (w *walk) applyRule(n *node, r rule) (m *node, failed *failure) {
	m = &node{NodeProto: n.NodeProto}
	for _, v := range n.in {
		if v == nil {
			m.in = append(m.in, nil)
			continue
		}
		u := &value{name: v.name, dims: v.dims, konst: v.konst, typ: v.typ}
		if v.konst.isPending() {
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

// graphOfConstants returns the graph of constants, and makes it if there is none.
func (w *walk) graphOfConstants() *constants {
	if w.constants == nil {
		w.constants = newConstants(w)
	}
	return w.constants
}

// constant returns output i of a node as a constant. v is what the node's rule made of it.
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

// roundToInteger returns a whole number that was computed in float32, which is exact up to 2^24.
func roundToInteger(v float32) int64 {
	const most = 1 << 24
	if !(-most <= v && v <= most) {
		failf("it computes the whole number %g from constants, and whole numbers are exact up to %d only", v, most)
	}
	return int64(v)
}

// Limits on the cost of constants.
const (
	mostEvaluations    = 1 << 6  // programs before the network's
	mostEvaluatedLater = 1 << 13 // later programs; a weight takes one
	mostEvaluated      = 1 << 20 // nodes of all programs
)

// evaluate computes the values of a tensor of the graph.
func (k *constants) evaluate(r ref) []float32 {
	p, weights := k.extract(r)
	if w, ok := weights[r.name]; ok {
		return w.Values()
	}
	if values, ok := k.computeFew(p, weights, r.name); ok {
		return values
	}
	k.count()
	values, err := k.run(p, weights, r.name)
	if err != nil {
		failf("its value could not be computed from constants: %w", err)
	}
	return values
}

// count counts the programs that are run.
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

// extract returns the part of the graph that a tensor depends on, and the weights that it reads.
func (k *constants) extract(r ref) (*protos.ModelProto, map[string]Weight) {
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
	g := &protos.GraphProto{Name: "constants", Node: SortNodes(nodes),
		Output: []*protos.ValueInfoProto{valueInfo(r.name, nil)}}
	for name, w := range weights {
		g.Input = append(g.Input, valueInfo(name, w.Dims))
	}
	return &protos.ModelProto{IrVersion: 10, OpsetImport: []*protos.OperatorSetIdProto{{Version: 20}}, Graph: g}, weights
}

// variantName returns a name for the shape and the given values that constants made from shapes depend on.
func variantName(input []int, given map[string]GivenInput) string {
	return strings.ReplaceAll(fmt.Sprint(" for ", input, given), " ", "_")
}

// vary marks the node's constant outputs as depending on the shape of the input or on the values of other inputs. These
// are the outputs of an operator such as Shape, whose input is no constant, and everything computed from them.
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
