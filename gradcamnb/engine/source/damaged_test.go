package source

import (
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
)

// A damaged file may have operators with too few inputs or too many, and axes that do not exist. Then it is unknown
// what its numbers are and how its picture lies, but nothing ends the process.
func TestDamagedOperators(t *testing.T) {
	for _, op := range []string{
		"Softmax", "Log", "Exp", "Div", "Reciprocal", "Mul", "Sub", "Add", "Concat", "ArgMax", "Identity", "Slice", "Gather",
		"ReduceMean", "ReduceSum", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Resize", "Conv", "QLinearConv",
	} {
		for n := range 4 {
			node := func(op, out string, inputs ...string) *protos.NodeProto {
				return &protos.NodeProto{OpType: op, Input: inputs, Output: []string{out}}
			}
			for _, last := range []string{"Identity", "Div", "Sub", "Mul"} {
				inputs := []string{"x", "one", "x"}[:n]
				g := &protos.GraphProto{
					Node: []*protos.NodeProto{node(op, "a", inputs...), node("Exp", "e", "a"),
						node(op, "b", []string{"one", "e", "x"}[:n]...), node(last, "y", []string{"b", "a", "x"}[:max(1, n)]...)},
					Initializer: []*protos.TensorProto{initializer("one", false, []int64{1}, 1)},
				}
				m := &onnxModel{proto: &protos.ModelProto{Graph: g}}
				if a, b := m.Ending("y"), m.Ending("b"); a.Unit == "" || b.Unit == "" {
					t.Errorf("%s of %d inputs, then %s: endings %+v, %+v", op, n, last, a, b)
				}
				layoutOf(m.proto, "x", []int{1, 3, 8, 8})
				for _, a := range g.Node {
					a.Attribute = []*protos.AttributeProto{{Name: "axis", I: -9}, intsAttr("axes", -9, 7),
						intsAttr("perm", 0, 1, 2, 9)}
				}
				layoutOf(m.proto, "x", []int{1, 3, 8, 8})
			}
		}
	}
}
