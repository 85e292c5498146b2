package source

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"
)

// endAt makes the named tensors the model's outputs and removes every node that they do not need. So a detector can be
// read before its own non-maximum suppression, which returns a changing number of boxes and cannot be compiled.
func (m *onnxModel) endAt(names []string) error {
	maker := map[string]*protos.NodeProto{}
	for _, n := range m.proto.Graph.Node {
		for _, name := range n.Output {
			maker[name] = n
		}
	}
	needed := map[*protos.NodeProto]bool{}
	todo := slices.Clone(names)
	for len(todo) > 0 {
		n := maker[todo[len(todo)-1]]
		todo = todo[:len(todo)-1]
		if n != nil && !needed[n] {
			needed[n] = true
			todo = append(todo, n.Input...)
		}
	}
	var outputs []*protos.ValueInfoProto
	for _, name := range names {
		if maker[name] == nil {
			return fmt.Errorf("the sidecar's detector reads the tensor %q, which no node of the model makes", name)
		}
		outputs = append(outputs, &protos.ValueInfoProto{Name: name})
	}
	m.proto.Graph.Node = slices.DeleteFunc(m.proto.Graph.Node, func(n *protos.NodeProto) bool { return !needed[n] })
	m.proto.Graph.Output = outputs
	for i := range m.card.Inputs {
		in := &m.card.Inputs[i]
		in.Read = slices.ContainsFunc(m.proto.Graph.Node,
			func(n *protos.NodeProto) bool { return slices.Contains(n.Input, in.Name) })
	}
	m.card.Outputs = names
	return nil
}
