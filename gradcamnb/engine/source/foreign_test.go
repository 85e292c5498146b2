package source

import (
	"slices"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
)

// A number in half precision and without axes becomes float32, and then a list of one; one that has either alone takes
// one step, and other outputs take none.
func TestOutputsThatAnotherRuntimeTakes(t *testing.T) {
	const half, single = protos.TensorProto_FLOAT16, protos.TensorProto_FLOAT
	for name, c := range map[string]struct {
		kind protos.TensorProto_DataType
		axes int
		want []string
	}{
		"half, no axes":   {half, 0, []string{"Cast", "Reshape"}},
		"half":            {half, 2, []string{"Cast"}},
		"single, no axes": {single, 0, []string{"Reshape"}},
		"single":          {single, 2, nil},
	} {
		typ := &protos.TypeProto_Tensor{ElemType: int32(c.kind), Shape: &protos.TensorShapeProto{}}
		for range c.axes {
			typ.Shape.Dim = append(typ.Shape.Dim, &protos.TensorShapeProto_Dimension{})
		}
		g := &protos.GraphProto{Output: []*protos.ValueInfoProto{
			{Name: "y", Type: &protos.TypeProto{Value: &protos.TypeProto_TensorType{TensorType: typ}}}}}
		ends := wrapOutputs(g)
		var ops []string
		from := "y"
		for _, n := range g.Node {
			if n.Input[0] != from {
				t.Errorf("%s: %s reads %q, want %q", name, n.OpType, n.Input[0], from)
			}
			ops, from = append(ops, n.OpType), n.Output[0]
		}
		if !slices.Equal(ops, c.want) || g.Output[0].Name != from || len(ops) > 0 && ends["y"] != from ||
			typ.ElemType != int32(single) {
			t.Errorf("%s: nodes %q, output %q of type %d, ends %q", name, ops, g.Output[0].Name, typ.ElemType, ends)
		}
	}
}
