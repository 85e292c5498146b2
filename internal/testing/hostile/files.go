// Package hostile makes model files that a stranger might hand over, for the tests of several packages.
package hostile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// Files are models that ask for much more than they hold. Each is made here, and is no larger than 1 MB.
var Files = map[string]func() *protos.ModelProto{
	"a constant of 2^30 whole numbers": func() *protos.ModelProto {
		return graphOf([]*protos.NodeProto{
			node("Expand", "one", "size"), node("Cast", "t0"), node("Add", "x", "t1"),
		}, weight("one", true, []int64{1}, 7), weight("size", true, []int64{1}, 1<<30))
	},
	"a thousand constants of 10^6": func() *protos.ModelProto {
		nodes := make([]*protos.NodeProto, 1000)
		for i := range nodes {
			nodes[i] = node("Expand", "one", "size")
		}
		return graphOf(nodes, weight("one", true, []int64{1}, 7), weight("size", true, []int64{1}, 1e6))
	},
	"numbers of 16,000 in a chain": func() *protos.ModelProto {
		return chain("Mul", 15000, weight("first", false, []int64{1, 16000}, slices.Repeat([]float64{1}, 16000)...))
	},
	"reshapes of a constant": func() *protos.ModelProto {
		nodes := make([]*protos.NodeProto, 15000)
		for i := range nodes {
			nodes[i] = node("Reshape", inputName(i, "large"), []string{"flat", "square"}[i%2])
		}
		return graphOf(nodes, weight("large", false, []int64{200, 200}, make([]float64, 40000)...),
			weight("flat", true, []int64{1}, 40000), weight("square", true, []int64{2}, 200, 200))
	},
	"transposes of a constant": func() *protos.ModelProto {
		return chain("Transpose", 15000, weight("first", false, []int64{200, 200}, make([]float64, 40000)...))
	},
	"whole numbers and numbers in turn": func() *protos.ModelProto {
		nodes := make([]*protos.NodeProto, 0, 16000)
		for i := range 5000 {
			nodes = append(nodes, node("Ceil", inputName(3*i, "half")), casts(3*i, protos.TensorProto_INT64),
				casts(3*i+1, protos.TensorProto_FLOAT))
		}
		return graphOf(nodes, weight("half", false, []int64{1}, 0.5))
	},
	"doubling a sum": func() *protos.ModelProto {
		nodes := []*protos.NodeProto{node("ConstantOfShape", "size")}
		for i := range 15000 {
			nodes = append(nodes, node("Add", inputName(i+1, ""), inputName(i+1, "")))
		}
		return graphOf(append(nodes, node("ReduceMax", inputName(15001, "")), casts(15001, protos.TensorProto_INT64)),
			weight("size", true, []int64{1}, 1<<20))
	},
	"doubling a constant": func() *protos.ModelProto {
		nodes := make([]*protos.NodeProto, 30)
		for i := range nodes {
			nodes[i] = node("Concat", inputName(i, "first"), inputName(i, "first"))
			nodes[i].Attribute = []*protos.AttributeProto{wholeAttribute("axis", 0)}
		}
		return graphOf(nodes, weight("first", true, []int64{2}, 1, 2))
	},
	"the largest of 2^31": func() *protos.ModelProto {
		return graphOf([]*protos.NodeProto{node("ConstantOfShape", "size"), node("ReduceMax", "t0"),
			casts(1, protos.TensorProto_INT64), node("Add", "x", "t2")},
			weight("size", true, []int64{2}, 1<<15, 1<<16))
	},
	"functions that call the next one twice": func() *protos.ModelProto {
		m := graphOf([]*protos.NodeProto{{OpType: "f0", Domain: "own", Input: []string{"x"}}})
		for i := range 40 {
			next := func(in, out string) *protos.NodeProto {
				return &protos.NodeProto{OpType: fmt.Sprint("f", i+1), Domain: "own", Input: []string{in},
					Output: []string{out}}
			}
			m.Functions = append(m.Functions, &protos.FunctionProto{Name: fmt.Sprint("f", i), Domain: "own",
				Input: []string{"a"}, Output: []string{"c"}, Node: []*protos.NodeProto{next("a", "b"), next("b", "c")}})
		}
		m.OpsetImport = append(m.OpsetImport, &protos.OperatorSetIdProto{Domain: "own", Version: 1})
		return m
	},
	"a split into 25,000 parts":                  split(25_000),
	"branches within branches, 3,000 deep":       branches(3000),
	"branches 300 deep that read 20,000 names":   captured(20_000, 300),
	"15,000 calls of a function of 400 kB":       called(false),
	"a function that reads 400 kB 15,000 times":  called(true),
	"the triangle of a matrix of 2^31 values":    wide("Trilu"),
	"a matrix of ones like one of 2^31 values":   wide("EyeLike"),
	"a matrix of 2^31 values into its own shape": wide("ScatterElements"),
	"a window of 2^31 - 1 values": func() *protos.ModelProto {
		return graphOf([]*protos.NodeProto{node("HannWindow", "size"), node("ReduceMean", "t0"), node("Add", "x", "t1")},
			weight("size", true, nil, 1<<31-1))
	},
	"weights of 8 bits in blocks of 2^31": func() *protos.ModelProto {
		n := node("MatMulNBits", "x", "none", "steps")
		n.Domain = "com.microsoft"
		n.Attribute = []*protos.AttributeProto{wholeAttribute("K", 1), wholeAttribute("N", 1<<31), wholeAttribute("bits", 8),
			wholeAttribute("block_size", 1<<31)}
		return graphOf([]*protos.NodeProto{n}, weight("none", true, []int64{0}), weight("steps", false, []int64{0}))
	},
	"one of 2^40 classes": func() *protos.ModelProto {
		return graphOf([]*protos.NodeProto{node("Relu", "x"), casts(0, protos.TensorProto_INT64),
			node("OneHot", "t1", "depth", "values")},
			weight("depth", true, []int64{1}, 1<<40), weight("values", false, []int64{2}, 0, 1))
	},
	"a constant cut into 2^30 pieces": func() *protos.ModelProto {
		return graphOf([]*protos.NodeProto{node("ConstantOfShape", "size"), node("SplitToSequence", "t0"),
			node("ConcatFromSequence", "t1"), node("Add", "x", "t2")}, weight("size", true, []int64{1}, 1<<30))
	},
	"a sequence that grows by one, 20,000 times": func() *protos.ModelProto {
		nodes := []*protos.NodeProto{node("SequenceConstruct", "x")}
		for i := range 20000 {
			nodes = append(nodes, node("SequenceInsert", fmt.Sprint("t", i), "x"))
		}
		return graphOf(append(nodes, node("ConcatFromSequence", "t20000")))
	},
	"a hundred sparse tensors of 2^24": func() *protos.ModelProto {
		m := graphOf([]*protos.NodeProto{node("Relu", "x")})
		for i := range 100 {
			m.Graph.SparseInitializer = append(m.Graph.SparseInitializer, &protos.SparseTensorProto{Dims: []int64{1 << 24},
				Values: &protos.TensorProto{Name: fmt.Sprint("s", i), DataType: int32(protos.TensorProto_FLOAT), Dims: []int64{1},
					FloatData: []float32{1}},
				Indices: &protos.TensorProto{DataType: int32(protos.TensorProto_INT64), Dims: []int64{1}, Int64Data: []int64{3}}})
		}
		return m
	},
	"tensors of rank 100,000": func() *protos.ModelProto {
		axes := make([]float64, 100000)
		for i := range axes {
			axes[i] = float64(i)
		}
		return graphOf([]*protos.NodeProto{node("Unsqueeze", "x", "axes")}, weight("axes", true, []int64{100000}, axes...))
	},
	"a name of 250,000 modules": func() *protos.ModelProto {
		n := node("Relu", "x")
		n.Name = strings.Repeat("/a", 250000) + "/Relu"
		return graphOf([]*protos.NodeProto{n})
	},
	"names of 250 modules": func() *protos.ModelProto {
		m := chain("Relu", 1500, nil)
		for _, n := range m.Graph.Node {
			n.Name = strings.Repeat("/a", 250) + "/Relu"
		}
		return m
	},
	"25,000 activations": func() *protos.ModelProto { return chain("Relu", 25000, nil) },
	"25,000 in reverse order": func() *protos.ModelProto {
		m := chain("Relu", 25000, nil)
		slices.Reverse(m.Graph.Node)
		return m
	},
	"25,000 sums before softmax": sumsBeforeSoftmax,
	"pools of 1000 x 1000": func() *protos.ModelProto {
		return graphOf([]*protos.NodeProto{pool("MaxPool"), node("Relu", "t0")})
	},
	"mean pools of 1000 x 1000": func() *protos.ModelProto {
		return graphOf([]*protos.NodeProto{pool("AveragePool"), node("Relu", "t0")})
	},
	"a resize to 2^14 x 2^15": func() *protos.ModelProto {
		return graphOf([]*protos.NodeProto{node("Resize", "x", "", "", "size"), node("Relu", "t0")},
			weight("size", true, []int64{4}, 1, 3, 1<<14, 1<<15))
	},
	"resizes to many sizes": func() *protos.ModelProto {
		var nodes []*protos.NodeProto
		var sizes []*protos.TensorProto
		for i := range 500 {
			name := fmt.Sprint("s", i)
			sizes = append(sizes, weight(name, true, []int64{4}, 1, 3, float64(8000+i), float64(9000+i)))
			nodes = append(nodes, node("Resize", "x", "", "", name))
		}
		return graphOf(nodes, sizes...)
	},
	"30,000 initializers": func() *protos.ModelProto {
		var all []*protos.TensorProto
		for i := range 30000 {
			all = append(all, weight(fmt.Sprint("i", i), false, []int64{1}, 1))
		}
		return graphOf([]*protos.NodeProto{node("Relu", "x")}, all...)
	},
}

