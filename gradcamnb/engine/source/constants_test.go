package source

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// initializer returns an initializer of floats, or of integers if whole is true.
func initializer(name string, whole bool, dims []int64, values ...float64) *protos.TensorProto {
	p := &protos.TensorProto{Name: name, Dims: dims, DataType: int32(protos.TensorProto_FLOAT)}
	for _, v := range values {
		if whole {
			p.DataType, p.Int64Data = int32(protos.TensorProto_INT64), append(p.Int64Data, int64(v))
		} else {
			p.FloatData = append(p.FloatData, float32(v))
		}
	}
	return p
}

func wholeAttribute(name string, v int) *protos.AttributeProto {
	return &protos.AttributeProto{Name: name, Type: protos.AttributeProto_INT, I: int64(v)}
}

// constantGraph returns a model with the input "x" and the output "y".
func constantGraph(nodes []*protos.NodeProto, weights ...*protos.TensorProto) *protos.ModelProto {
	return &protos.ModelProto{
		OpsetImport: []*protos.OperatorSetIdProto{{Version: 17}},
		Graph: &protos.GraphProto{Node: nodes, Initializer: weights, Input: []*protos.ValueInfoProto{{Name: "x"}},
			Output: []*protos.ValueInfoProto{{Name: "y"}}},
	}
}

