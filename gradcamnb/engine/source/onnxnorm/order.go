package onnxnorm

import "github.com/gomlx/compute-onnx/support/protos"

// ordered is the nodes in the file's order, but each after those that make what it
// reads, as ONNX wants them and some converters (to float16, for one) do not leave
// them. Nodes in a circle stay as they are; the walk finds what is missing.
func ordered(nodes []*protos.NodeProto) []*protos.NodeProto {
	maker := map[string]int{}
	for i, n := range nodes {
		for _, name := range n.Output {
			maker[name] = i
		}
	}
	out := make([]*protos.NodeProto, 0, len(nodes))
	placed := make([]bool, len(nodes))
	var place func(i int)
	place = func(i int) {
		if placed[i] {
			return
		}
		placed[i] = true
		for _, name := range nodes[i].Input {
			if m, ok := maker[name]; ok && name != "" {
				place(m)
			}
		}
		out = append(out, nodes[i])
	}
	for i := range nodes {
		place(i)
	}
	return out
}
