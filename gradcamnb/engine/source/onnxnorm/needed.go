package onnxnorm

import (
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"
)

// needs tells which nodes of a graph are needed.
type needs struct {
	nodes map[*protos.NodeProto]bool // nil if all are needed
	left  map[string]error           // tensors that were left out, and why

	captured *captures
}

// findNeeds returns the nodes that the tensors in the options depend on.
func findNeeds(g *protos.GraphProto, o Options, captured *captures) needs {
	n := needs{left: map[string]error{}, captured: captured}
	if o.Needs == nil {
		return n
	}
	n.nodes = map[*protos.NodeProto]bool{}
	maker := map[string]*protos.NodeProto{}
	for _, p := range g.Node {
		for _, name := range p.Output {
			maker[name] = p
		}
	}
	todo := append(append([]string{}, o.Needs...), o.Cuts...)
	for len(todo) > 0 {
		p := maker[todo[len(todo)-1]]
		todo = todo[:len(todo)-1]
		if p != nil && !n.nodes[p] {
			n.nodes[p] = true
			todo = append(append(todo, p.Input...), n.captured.find(p)...)
		}
	}
	return n
}

// skipFailed leaves out a node that failed, so that whatever reads its outputs is left out, too. It returns the error
// if the node is needed.
func (n needs) skipFailed(p *protos.NodeProto, err error) error {
	if n.nodes == nil || n.nodes[p] {
		return err
	}
	for _, name := range p.Output {
		n.left[name] = err
	}
	return nil
}

// skipReason returns why a node is left out because of what it reads; nil if it reads nothing that was left out.
func (n needs) skipReason(p *protos.NodeProto) error {
	for _, name := range append(slices.Clone(p.Input), n.captured.find(p)...) {
		if err := n.left[name]; err != nil {
			return err
		}
	}
	return nil
}

// smallest is the number of values up to which the whole numbers of a constant are returned with a tensor.
const smallest = 1 << 12

// smallInts returns the values of a small constant of whole numbers; nil for any other value.
func smallInts(v *value) []int {
	if v.konst == nil || size(v.dims) > smallest || v.kind() != whole {
		return nil
	}
	return append([]int{}, v.konst.toInts()...)
}

// fewReals returns the values of a constant of at most 16 real numbers; nil for any other value, and if they would have
// to be computed from other constants.
func fewReals(v *value) []float32 {
	const few = 16
	if v.konst == nil || size(v.dims) > few || v.kind() != decimal || v.konst.computed != nil && !v.konst.computed.known {
		return nil
	}
	return append([]float32{}, v.konst.numbers()...)
}

// listGiven returns the shapes of the weights and inputs. Small constants have their values, too.
func (w *walk) listGiven() map[string]Tensor {
	out := map[string]Tensor{}
	for name, v := range w.values {
		out[name] = Tensor{Name: name, Dims: v.dims, Constant: v.konst != nil, Ints: smallInts(v), Reals: fewReals(v)}
	}
	return out
}