// Operators on constants give the values that are worked out by hand.
func TestConstantsOfConstants(t *testing.T) {
	reals := func(values ...float64) *protos.TensorProto {
		return initializer("a", false, []int64{int64(len(values))}, values...)
	}
	wholes := func(values ...float64) *protos.TensorProto {
		return initializer("a", true, []int64{int64(len(values))}, values...)
	}
	matrix := func(values ...float64) *protos.TensorProto {
		return initializer("a", false, []int64{2, int64(len(values) / 2)}, values...)
	}
	second := func(whole bool, values ...float64) *protos.TensorProto {
		return initializer("b", whole, []int64{int64(len(values))}, values...)
	}
	number := func(whole bool, v float64) *protos.TensorProto { return initializer("b", whole, nil, v) }
	to := func(kind protos.TensorProto_DataType) []*protos.AttributeProto {
		return []*protos.AttributeProto{wholeAttribute("to", int(kind))}
	}
	zero3 := &protos.TensorProto{Name: "z", DataType: int32(protos.TensorProto_UINT8), Int32Data: []int32{3}}
	for name, c := range map[string]struct {
		op    string
		in    []*protos.TensorProto
		attrs []*protos.AttributeProto
		want  []float64
	}{
		// 0.5/0.2 = 2.5 to even, above 255 and below 0 cut off, with the zero point 3.
		"QuantizeLinear": {"QuantizeLinear", []*protos.TensorProto{reals(0.5, 100, -9), number(false, 0.2), zero3},
			nil, []float64{5, 255, 0}},
		"Ceil":                 {"Ceil", []*protos.TensorProto{reals(0.5, -0.5, 2)}, nil, []float64{1, 0, 2}},
		"Floor":                {"Floor", []*protos.TensorProto{reals(0.5, -0.5, 2)}, nil, []float64{0, -1, 2}},
		"Clip":                 {"Clip", []*protos.TensorProto{reals(-1, 3, 9), number(false, 0)}, nil, []float64{0, 3, 9}},
		"Max":                  {"Max", []*protos.TensorProto{reals(1, 3), second(false, 2, 2)}, nil, []float64{2, 3}},
		"Min of whole numbers": {"Min", []*protos.TensorProto{wholes(1, 3), second(true, 2, 2)}, nil, []float64{1, 2}},
		"Relu":                 {"Relu", []*protos.TensorProto{reals(-1, 3)}, nil, []float64{0, 3}},
		"Abs":                  {"Abs", []*protos.TensorProto{reals(-1, 3)}, nil, []float64{1, 3}},
		"Neg":                  {"Neg", []*protos.TensorProto{reals(-1, 3)}, nil, []float64{1, -3}},
		"Neg of whole numbers": {"Neg", []*protos.TensorProto{wholes(-1, 3)}, nil, []float64{1, -3}},
		"Pow of whole numbers": {"Pow", []*protos.TensorProto{wholes(2, 3), number(true, 3)}, nil, []float64{8, 27}},
		"Exp":                  {"Exp", []*protos.TensorProto{reals(0, 1)}, nil, []float64{1, math.E}},
		"Sign":                 {"Sign", []*protos.TensorProto{reals(-3, 0, 2)}, nil, []float64{-1, 0, 1}},
		"ReduceMax": {"ReduceMax", []*protos.TensorProto{matrix(1, 2, 3, 4), second(true, 1)},
			[]*protos.AttributeProto{wholeAttribute("keepdims", 0)}, []float64{2, 4}},
		"ReduceMin, whole": {"ReduceMin", []*protos.TensorProto{wholes(4, 2, 3)},
			[]*protos.AttributeProto{wholeAttribute("keepdims", 0)}, []float64{2}},
		"ReduceProd, whole": {"ReduceProd", []*protos.TensorProto{wholes(4, 2, 3)},
			[]*protos.AttributeProto{wholeAttribute("keepdims", 0)}, []float64{24}},
		"ReduceSum": {"ReduceSum", []*protos.TensorProto{matrix(1, 2, 3, 4), second(true, 0)},
			[]*protos.AttributeProto{wholeAttribute("keepdims", 0)}, []float64{4, 6}},
		"ReduceMean": {"ReduceMean", []*protos.TensorProto{matrix(1, 2, 3, 4), second(true, 0)},
			[]*protos.AttributeProto{wholeAttribute("keepdims", 0)}, []float64{2, 3}},
		"Greater": {"Greater", []*protos.TensorProto{reals(1, 3), second(false, 2, 2)}, nil, []float64{0, 1}},
		"Less":    {"Less", []*protos.TensorProto{reals(1, 3), second(false, 2, 2)}, nil, []float64{1, 0}},
		"MatMul": {"MatMul",
			[]*protos.TensorProto{matrix(1, 2, 3, 4), initializer("b", false, []int64{2, 1}, 1, 10)}, nil, []float64{21, 43}},
		"Tile": {"Tile", []*protos.TensorProto{reals(1, 2), second(true, 2)}, nil, []float64{1, 2, 1, 2}},
		"Concat": {"Concat", []*protos.TensorProto{reals(1, 2), second(false, 3)},
			[]*protos.AttributeProto{wholeAttribute("axis", 0)}, []float64{1, 2, 3}},
		"Gather of numbers": {"Gather", []*protos.TensorProto{reals(5, 6, 7), second(true, 2, 0)}, nil, []float64{7, 5}},
		"half is true": {"Cast", []*protos.TensorProto{reals(0.5, 0, -2)}, to(protos.TensorProto_BOOL),
			[]float64{1, 0, 1}},
		"to whole numbers": {"Cast", []*protos.TensorProto{reals(0.5, -1.5, 2)}, to(protos.TensorProto_INT64),
			[]float64{0, -1, 2}},
		"ConstantOfShape": {"ConstantOfShape", []*protos.TensorProto{wholes(2, 2)}, nil, []float64{0, 0, 0, 0}},
		"Expand":          {"Expand", []*protos.TensorProto{reals(3), second(true, 3)}, nil, []float64{3, 3, 3}},
		"Range of real numbers": {"Range", []*protos.TensorProto{initializer("a", false, nil, 1),
			initializer("b", false, nil, 2), initializer("c", false, nil, 0.5)}, nil, []float64{1, 1.5}},
		// (1-2)/sqrt(1+3)*2 + 5
		"weights standardised": {"BatchNormalization", []*protos.TensorProto{initializer("a", false, []int64{1, 1, 2}, 1, 3),
			second(false, 2), initializer("c", false, []int64{1}, 5), initializer("d", false, []int64{1}, 0),
			initializer("e", false, []int64{1}, 1)}, []*protos.AttributeProto{wholeAttribute("training_mode", 1),
			{Name: "epsilon", Type: protos.AttributeProto_FLOAT, F: 3}}, []float64{4, 6}},
	} {
		t.Run(name, func(t *testing.T) {
			n := &protos.NodeProto{OpType: c.op, Name: "it", Output: []string{"y"}, Attribute: c.attrs}
			for _, p := range c.in {
				n.Input = append(n.Input, p.Name)
			}
			g, err := onnxnorm.Normalise(t.Context(), constantGraph([]*protos.NodeProto{n}, c.in...), []int{1, 3, 8, 8},
				onnxnorm.Options{Evaluate: evaluate})
			if err != nil {
				t.Fatal(err)
			}
			_, got, ok := g.Constant("y")
			if !ok {
				t.Fatal("it is no constant")
			}
			if len(got) != len(c.want) ||
				slices.ContainsFunc(got, func(v float64) bool { return !(math.Abs(v-c.want[slices.Index(got, v)]) < 1e-6) }) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// A constant of any size opens, and its values are computed when they are asked for.
func TestLargeConstantIsLazy(t *testing.T) {
	m := constantGraph([]*protos.NodeProto{
		{OpType: "ConstantOfShape", Input: []string{"shape"}, Output: []string{"zeros"}},
		{OpType: "Cos", Input: []string{"zeros"}, Output: []string{"ones"}},
		{OpType: "ReduceMean", Input: []string{"ones"}, Output: []string{"one"}},
		{OpType: "Mul", Input: []string{"x", "one"}, Output: []string{"y"}},
	}, initializer("shape", true, []int64{4}, 1, 1, 1<<15, 1<<15))
	g, err := onnxnorm.Normalise(t.Context(), m, []int{1, 1, 1, 1}, onnxnorm.Options{Evaluate: evaluate})
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(g.Tensors, func(x onnxnorm.Tensor) bool { return x.Name == "ones" }); !g.Tensors[i].Constant {
		t.Error("the cosine of zeros is no constant")
	}
}

// Whole numbers are put together without a program, however many there are, such as the indices of relative positions.
func TestWholeNumbersFoldWithoutAProgram(t *testing.T) {
	m := constantGraph([]*protos.NodeProto{
		{OpType: "Expand", Input: []string{"one", "shape"}, Output: []string{"ones"}},
		{OpType: "Concat", Input: []string{"ones", "ones"}, Output: []string{"two"},
			Attribute: []*protos.AttributeProto{{Name: "axis", Type: protos.AttributeProto_INT, I: 3}}},
		{OpType: "Add", Input: []string{"two", "one"}, Output: []string{"more"}},
		{OpType: "Cast", Input: []string{"more"}, Output: []string{"real"},
			Attribute: []*protos.AttributeProto{{Name: "to", Type: protos.AttributeProto_INT, I: 1}}},
		{OpType: "Mul", Input: []string{"x", "real"}, Output: []string{"y"}},
	}, initializer("shape", true, []int64{4}, 1, 1, 200, 200), initializer("one", true, []int64{1}, 1))
	none := func(*protos.ModelProto, map[string]onnxnorm.Weight, string) ([]float32, error) {
		return nil, errors.New("a program is run")
	}
	if _, err := onnxnorm.Normalise(t.Context(), m, []int{1, 1, 1, 1}, onnxnorm.Options{Evaluate: none}); err != nil {
		t.Fatal(err)
	}
}

// A constant made of the input's shape has another name among the weights for each shape.
func TestConstantsOfShapes(t *testing.T) {
	m := constantGraph([]*protos.NodeProto{
		{OpType: "Shape", Input: []string{"x"}, Output: []string{"shape"}},
		{OpType: "ConstantOfShape", Input: []string{"shape"}, Output: []string{"zeros"}},
		{OpType: "Cos", Input: []string{"zeros"}, Output: []string{"ones"}},
		{OpType: "Mul", Input: []string{"x", "ones"}, Output: []string{"y"}},
	})
	names := map[string]bool{}
	for _, side := range []int{200, 201} {
		g, err := onnxnorm.Normalise(t.Context(), m, []int{1, 1, side, 200}, onnxnorm.Options{Evaluate: evaluate})
		if err != nil {
			t.Fatal(err)
		}
		for name := range g.Weights {
			names[name] = true
		}
	}
	if len(names) != 2 {
		t.Errorf("two shapes have the weights %v", names)
	}
}
