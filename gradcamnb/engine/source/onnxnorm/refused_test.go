package onnxnorm

import (
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
)

// An output that cannot be computed is refused alone, together with what reads it.
func TestSideOutputs(t *testing.T) {
	m := graph([]*protos.NodeProto{
		{OpType: "StringSplit", Name: "/side/Split", Input: []string{"x"}, Output: []string{"words"}},
		{OpType: "Relu", Input: []string{"words"}, Output: []string{"side"}},
		{OpType: "Relu", Input: []string{"x"}, Output: []string{"y"}},
	})
	m.Graph.Output = append(m.Graph.Output, Declare("side", nil))
	g, err := Normalise(t.Context(), m, []int{1, 3, 8, 8}, Options{Needs: []string{"y"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Tensors) != 1 || g.Tensors[0].Name != "y" {
		t.Errorf("tensors %v, want y alone", g.Tensors)
	}
	if err := g.Left["side"]; err == nil || !strings.Contains(err.Error(), "StringSplit") {
		t.Errorf("side output: %v, want what StringSplit is refused for", err)
	}
	if _, err := Normalise(t.Context(), m, []int{1, 3, 8, 8}, Options{Needs: []string{"side"}}); err == nil {
		t.Error("no error for the side output itself")
	}
	if _, err := Normalise(t.Context(), m, []int{1, 3, 8, 8},
		Options{Needs: []string{}, Cuts: []string{"words"}}); err == nil {
		t.Error("no error for a cut that cannot be computed")
	}
}

// Attributes that no network has, and sizes that no machine has, are refused in one short sentence before anything is
// made of them.
func TestEndlessAttributes(t *testing.T) {
	whole := func(name string, v ...int64) *protos.TensorProto {
		return &protos.TensorProto{Name: name, Dims: []int64{int64(len(v))}, Int64Data: v,
			DataType: int32(protos.TensorProto_INT64)}
	}
	zeros := func(name string, dims ...int64) *protos.TensorProto {
		n := int64(1)
		for _, d := range dims {
			n *= d
		}
		return &protos.TensorProto{Name: name, Dims: dims, FloatData: make([]float32, n),
			DataType: int32(protos.TensorProto_FLOAT)}
	}
	ints := func(name string, n int) *protos.AttributeProto {
		return &protos.AttributeProto{Name: name, Type: protos.AttributeProto_INTS, Ints: make([]int64, n)}
	}
	one := func(name string, v int64) *protos.AttributeProto {
		return &protos.AttributeProto{Name: name, Type: protos.AttributeProto_INT, I: v}
	}
	row := func(name string, v ...int64) *protos.TensorProto {
		t := whole(name, v...)
		t.Dims = []int64{1, int64(len(v))}
		return t
	}
	text := func(name, value string) *protos.AttributeProto {
		return &protos.AttributeProto{Name: name, Type: protos.AttributeProto_STRING, S: []byte(value)}
	}
	long := strings.Repeat("\x1b[2J", 1<<20)
	for _, c := range []struct {
		op     string
		inputs []*protos.TensorProto // besides the picture, which comes first unless the operator takes none
		attr   *protos.AttributeProto
	}{
		{"Transpose", nil, ints("perm", 1<<20)},
		{"Transpose", nil, ints("perm", 5)},
		{"MaxPool", nil, ints("kernel_shape", 1<<20)},
		{"Einsum", nil, text("equation", long)},
		{"MaxPool", nil, text("auto_pad", long)},
		{"AffineGrid", []*protos.TensorProto{zeros("theta", 1, 2, 3), whole("size", 1, 3, 1<<20, 1<<20)}, nil},
		{"AffineGrid", []*protos.TensorProto{zeros("theta", 1, 2, 3), whole("size", 1, 3, -8, 8)}, nil},
		{"Resize", []*protos.TensorProto{zeros("roi", 8), zeros("scales", 0), whole("sizes", 1, 3, 1<<23, 8)},
			text("coordinate_transformation_mode", "tf_crop_and_resize")},
		{"TopK", []*protos.TensorProto{whole("k", 1<<40)}, nil},
		{"Split", nil, one("num_outputs", 0)},
		{"Split", nil, one("num_outputs", 2)},
		{"Split", []*protos.TensorProto{whole("split", -1)}, nil},
		{"ScatterND", []*protos.TensorProto{row("place", 0, 3), zeros("updates", 1, 8, 8)}, nil},
		{"ScatterND", []*protos.TensorProto{row("place", 0, -4), zeros("updates", 1, 8, 8)}, nil},
		{"GatherND", []*protos.TensorProto{row("place", 0, 3)}, nil},
	} {
		node := &protos.NodeProto{OpType: c.op, Input: []string{"x"}, Output: []string{"y"}}
		if c.op == "AffineGrid" {
			node.Input = nil
		}
		for _, in := range c.inputs {
			node.Input = append(node.Input, in.Name)
		}
		if c.attr != nil {
			node.Attribute = []*protos.AttributeProto{c.attr}
		}
		m := graph([]*protos.NodeProto{node})
		m.Graph.Initializer = slices.Concat(m.Graph.Initializer, c.inputs)
		_, err := Normalise(t.Context(), m, []int{1, 3, 8, 8}, Options{})
		if err == nil || len(err.Error()) > 300 {
			t.Errorf("%s: the error is %.400v", c.op, err)
		}
	}
}
