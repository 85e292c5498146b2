package hostile

import (
	"fmt"

	"github.com/gomlx/compute-onnx/support/protos"
)

// branches makes a model of branches within branches.
func branches(deep int) func() *protos.ModelProto {
	return func() *protos.ModelProto {
		inner := &protos.GraphProto{Name: "g",
			Node:   []*protos.NodeProto{{OpType: "Relu", Input: []string{"x"}, Output: []string{"y"}}},
			Output: []*protos.ValueInfoProto{{Name: "y"}}}
		flat := inner
		for range deep {
			branch := &protos.AttributeProto{Name: "then_branch", Type: protos.AttributeProto_GRAPH, G: inner}
			other := &protos.AttributeProto{Name: "else_branch", Type: protos.AttributeProto_GRAPH, G: flat}
			inner = &protos.GraphProto{Name: "g",
				Node: []*protos.NodeProto{{OpType: "If", Input: []string{"c"}, Output: []string{"y"},
					Attribute: []*protos.AttributeProto{branch, other}}}, Output: []*protos.ValueInfoProto{{Name: "y"}}}
		}
		n := inner.Node[0]
		return graphOf([]*protos.NodeProto{n}, &protos.TensorProto{Name: "c", DataType: int32(protos.TensorProto_BOOL),
			Int32Data: []int32{1}})
	}
}

// called makes a model of a function that holds a tensor of 400 kB, or is given one, and is called many times.
func called(given bool) func() *protos.ModelProto {
	return func() *protos.ModelProto {
		tensor := &protos.AttributeProto{Name: "value", Type: protos.AttributeProto_TENSOR,
			T: &protos.TensorProto{Dims: []int64{100_000}, DataType: int32(protos.TensorProto_FLOAT),
				RawData: make([]byte, 400_000)}}
		held := tensor
		if given {
			held = &protos.AttributeProto{Name: "value", Type: protos.AttributeProto_TENSOR, RefAttrName: "value"}
		}
		f := &protos.FunctionProto{Name: "F", Domain: "own", Input: []string{"a"}, Output: []string{"b"},
			Node: []*protos.NodeProto{{OpType: "Constant", Output: []string{"c"}, Attribute: []*protos.AttributeProto{held}},
				{OpType: "Identity", Input: []string{"a"}, Output: []string{"b"}}}}
		var nodes []*protos.NodeProto
		if given { // many nodes of one call
			for range 15_000 {
				f.Node = append(f.Node, f.Node[0])
			}
			nodes = []*protos.NodeProto{{OpType: "F", Domain: "own", Input: []string{"x"},
				Attribute: []*protos.AttributeProto{tensor}}}
		} else {
			for i := range 15_000 {
				nodes = append(nodes, &protos.NodeProto{OpType: "F", Domain: "own", Input: []string{inputName(i, "x")}})
			}
		}
		m := graphOf(nodes)
		m.Functions = []*protos.FunctionProto{f}
		m.OpsetImport = append(m.OpsetImport, &protos.OperatorSetIdProto{Domain: "own", Version: 1})
		return m
	}
}

// wide makes a model of an operator on two axes of 690,000 and 3,072, in which the picture is repeated.
func wide(op string) func() *protos.ModelProto {
	return func() *protos.ModelProto {
		last := node(op, "t1")
		if op == "ScatterElements" {
			last = node(op, "t1", "t2", "t1")
		}
		return graphOf([]*protos.NodeProto{node("Reshape", "x", "flat"), node("Expand", "t0", "size"),
			casts(1, protos.TensorProto_INT64), last}, weight("flat", true, []int64{2}, 1, -1),
			weight("size", true, []int64{2}, 690_000, 3072))
	}
}

// captured makes a model whose subgraphs, one within the other, all read many names from outside.
func captured(names, deep int) func() *protos.ModelProto {
	return func() *protos.ModelProto {
		m := branches(deep)()
		last := m.Graph.Node[0].Attribute[0]
		for last.G.Node[0].Attribute != nil {
			last = last.G.Node[0].Attribute[0]
		}
		sum := &protos.NodeProto{OpType: "Sum", Output: []string{"y"}}
		last.G = &protos.GraphProto{Name: "g", Node: []*protos.NodeProto{sum}, Output: last.G.Output}
		nodes := make([]*protos.NodeProto, names)
		for i := range nodes {
			nodes[i] = &protos.NodeProto{OpType: "Identity", Input: []string{"x"}, Output: []string{fmt.Sprint("n", i)}}
			sum.Input = append(sum.Input, nodes[i].Output[0])
		}
		m.Graph.Node = append(nodes, m.Graph.Node...)
		return m
	}
}

// split makes a model that divides the picture into many parts, most of them empty.
func split(parts int) func() *protos.ModelProto {
	return func() *protos.ModelProto {
		m := graphOf([]*protos.NodeProto{node("Split", "x")})
		n := m.Graph.Node[0]
		n.Attribute = []*protos.AttributeProto{wholeAttribute("axis", 1)}
		for i := range parts {
			n.Output = append(n.Output, fmt.Sprint("o", i))
		}
		return m
	}
}
