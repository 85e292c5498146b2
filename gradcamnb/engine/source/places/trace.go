package places

import (
	"maps"
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// Source describes the input of a graph: a picture, [batch, channels, height, width] or with the channels last.
type Source struct {
	Input        []int // its shape
	ChannelsLast bool  // the channels are the last axis
	Slices       int   // of a volume, whose slices lie one below another in the rows; 0 of a picture
}

// Trace follows the axes of a picture through a graph and returns those of every tensor that depends on it.
func Trace(g *onnxnorm.Graph, from Source) map[string][]Axis {
	at, input := []int{2, 3}, from.Input
	if from.ChannelsLast {
		at = []int{1, 2}
	}
	axes := make([]Axis, len(input))
	for i, d := range input {
		axes[i] = otherAxis(d)
	}
	axes[0] = Axis{{Kind: Batch, Size: input[0]}}
	axes[at[0]], axes[at[1]] = Axis{cells(Row, input[at[0]])}, Axis{cells(Column, input[at[1]])}
	if n := from.Slices; n > 0 {
		axes[at[0]] = Axis{cells(Depth, n), cells(Row, input[at[0]]/n)}
	}
	t := &tracer{axes: map[string][]Axis{g.Input: axes}, tensors: map[string]onnxnorm.Tensor{},
		splits: map[*protos.NodeProto]splitting{}}
	maps.Copy(t.tensors, g.Given)
	for _, made := range g.Tensors {
		t.tensors[made.Name] = made
		if !made.Constant {
			t.axes[made.Name] = t.output(made)
		}
	}
	return t.axes
}

type tracer struct {
	axes    map[string][]Axis
	tensors map[string]onnxnorm.Tensor
	splits  map[*protos.NodeProto]splitting
}

// step is one output of a node, with what it is made of.
type step struct {
	*tracer
	onnxnorm.Tensor
}

// rule returns the axes of a node's output; nil if it cannot tell.
type rule func(s step) []Axis

var rules = map[string]rule{}

func register(r rule, ops ...string) bool {
	for _, op := range ops {
		rules[op] = r
	}
	return true
}

// output returns the axes of a tensor, whose lengths always match its shape.
func (t *tracer) output(made onnxnorm.Tensor) []Axis {
	s := step{t, made}
	r := rules[made.Op]
	if r == nil && onnxnorm.Elementwise(made.Op) {
		r = step.mergeInputs
	}
	var out []Axis
	if r != nil {
		out = r(s)
	}
	if out == nil {
		out = s.keepAxes()
	}
	if len(out) != len(made.Dims) {
		return unknowns(made.Dims)
	}
	for i, a := range out {
		n := 1
		for _, p := range a {
			n *= p.Size
		}
		if n != made.Dims[i] {
			out[i] = unknown(made.Dims[i])
		}
	}
	return out
}

// inputAxes returns the axes of an input that depends on the picture; nil for any other input.
func (s step) inputAxes(i int) []Axis {
	if i >= len(s.Inputs) {
		return nil
	}
	return s.axes[s.Inputs[i]]
}

func (s step) dims(i int) []int {
	if i >= len(s.Inputs) {
		return nil
	}
	return s.tensors[s.Inputs[i]].Dims
}

func (s step) isComputed(i int) bool { return s.inputAxes(i) != nil }

// keepAxes returns the axes of the first input with the output's shape. It is the rule of operators that are not known.
func (s step) keepAxes() []Axis {
	for i := range s.Inputs {
		if a := s.inputAxes(i); a != nil && slices.Equal(s.dims(i), s.Dims) {
			return slices.Clone(a)
		}
	}
	return unknowns(s.Dims)
}

// ints returns whole numbers that a node has as a constant input or as an attribute; ok is false if it has neither.
func (s step) ints(i int, attr string) (numbers []int, ok bool) {
	if i >= 0 && i < len(s.Inputs) && s.Inputs[i] != "" {
		t := s.tensors[s.Inputs[i]]
		return t.Ints, t.Ints != nil
	}
	for _, a := range s.Made.GetAttribute() {
		if a.Name == attr {
			var out []int
			for _, v := range a.Ints {
				out = append(out, int(v))
			}
			return out, true
		}
	}
	return nil, false
}

// text returns an attribute's words; empty if the node does not have it.
func (s step) text(name string) string {
	for _, a := range s.Made.GetAttribute() {
		if a.Name == name {
			return string(a.S)
		}
	}
	return ""
}

func (s step) attr(name string, otherwise int) int {
	for _, a := range s.Made.GetAttribute() {
		if a.Name == name {
			return int(a.I)
		}
	}
	return otherwise
}
