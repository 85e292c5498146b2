package onnxnorm

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/gomlx/compute-onnx/support/protos"
)

// FuzzNormalise rewrites files with any content: the result is a graph or an error. A longer run:
//
//	go test ./gradcamnb/engine/source/onnxnorm -run - -fuzz FuzzNormalise -fuzztime 10m
func FuzzNormalise(f *testing.F) {
	axis := []*protos.AttributeProto{attrInt("axis", 0)}
	for _, nodes := range [][]*protos.NodeProto{
		{{OpType: "Relu", Input: []string{"x"}, Output: []string{"y"}}},
		{{OpType: "Reshape", Input: []string{"x", "shape"}, Output: []string{"y"}}},
		{{OpType: "Conv", Input: []string{"x", "w"}, Output: []string{"y"},
			Attribute: []*protos.AttributeProto{attrInts("pads", []int{1, 1, 1, 1})}}},
		{{OpType: "MaxPool", Input: []string{"x"}, Output: []string{"y"},
			Attribute: []*protos.AttributeProto{attrInts("kernel_shape", []int{2, 2})}}},
		{{OpType: "Resize", Input: []string{"x", "", "", "shape"}, Output: []string{"y"}}},
		{{OpType: "Concat", Input: []string{"shape", "shape"}, Output: []string{"a"}, Attribute: axis},
			{OpType: "ConstantOfShape", Input: []string{"a"}, Output: []string{"y"}}},
		{{OpType: "Shape", Input: []string{"x"}, Output: []string{"a"}},
			{OpType: "Cast", Input: []string{"a"}, Output: []string{"b"},
				Attribute: []*protos.AttributeProto{attrInt("to", protoFloat)}},
			{OpType: "ReduceMax", Input: []string{"b"}, Output: []string{"y"}}},
	} {
		data, err := proto.Marshal(graph(nodes, ints("shape", 1, 3, 4, 4), weight([]int64{2, 3, 1, 1}, 1, 2, 3, 4, 5, 6)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := &protos.ModelProto{}
		if proto.Unmarshal(data, m) != nil {
			return
		}
		for _, o := range []Options{{}, {KeepLayout: true, PureGo: true, Cuts: []string{"a", "x"}}} {
			g, err := Normalise(t.Context(), m, []int{1, 3, 6, 6}, o)
			if err == nil && len(g.Outputs) == 0 && len(m.Graph.Output) > 0 {
				panic("a graph without the outputs of the file")
			}
		}
	})
}
