package onnxnorm

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"
)

// find returns the value with a name, from this graph or one around it, or an error that says why there is none. Both
// are nil if the name has not occurred.
func (w *walk) find(name string) (*value, error) {
	for ; w != nil; w = w.outer {
		if v := w.values[name]; v != nil {
			return v, nil
		}
		if err := w.refused[name]; err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// renameOutputs returns the node with output names that no other run of its graph has, because weights are named after
// them.
func (w *walk) renameOutputs(p *protos.NodeProto) *protos.NodeProto {
	if w.prefix == "" {
		return p
	}
	// Its subgraphs, which may be deep, are not copied.
	q := shallow(p)
	q.Output = convert(p.Output, func(name string) string {
		if name == "" {
			return ""
		}
		return w.prefix + shortName(name)
	})
	return q
}

// graphsIn returns the subgraphs in an attribute.
func graphsIn(a *protos.AttributeProto) []*protos.GraphProto {
	if a.G == nil {
		return a.Graphs
	}
	return append(slices.Clone(a.Graphs), a.G)
}

// holdsGraph tells whether a node has subgraphs, which may read values that are no constants.
func holdsGraph(p *protos.NodeProto) bool {
	return slices.ContainsFunc(p.Attribute, func(a *protos.AttributeProto) bool { return len(graphsIn(a)) > 0 })
}

// run replaces the node that holds a subgraph by the subgraph, with its inputs bound.
func (b *builder) run(n *node, g *protos.GraphProto, bind []*value) []*value {
	outer := b.walk
	defer func() { b.walk = outer }()
	if len(bind) < len(g.Input) {
		failf("its subgraph %q takes %d inputs, and %d are given", g.Name, len(g.Input), len(bind))
	}
	b.count++
	w := &walk{values: map[string]*value{}, b: b, refused: map[string]error{}, taken: outer.taken, outer: outer,
		constants: outer.graphOfConstants(), evaluate: outer.evaluate, variant: outer.variant,
		prefix: fmt.Sprintf("%s@%d/", shortName(nodeName(n.NodeProto)), b.count)}
	for _, p := range g.Initializer {
		t, err := decode(p, rawData(p))
		if err != nil {
			failf("%w", err)
		}
		t.origin = w.prefix + t.origin
		w.values[p.Name] = &value{name: p.Name, dims: t.dims, konst: t}
	}
	for i, in := range g.Input {
		w.values[in.Name] = bind[i]
	}
	for _, p := range SortNodes(g.Node) {
		if err := b.ctx.Err(); err != nil { // here, since a node of a subgraph may fail
			failf("%w", err)
		}
		w.inner(p)
	}
	var out []*value
	for _, o := range g.Output {
		v, err := w.find(o.Name)
		if err != nil {
			failf("%w", err)
		}
		if v == nil {
			failf("its subgraph %q names the output %q, which no node makes: the file is damaged", g.Name, o.Name)
		}
		u := *v
		out = append(out, &u)
	}
	return out
}

// inner rewrites a node of a subgraph. The node may fail if nothing that is needed reads it.
func (w *walk) inner(p *protos.NodeProto) {
	var err error
	for _, name := range append(slices.Clone(p.Input), w.b.captured.find(p)...) {
		if err == nil {
			_, err = w.find(name)
		}
	}
	if err == nil {
		_, err = w.node(p)
	}
	for _, name := range p.Output {
		if err != nil {
			w.refused[name] = err
		}
	}
}

// applyStandard applies a standard operator to values. For constants the result stays a constant if the operator folds.
func (b *builder) applyStandard(n *node, op string, in []*value, attrs ...*protos.AttributeProto) *value {
	b.count++
	names := convert(in, func(v *value) string { return v.name })
	m := &node{NodeProto: &protos.NodeProto{OpType: op, Name: n.Name, Input: names,
		Output: []string{fmt.Sprintf("%s@%d", n.Output[0], b.count)}, Attribute: attrs}, in: in}
	b.walk.rewrite(m)
	return m.out[0]
}

// graphOf returns the subgraph in an attribute.
func (n *node) graphOf(name string) *protos.GraphProto {
	a := n.attr(name)
	if a == nil || a.G == nil {
		failf("it has no subgraph %q: the file is damaged", name)
	}
	return a.G
}

// isTrue returns a constant truth value; ok is false if it is computed.
func isTrue(v *value) (yes, ok bool) {
	if v.konst == nil || size(v.dims) != 1 {
		return false, false
	}
	return v.konst.numbers()[0] != 0, true
}

// ints1 returns a constant vector as a value.
func ints1(values ...int) *value {
	t := intTensor([]int{len(values)}, convert(values, func(v int) int64 { return int64(v) }))
	return &value{dims: t.dims, konst: t}
}

func number(v int) *value {
	return &value{konst: intTensor(nil, []int64{int64(v)})}
}
