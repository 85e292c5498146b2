package source

import (
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
)

// A sum of a softmax is a probability only along the axis that the softmax was taken along, whatever is between them.
// Each case follows an axis of y back to a softmax p, whose shape is [2, 6, 4, 5].
func TestAxisOfSoftmax(t *testing.T) {
	node := func(op string, in []string, attrs ...*protos.AttributeProto) *protos.NodeProto {
		return &protos.NodeProto{OpType: op, Input: in, Output: []string{"y"}, Attribute: attrs}
	}
	axis := func(v int64) *protos.AttributeProto { return &protos.AttributeProto{Name: "axis", I: v} }
	keep := func(v int64) *protos.AttributeProto { return &protos.AttributeProto{Name: "keepdims", I: v} }
	of := func(names ...string) []string { return names }
	along := func(v ...int64) *protos.TensorProto {
		return &protos.TensorProto{DataType: int32(protos.TensorProto_INT64), Dims: []int64{int64(len(v))}, Int64Data: v}
	}
	softmax := func(attrs ...*protos.AttributeProto) []*protos.NodeProto {
		return []*protos.NodeProto{{OpType: "Softmax", Input: of("x"), Output: of("p"), Attribute: attrs}}
	}
	written := func(over string) []*protos.NodeProto {
		return []*protos.NodeProto{{OpType: "Exp", Input: of("x"), Output: of("e")},
			{OpType: "ReduceSum", Input: of("e", over), Output: of("s")},
			{OpType: "Div", Input: of("e", "s"), Output: of("p")}}
	}
	perm := &protos.AttributeProto{Name: "perm", Ints: []int64{0, 2, 3, 1}}
	copied := node("Cast", of("p"))
	consts := map[string]*protos.TensorProto{"classes": along(1), "rows": along(-2), "small": {
		DataType: int32(protos.TensorProto_FLOAT), FloatData: []float32{1e-6}}}
	for name, c := range map[string]struct {
		softmax []*protos.NodeProto
		y       *protos.NodeProto
		shape   []int // of y
		axis    int
		flat    bool // as before opset 13
		want    bool
	}{
		"itself":                  {softmax(axis(1)), node("Identity", of("p")), nil, 1, false, true},
		"from the end":            {softmax(axis(-3)), copied, nil, 1, false, true},
		"columns":                 {softmax(axis(1)), copied, nil, -1, false, false},
		"none said, the last":     {softmax(), copied, nil, 3, false, true},
		"none said, not the last": {softmax(), copied, nil, 1, false, false},
		"over all behind":         {softmax(), copied, nil, 3, true, true},
		"not over all before":     {softmax(axis(2)), copied, nil, 1, true, false},
		"a part of them": {softmax(axis(1)), node("Slice", of("p", "a", "b", "c")),
			[]int{2, 3, 4, 5}, 1, false, true},
		"turned": {softmax(axis(1)), node("Transpose", of("p"), perm), []int{2, 4, 5, 6}, 3, false, true},
		"turned, another": {softmax(axis(1)), node("Transpose", of("p"), perm),
			[]int{2, 4, 5, 6}, 1, false, false},
		"reversed": {softmax(axis(1)), node("Transpose", of("p")), []int{5, 4, 6, 2}, 2, false, true},
		"in groups": {softmax(axis(1)), node("Reshape", of("p", "shape")),
			[]int{2, 3, 2, 4, 5}, 2, false, true},
		"groups of rows": {softmax(axis(1)), node("Reshape", of("p", "shape")),
			[]int{2, 6, 2, 2, 5}, 2, false, false},
		"classes and rows": {softmax(axis(1)), node("Reshape", of("p", "shape")), []int{2, 24, 5}, 1, false, false},
		"one of the rows": {softmax(axis(1)), node("Gather", of("p", "i"), axis(2)),
			[]int{2, 6, 5}, 1, false, true},
		"one of the rows, another": {softmax(axis(1)), node("Gather", of("p", "i"), axis(2)),
			[]int{2, 6, 5}, 2, false, false},
		"mean of rows": {softmax(axis(3)), node("ReduceMean", of("p", "rows"), keep(0)),
			[]int{2, 6, 5}, 2, false, true},
		"mean of rows, kept": {softmax(axis(3)), node("ReduceMean", of("p", "rows")),
			[]int{2, 6, 1, 5}, 3, false, true},
		"a little more":        {softmax(axis(1)), node("Add", of("small", "p")), nil, 1, false, true},
		"written out":          {written("classes"), copied, nil, 1, false, true},
		"written out, another": {written("rows"), copied, nil, 1, false, false},
		"summed before": {softmax(axis(1)), node("ReduceSum", of("p", "classes")),
			[]int{2, 1, 4, 5}, 1, false, false},
		"no such axis": {softmax(axis(1)), copied, nil, -7, false, false},
	} {
		e := endings{made: map[string]*protos.NodeProto{"y": c.y}, consts: consts, known: map[string]Ending{},
			softmaxAxis: -1, shapes: map[string][]int{"p": {2, 6, 4, 5}, "y": c.shape}}
		if c.shape == nil {
			e.shapes["y"] = e.shapes["p"]
		}
		if c.flat {
			e.softmaxAxis = 1
		}
		for _, n := range c.softmax {
			e.made[n.Output[0]] = n
		}
		if got := e.exclude("y", c.axis); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	for axis, want := range map[int64]Unit{0: PlainNumbers, -2: PlainNumbers, 1: SoftmaxProbability} {
		p := softmax(&protos.AttributeProto{Name: "axis", I: axis})[0]
		e := endings{made: map[string]*protos.NodeProto{"p": p}, known: map[string]Ending{},
			shapes: map[string][]int{"p": {1, 7}}, softmaxAxis: -1}
		if got := e.findEnding("p", 0); got.Unit != want || want == PlainNumbers && got.Before != "" {
			t.Errorf("a softmax along axis %d of [batch, classes]: %+v, want %s", axis, got, want)
		}
	}
	e := endings{made: map[string]*protos.NodeProto{"p": softmax()[0]}}
	if e.exclude("p", 1) {
		t.Error("the axis is known without a shape")
	}
}