// node returns a node. The graph will name its output t0, t1, ...
func node(op string, in ...string) *protos.NodeProto {
	return &protos.NodeProto{OpType: op, Input: in}
}

func casts(i int, to protos.TensorProto_DataType) *protos.NodeProto {
	n := node("Cast", fmt.Sprint("t", i))
	n.Attribute = []*protos.AttributeProto{wholeAttribute("to", int(to))}
	return n
}

func pool(op string) *protos.NodeProto {
	n := node(op, "x")
	n.Attribute = []*protos.AttributeProto{
		{Name: "kernel_shape", Type: protos.AttributeProto_INTS, Ints: []int64{1000, 1000}},
		{Name: "pads", Type: protos.AttributeProto_INTS, Ints: []int64{990, 990, 990, 990}},
	}
	return n
}

// inputName returns what node i reads: the output of the node before it, or first.
func inputName(i int, first string) string {
	if i == 0 {
		return first
	}
	return fmt.Sprint("t", i-1)
}

// chain returns n operators one after another. The first reads a constant, or the picture if there is none.
func chain(op string, n int, first *protos.TensorProto) *protos.ModelProto {
	name, weights := "x", []*protos.TensorProto(nil)
	if first != nil {
		name, weights = first.Name, []*protos.TensorProto{first}
	}
	nodes := make([]*protos.NodeProto, n)
	for i := range nodes {
		nodes[i] = node(op, inputName(i, name))
		if op == "Mul" {
			nodes[i].Input = append(nodes[i].Input, inputName(i, name))
		}
	}
	return graphOf(nodes, weights...)
}

