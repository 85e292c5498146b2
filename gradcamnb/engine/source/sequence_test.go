package source

import (
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute-onnx/support/protos"
)

// Tensors go into lists and come out again. A tensor with an empty axis adds nothing to a Concat.
func TestSequences(t *testing.T) {
	n := func(op, in, out string, attrs ...*protos.AttributeProto) *protos.NodeProto {
		return &protos.NodeProto{OpType: op, Input: strings.Fields(in), Output: []string{out}, Attribute: attrs}
	}
	a := wholeAttribute
	whole := func(name string, dims []int64, values ...float64) *protos.TensorProto {
		return initializer(name, true, dims, values...)
	}
	for name, c := range map[string]struct {
		nodes []*protos.NodeProto
		want  []float64
	}{
		"pieces of given lengths": {[]*protos.NodeProto{
			n("SplitToSequence", "x lengths", "s", a("axis", 1)), n("SequenceErase", "s one", "t"),
			n("SequenceInsert", "t x one", "u"), n("ConcatFromSequence", "u", "y", a("axis", 1))},
			[]float64{0, 1, 0, 1, 2, 3, 4, 5, 5}},
		"pieces without an axis, joined along a new one": {[]*protos.NodeProto{
			n("SplitToSequence", "x", "s", a("axis", 1), a("keepdims", 0)), n("SequenceAt", "s minus", "last"),
			n("SequenceAt", "s one", "first"), n("SequenceConstruct", "last first", "u"),
			n("ConcatFromSequence", "u", "y", a("axis", 0), a("new_axis", 1))}, []float64{5, 1}},
		"how many": {[]*protos.NodeProto{
			n("SplitToSequence", "x four", "s", a("axis", 1)), n("SequenceLength", "s", "length"),
			n("Cast", "length", "real", a("to", 1)), n("Mul", "x real", "y")}, []float64{0, 2, 4, 6, 8, 10}},
		"optional": {[]*protos.NodeProto{
			n("SequenceEmpty", "", "none"), n("SequenceInsert", "none x", "s"), n("Optional", "s", "o"),
			n("OptionalGetElement", "o", "u"), n("SequenceAt", "u zero", "y")}, []float64{0, 1, 2, 3, 4, 5}},
		"nothing of an axis": {[]*protos.NodeProto{
			n("Slice", "x ones ones ones", "s"), n("Concat", "x s", "y", a("axis", 1))}, []float64{0, 1, 2, 3, 4, 5}},
	} {
		t.Run(name, func(t *testing.T) {
			m := constantGraph(c.nodes, whole("lengths", []int64{3}, 2, 3, 1), whole("one", nil, 1), whole("minus", nil, -1),
				whole("zero", nil, 0), whole("four", nil, 4), whole("ones", []int64{1}, 1))
			b, err := compute.NewWithConfig("go:ops_sequential")
			if err != nil {
				t.Fatal(err)
			}
			x := numbers{name: "x", dims: []int{1, 6, 1, 1}, values: []float64{0, 1, 2, 3, 4, 5}, real: true}
			r, err := bench{b}.open(backendCase{proto: m, inputs: []numbers{x}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.values(nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got[0].values, c.want) {
				t.Errorf("%v, want %v", got[0].values, c.want)
			}
		})
	}
}
