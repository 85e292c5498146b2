package onnxnorm

import "github.com/gomlx/compute-onnx/support/protos"

// SortNodes returns the nodes in the file's order, but each after the nodes whose outputs it reads. ONNX requires that,
// and some converters, such as one to float16, do not do it. Nodes in a circle stay as they are; the walk finds what is
// missing.
func SortNodes(nodes []*protos.NodeProto) []*protos.NodeProto {
	maker := map[string]int{}
	for i, n := range nodes {
		for _, name := range n.Output {
			maker[name] = i
		}
	}
	out := make([]*protos.NodeProto, 0, len(nodes))
	placed := make([]bool, len(nodes))
	type begun struct{ node, next int } // next is the input that is looked at next
	for i := range nodes {
		for waiting := []begun{{node: i}}; len(waiting) > 0; {
			at := &waiting[len(waiting)-1]
			n := nodes[at.node]
			if at.next == 0 && placed[at.node] {
				waiting = waiting[:len(waiting)-1]
				continue
			}
			placed[at.node] = true
			if at.next == len(n.Input) {
				out, waiting = append(out, n), waiting[:len(waiting)-1]
				continue
			}
			name := n.Input[at.next]
			at.next++
			if m, ok := maker[name]; ok && name != "" && !placed[m] {
				waiting = append(waiting, begun{node: m})
			}
		}
	}
	return out
}
