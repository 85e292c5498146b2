package source

import (
	"context"
	"fmt"
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// choosers are the operators that choose among boxes. A model's own suppression begins with one of them.
var choosers = map[string]bool{
	"NonMaxSuppression": true, "TopK": true, "NonZero": true, "ArgMax": true, "Compress": true, "GatherND": true,
}

// endBeforeSuppression makes the model end before it chooses among its own boxes: at the last tensor [batch, 4 +
// classes + more, n] of all candidates that the choice depends on. Other outputs, such as mask prototypes, stay. It
// returns words that say what was done. If no tensor has that shape, it does nothing.
func (m *onnxModel) endBeforeSuppression(ctx context.Context) (string, error) {
	nodes := m.proto.Graph.Node
	first := slices.IndexFunc(nodes, func(n *protos.NodeProto) bool { return choosers[n.OpType] })
	if first < 0 {
		return "", nil
	}
	shapes := m.shapesBefore(ctx)
	if err := ctx.Err(); err != nil {
		return "", err
	}
	chosen := m.chosenOutputs()
	needs := m.ancestors(nodes[first].Input)
	for _, n := range slices.Backward(nodes[:first]) {
		if len(n.Output) != 1 || !needs[n.Output[0]] {
			continue
		}
		name := n.Output[0]
		if !m.candidates(shapes[name]) {
			continue
		}
		ends := []string{name}
		for _, o := range m.proto.Graph.Output {
			if !chosen[o.Name] {
				ends = append(ends, o.Name)
			}
		}
		numbers := m.takeSuppression(name, m.card.Detector)
		if err := m.endAt(ends); err != nil {
			return "", err
		}
		m.card.Detector.Outputs = ends
		words := fmt.Sprintf("read before its own suppression, at %q", name)
		if numbers != "" {
			words += ", and suppressed as it does: " + numbers
		}
		return words, nil
	}
	return "", nil
}

// candidates tells whether a shape can hold all candidates of a YOLO head: more candidates than numbers for each.
func (m *onnxModel) candidates(dims []int) bool {
	return len(dims) == 3 && dims[1] >= 4+max(1, len(m.card.Labels)) && dims[2] > dims[1]
}

// shapesBefore returns the shapes of the tensors, as far as the graph can be written.
func (m *onnxModel) shapesBefore(ctx context.Context) map[string][]int {
	input := slices.Clone(m.card.Input)
	input[0] = max(1, input[0])
	if p := m.card.Prep; p != nil {
		input[2], input[3] = p.Height, p.Width
	}
	tensors, _ := onnxnorm.Prefix(ctx, m.proto, input, m.options)
	out := map[string][]int{}
	for _, t := range tensors {
		out[t.Name] = t.Dims
	}
	return out
}

// ancestors returns the set of tensors that the named ones depend on, themselves included.
func (m *onnxModel) ancestors(names []string) map[string]bool {
	out := map[string]bool{}
	for _, name := range names {
		out[name] = true
	}
	for _, n := range slices.Backward(m.proto.Graph.Node) {
		if slices.ContainsFunc(n.Output, func(o string) bool { return out[o] }) {
			for _, in := range n.Input {
				out[in] = true
			}
		}
	}
	return out
}

// chosenOutputs returns the set of outputs that depend on a choice.
func (m *onnxModel) chosenOutputs() map[string]bool {
	out := map[string]bool{}
	for _, n := range m.proto.Graph.Node {
		if choosers[n.OpType] || slices.ContainsFunc(n.Input, func(in string) bool { return out[in] }) {
			for _, o := range n.Output {
				out[o] = true
			}
		}
	}
	return out
}
