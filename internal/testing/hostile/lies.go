package hostile

import (
	"math"
	"strings"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// Lies are models that claim the impossible, or what nobody reads. Each is opened, or is refused with a sentence.
var Lies = map[string]func() *protos.ModelProto{
	"an input of 10^9 x 10^9": func() *protos.ModelProto { return activationModel(1, 3, 1e9, 1e9) },
	"an input of -5 x 0":      func() *protos.ModelProto { return activationModel(1, 3, -5, 0) },
	"an input of five axes":   func() *protos.ModelProto { return activationModel(1, 3, 8, 8, 8) },
	"an input without a shape": func() *protos.ModelProto {
		m := activationModel(1, 3, 8, 8)
		m.Graph.Input[0].Type = nil
		return m
	},
	"no graph":   func() *protos.ModelProto { return &protos.ModelProto{IrVersion: 8} },
	"no output":  func() *protos.ModelProto { m := activationModel(1, 3, 8, 8); m.Graph.Output = nil; return m },
	"no input":   func() *protos.ModelProto { m := activationModel(1, 3, 8, 8); m.Graph.Input = nil; return m },
	"no version": func() *protos.ModelProto { m := activationModel(1, 3, 8, 8); m.OpsetImport = nil; return m },
	"the input as output": func() *protos.ModelProto {
		m := activationModel(1, 3, 8, 8)
		m.Graph.Output[0].Name = "x"
		return m
	},
	"an output that nothing makes": func() *protos.ModelProto {
		m := activationModel(1, 3, 8, 8)
		m.Graph.Output[0].Name = "y"
		return m
	},
	"the same output twice": func() *protos.ModelProto {
		m := activationModel(1, 3, 8, 8)
		m.Graph.Output = append(m.Graph.Output, m.Graph.Output[0])
		return m
	},
	"a second input of 2^40 numbers": func() *protos.ModelProto {
		m := graphOf([]*protos.NodeProto{node("Add", "x", "beside")})
		m.Graph.Input = append(m.Graph.Input, onnxnorm.Declare("beside", []int{1, 1 << 20, 1 << 20}))
		return m
	},
	"a node that reads itself": func() *protos.ModelProto {
		return graphOf([]*protos.NodeProto{node("Add", "x", "t0")})
	},
	"two nodes that read each other": func() *protos.ModelProto {
		return graphOf([]*protos.NodeProto{node("Add", "x", "t1"), node("Relu", "t0")})
	},
	"weights of fewer numbers than their shape": func() *protos.ModelProto {
		return graphOf([]*protos.NodeProto{node("Conv", "x", "w")}, weight("w", false, []int64{4, 3, 3, 3}, 1, 2, 3))
	},
	"weights of a negative shape": func() *protos.ModelProto {
		return graphOf([]*protos.NodeProto{node("Conv", "x", "w")}, weight("w", false, []int64{-4, 3, 3, 3}, 1, 2, 3))
	},
	"weights of 2^62 x 4 numbers": func() *protos.ModelProto {
		return graphOf([]*protos.NodeProto{node("Conv", "x", "w")}, weight("w", false, []int64{1 << 62, 4, 1, 1}, 1, 2, 3))
	},
	"weights of no numbers": func() *protos.ModelProto {
		return graphOf([]*protos.NodeProto{node("Conv", "x", "w")}, weight("w", false, []int64{0, 3, 3, 3}))
	},
	"weights of type 99": func() *protos.ModelProto {
		w := weight("w", false, []int64{1, 3, 1, 1}, 1, 2, 3)
		w.DataType = 99
		return graphOf([]*protos.NodeProto{node("Conv", "x", "w")}, w)
	},
	"weights that are whole numbers": func() *protos.ModelProto {
		return graphOf([]*protos.NodeProto{node("Conv", "x", "w")}, weight("w", true, []int64{1, 3, 1, 1}, 1, 2, 3))
	},
	"weights of text": func() *protos.ModelProto {
		return graphOf([]*protos.NodeProto{node("Conv", "x", "w")}, &protos.TensorProto{Name: "w", Dims: []int64{1, 3, 1, 1},
			DataType: int32(protos.TensorProto_STRING), StringData: [][]byte{{1}, {2}, {3}}})
	},
	"weights of rank 1,000": func() *protos.ModelProto {
		dims := make([]int64, 1000)
		for i := range dims {
			dims[i] = 1
		}
		return graphOf([]*protos.NodeProto{node("Add", "x", "w")}, weight("w", false, dims, 1))
	},
	"weights that are no numbers": func() *protos.ModelProto {
		return graphOf([]*protos.NodeProto{node("Conv", "x", "w"), node("GlobalAveragePool", "t0"), node("Flatten", "t1")},
			weight("w", false, []int64{1, 3, 1, 1}, math.NaN(), 2, 3))
	},
	"pads of -30": func() *protos.ModelProto {
		n := node("Conv", "x", "w")
		n.Attribute = []*protos.AttributeProto{{Name: "pads", Type: protos.AttributeProto_INTS,
			Ints: []int64{-30, -30, -30, -30}}}
		return graphOf([]*protos.NodeProto{n}, weight("w", false, []int64{1, 3, 1, 1}, 1, 2, 3))
	},
	"pads of 2^63 - 1": func() *protos.ModelProto {
		n := node("MaxPool", "x")
		n.Attribute = []*protos.AttributeProto{{Name: "kernel_shape", Type: protos.AttributeProto_INTS, Ints: []int64{2, 2}},
			{Name: "pads", Type: protos.AttributeProto_INTS, Ints: []int64{math.MaxInt64, 0, math.MaxInt64, 0}}}
		return graphOf([]*protos.NodeProto{n})
	},
	"negative pads of a transposed convolution": func() *protos.ModelProto {
		n := node("ConvTranspose", "x", "w")
		n.Attribute = []*protos.AttributeProto{{Name: "pads", Type: protos.AttributeProto_INTS,
			Ints: []int64{-1 << 40, 0, 0, 0}}}
		return graphOf([]*protos.NodeProto{n}, weight("w", false, []int64{3, 1, 1, 1}, 1, 2, 3))
	},
	"a layer norm of axis -99": func() *protos.ModelProto {
		n := node("LayerNormalization", "x", "w")
		n.Attribute = []*protos.AttributeProto{wholeAttribute("axis", -99)}
		return graphOf([]*protos.NodeProto{n}, weight("w", false, []int64{32}, make([]float64, 32)...))
	},
	"opset 0":    func() *protos.ModelProto { return opset(0) },
	"opset 99":   func() *protos.ModelProto { return opset(99) },
	"opset 2^31": func() *protos.ModelProto { return opset(1 << 31) },
	"an operator of another domain": func() *protos.ModelProto {
		n := node("Relu", "x")
		n.Domain = "com.example"
		return graphOf([]*protos.NodeProto{n})
	},
	"an operator with escapes in its name": func() *protos.ModelProto {
		return graphOf([]*protos.NodeProto{node("Re\x1b[2Jlu\n<script>", "x")})
	},
	"names with escapes, HTML and ../": func() *protos.ModelProto {
		n := node("Relu", "x")
		n.Name = "/../../\x1b[2J<script>alert(1)</script>\n\u202e/Relu"
		return graphOf([]*protos.NodeProto{n})
	},
	"a name of 1,000,000 letters": func() *protos.ModelProto {
		n := node("Relu", "x")
		n.Name = strings.Repeat("a", 1e6)
		return graphOf([]*protos.NodeProto{n})
	},
	"branches within branches, 500 deep": branches(500),
	"a function that calls itself": func() *protos.ModelProto {
		n := node("F", "x")
		n.Domain = "local"
		m := graphOf([]*protos.NodeProto{n})
		m.OpsetImport = append(m.OpsetImport, &protos.OperatorSetIdProto{Domain: "local", Version: 1})
		m.Functions = []*protos.FunctionProto{{Name: "F", Domain: "local", Input: []string{"a"}, Output: []string{"b"},
			Node: []*protos.NodeProto{{OpType: "F", Domain: "local", Input: []string{"a"}, Output: []string{"b"}}}}}
		return m
	},
	"a loop of 2^40 turns": func() *protos.ModelProto {
		body := &protos.GraphProto{Name: "b", Input: []*protos.ValueInfoProto{{Name: "i"}, {Name: "go"}, {Name: "v"}},
			Output: []*protos.ValueInfoProto{{Name: "go"}, {Name: "w"}},
			Node:   []*protos.NodeProto{{OpType: "Relu", Input: []string{"v"}, Output: []string{"w"}}}}
		n := node("Loop", "turns", "", "x")
		n.Attribute = []*protos.AttributeProto{{Name: "body", Type: protos.AttributeProto_GRAPH, G: body}}
		return graphOf([]*protos.NodeProto{n}, weight("turns", true, []int64{}, 1<<40))
	},
	"weights in ../../etc/passwd":         func() *protos.ModelProto { return external("../../../../etc/passwd", "") },
	"weights in /etc/passwd":              func() *protos.ModelProto { return external("/etc/passwd", "") },
	"weights in a file that is not there": func() *protos.ModelProto { return external("no.bin", "") },
	"weights in the model's own file":     func() *protos.ModelProto { return external("net.onnx", "") },
	"weights at -8 of a file":             func() *protos.ModelProto { return external("net.onnx", "-8") },
	"weights at 2^62 of a file": func() *protos.ModelProto {
		return external("net.onnx", "4611686018427387904")
	},
	"weights in a file named by NUL": func() *protos.ModelProto { return external("a\x00b", "") },
	"weights in a folder":            func() *protos.ModelProto { return external(".", "") },
}

// activationModel returns a model of one activation, with an input of the given shape.
func activationModel(dims ...int) *protos.ModelProto {
	m := graphOf([]*protos.NodeProto{node("Relu", "x")})
	m.Graph.Input = []*protos.ValueInfoProto{onnxnorm.Declare("x", dims)}
	return m
}

func opset(v int64) *protos.ModelProto {
	m := activationModel(1, 3, 32, 32)
	m.OpsetImport[0].Version = v
	return m
}

// external returns a model that claims that its weights lie in a file, from an offset on.
func external(file, offset string) *protos.ModelProto {
	w := &protos.TensorProto{Name: "w", Dims: []int64{64, 3, 3, 3}, DataType: int32(protos.TensorProto_FLOAT),
		DataLocation: protos.TensorProto_EXTERNAL,
		ExternalData: []*protos.StringStringEntryProto{{Key: "location", Value: file}}}
	if offset != "" {
		w.ExternalData = append(w.ExternalData, &protos.StringStringEntryProto{Key: "offset", Value: offset})
	}
	return graphOf([]*protos.NodeProto{node("Conv", "x", "w")}, w)
}
