package source

import (
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// The layers inside a shortcut read the same tensor as the shortcut, so that XLA does not compute it twice. If the
// graph is cut there, both read from the cut.
func TestShortcutIsOneTensor(t *testing.T) {
	dims := []int{2, 16, 5, 5}
	m := convolution(dims, []int{16, 16, 1, 1}, picture([]int{16, 16}), nil)
	second := proto.Clone(m.Graph.Initializer[0]).(*protos.TensorProto)
	second.Name = "v"
	m.Graph.Initializer = append(m.Graph.Initializer, second)
	node := func(op, out string, in ...string) *protos.NodeProto {
		return &protos.NodeProto{OpType: op, Name: out, Input: in, Output: []string{out}}
	}
	m.Graph.Node = []*protos.NodeProto{
		node("Conv", "a", "x", "w"), node("Conv", "b", "x", "v"), node("Add", "sum", "a", "b"), node("Relu", "r", "sum"),
		node("Conv", "c", "r", "w"), node("Add", "y", "c", "r"),
	}
	for _, cut := range []string{"", "r"} {
		o := onnxnorm.Options{}
		if cut != "" {
			o.Cuts = []string{cut}
		}
		g, err := onnxnorm.Normalise(t.Context(), m, dims, o)
		if err != nil {
			t.Fatal(err)
		}
		var read []string // by the last product and the last sum
		rewritten := ""
		for _, n := range g.Proto.Graph.Node {
			switch n.OpType {
			case "MatMul":
				read = []string{n.Input[0]}
			case "Add":
				read = append(read, n.Input[1])
			}
		}
		for _, v := range g.Tensors {
			if v.Name == "r" {
				rewritten = v.Rewritten
			}
		}
		if cut == "" && read[0] != read[1] {
			t.Errorf("the product reads %s and the shortcut %s", read[0], read[1])
		}
		if cut != "" && (read[1] != rewritten || reshapeOf(g.Proto.Graph, read[0]) != rewritten) {
			t.Errorf("cut at %s, the product reads %s and the shortcut %s", rewritten, read[0], read[1])
		}
	}
}

// reshapeOf returns the tensor that the named one is a Reshape of; empty if it is no Reshape.
func reshapeOf(g *protos.GraphProto, name string) string {
	for _, n := range g.Node {
		if n.OpType == "Reshape" && n.Output[0] == name {
			return n.Input[0]
		}
	}
	return ""
}
