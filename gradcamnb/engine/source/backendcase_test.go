package source

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/compute-onnx/support/protos"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// backendCase is one of onnx's own backend tests: a model and, for its inputs, the outputs
// that onnx says are right.
type backendCase struct {
	set, name string // "node", "test_abs"
	proto     *protos.ModelProto
	inputs    []numbers // in the graph's order
	outputs   []numbers
}

// readCase reads the first set of inputs of the case in a folder.
func readCase(dir string) (c backendCase, err error) {
	c = backendCase{set: filepath.Base(filepath.Dir(dir)), name: filepath.Base(dir), proto: &protos.ModelProto{}}
	data, err := os.ReadFile(filepath.Join(dir, "model.onnx"))
	if err != nil {
		return c, err
	}
	if err := proto.Unmarshal(data, c.proto); err != nil {
		return c, err
	}
	for kind, into := range map[string]*[]numbers{"input": &c.inputs, "output": &c.outputs} {
		declared := c.proto.Graph.Output
		if kind == "input" {
			declared = withoutWeights(c.proto.Graph)
		}
		for i, v := range declared {
			file := filepath.Join(dir, "test_data_set_0", fmt.Sprintf("%s_%d.pb", kind, i))
			data, err := os.ReadFile(file)
			if errors.Is(err, os.ErrNotExist) && kind == "input" {
				continue // an input that stays empty
			}
			if err != nil {
				return c, err
			}
			p := &protos.TensorProto{}
			if err := proto.Unmarshal(data, p); err != nil {
				return c, fmt.Errorf("%s: %w", file, err)
			}
			n, err := numbersOf(p)
			if err != nil {
				return c, fmt.Errorf("%s: %w", file, err)
			}
			n.name = v.Name
			*into = append(*into, n)
		}
	}
	return c, nil
}

func withoutWeights(g *protos.GraphProto) []*protos.ValueInfoProto {
	return slices.DeleteFunc(slices.Clone(g.Input), func(v *protos.ValueInfoProto) bool {
		return slices.ContainsFunc(g.Initializer, func(p *protos.TensorProto) bool { return p.Name == v.Name })
	})
}

// leftOut returns why a case is outside what is measured: numbers go in and out, and the same numbers every time.
func leftOut(m *protos.ModelProto) string {
	for _, v := range slices.Concat(m.Graph.Input, m.Graph.Output) {
		t := v.GetType().GetTensorType()
		switch {
		case t == nil:
			return "a sequence, an optional or a map goes in or out"
		case protos.TensorProto_DataType(t.ElemType) == protos.TensorProto_STRING:
			return "strings go in or out"
		case protos.TensorProto_DataType(t.ElemType) == protos.TensorProto_COMPLEX64,
			protos.TensorProto_DataType(t.ElemType) == protos.TensorProto_COMPLEX128:
			return "complex numbers go in or out"
		}
	}
	for _, n := range m.Graph.Node {
		switch {
		case n.Domain == "ai.onnx.preview.training":
			return "it is for training"
		case slices.Contains([]string{"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform",
			"RandomUniformLike"}, n.OpType):
			return "it draws random numbers"
		case n.OpType == "ImageDecoder":
			return "it reads a file of a picture"
		case n.OpType == "Dropout" && len(n.Input) > 2 && strings.Contains(m.Graph.Name, "train"):
			return "it is for training"
		case n.OpType == "BatchNormalization" && strings.Contains(m.Graph.Name, "training"):
			return "it is for training"
		}
	}
	return ""
}

// fit gives every declared input the shape of its value.
func (c *backendCase) fit() {
	for _, in := range c.inputs {
		for _, v := range c.proto.Graph.Input {
			if v.Name == in.name {
				declared := onnxnorm.Declare(v.Name, in.dims)
				v.Type.GetTensorType().Shape = declared.Type.GetTensorType().Shape
			}
		}
	}
}

// picture returns the place of the input that stands for the picture: the first of real numbers, or else the first.
func (c *backendCase) picture() int {
	at := slices.IndexFunc(c.inputs, func(n numbers) bool { return n.real && n.size() > 0 })
	return max(at, 0)
}

// constants returns the case with the inputs as initializers: all of them, or all but the picture.
func (c backendCase) constants(but int) backendCase {
	p := proto.Clone(c.proto).(*protos.ModelProto)
	for i, in := range c.inputs {
		if i != but {
			p.Graph.Initializer = append(p.Graph.Initializer, in.proto)
		}
	}
	if but >= 0 {
		c.inputs = c.inputs[but : but+1]
	} else {
		const name = "a picture that nothing reads"
		p.Graph.Input = append(p.Graph.Input, onnxnorm.Declare(name, []int{1, 3, 2, 2}))
		c.inputs = []numbers{{name: name, dims: []int{1, 3, 2, 2}, values: make([]float64, 12), real: true}}
	}
	c.proto = p
	return c
}

// heavy tells whether the case takes seconds or more: a network, or a million values.
func (c *backendCase) heavy() bool {
	return c.set == "light" || slices.ContainsFunc(c.inputs, func(n numbers) bool { return n.size() > 1<<20 })
}