func sumsBeforeSoftmax() *protos.ModelProto {
	nodes := []*protos.NodeProto{node("Reshape", "x", "shape")}
	for i := range 25000 {
		nodes = append(nodes, node("Add", inputName(i+1, ""), inputName(i+1, "")))
	}
	return graphOf(append(nodes, node("Softmax", inputName(len(nodes), ""))), weight("shape", true, []int64{3}, 1, 32, 96))
}

func graphOf(nodes []*protos.NodeProto, weights ...*protos.TensorProto) *protos.ModelProto {
	for i, n := range nodes {
		n.Output = []string{fmt.Sprint("t", i)}
	}
	return &protos.ModelProto{IrVersion: 8, OpsetImport: []*protos.OperatorSetIdProto{{Version: 17}},
		Graph: &protos.GraphProto{
			Name: "hostile", Node: nodes, Initializer: weights,
			Input:  []*protos.ValueInfoProto{onnxnorm.Declare("x", []int{1, 3, 32, 32})},
			Output: []*protos.ValueInfoProto{{Name: fmt.Sprint("t", len(nodes)-1)}},
		}}
}

func wholeAttribute(name string, v int) *protos.AttributeProto {
	return &protos.AttributeProto{Name: name, Type: protos.AttributeProto_INT, I: int64(v)}
}

// weight returns a constant of numbers, or of whole numbers if whole is true.
func weight(name string, whole bool, dims []int64, values ...float64) *protos.TensorProto {
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
