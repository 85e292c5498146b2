package onnxnorm

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"
)

// node is one node of the original graph, with its inputs looked up. An optional input that is not given is nil.
type node struct {
	*protos.NodeProto
	in  []*value
	out []*value // set by the rule

	window *window // of a convolution or pool
}

// rule rewrites one node. It emits the nodes that replace it and sets n.out, or panics through failf with a sentence
// that does not name the node (the walk does).
type rule func(b *builder, n *node)

// fold computes a node whose inputs are all constants. If it cannot, it returns nil, and the rule is used.
type fold func(n *node) *tensor

var (
	rules = map[string]rule{}
	folds = map[string]fold{}
)

// register adds the rule of an operator. f may be nil.
func register(op string, r rule, f fold) bool {
	if _, dup := rules[op]; dup {
		panic("onnxnorm: two rules for " + op)
	}
	rules[op] = r
	if f != nil {
		folds[op] = f
	}
	return true
}

// failure is the value that failf panics with.
type failure struct{ error }

func failf(format string, args ...any) { panic(failure{fmt.Errorf(format, args...)}) }

// attempt runs f, and returns the value that failf panicked with in it; nil if it did not.
func attempt(f func()) (failed *failure) {
	defer func() {
		if e := recover(); e != nil {
			it, ok := e.(failure)
			if !ok {
				panic(e)
			}
			failed = &it
		}
	}()
	f()
	return nil
}

func (n *node) attr(name string) *protos.AttributeProto {
	for _, a := range n.Attribute {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// withAttributes returns the node with further attributes, which take precedence over its own.
func (n *node) withAttributes(attrs ...*protos.AttributeProto) *node {
	p := &protos.NodeProto{OpType: n.OpType, Name: n.Name, Input: n.Input, Output: n.Output,
		Attribute: append(attrs, n.Attribute...)}
	return &node{NodeProto: p, in: n.in}
}

func (n *node) intOr(name string, def int) int {
	if a := n.attr(name); a != nil {
		return int(a.I)
	}
	return def
}

func (n *node) floatOr(name string, def float32) float32 {
	if a := n.attr(name); a != nil {
		return a.F
	}
	return def
}

func (n *node) stringOr(name, def string) string {
	a := n.attr(name)
	if a == nil {
		return def
	}
	if len(a.S) > mostLetters {
		failf("its attribute %s has %d letters, and at most %d are supported", name, len(a.S), mostLetters)
	}
	return string(a.S)
}

func (n *node) intsOr(name string, def []int) []int {
	a := n.attr(name)
	if a == nil {
		return def
	}
	if len(a.Ints) > mostListed {
		failf("its attribute %s has %d numbers, and at most %d are supported", name, len(a.Ints), mostListed)
	}
	return convert(a.Ints, func(v int64) int { return int(v) })
}

// mostListed is how many whole numbers an attribute may have. The longest list that networks have is that of the parts
// of a Split.
const mostListed = 1 << 16

// mostLetters is how many letters the text of an attribute may have. The longest one that networks have is an equation.
const mostLetters = 1 << 12

// input returns the i-th input, nil if it is not given.
func (n *node) input(i int) *value {
	if i >= len(n.in) {
		return nil
	}
	return n.in[i]
}

// need returns the i-th input, which must be given.
func (n *node) need(i int) *value {
	v := n.input(i)
	if v == nil {
		failf("input %d is missing", i)
	}
	return v
}

// param reads a parameter that older opsets keep in an attribute and newer ones in a constant input; ok is false if
// neither is given.
func (n *node) param(i int, name string) (values []int, ok bool) {
	if v := n.input(i); v != nil {
		if v.konst == nil {
			failf("its input %d (%s) is computed from the picture, and only a constant is supported there", i, name)
		}
		return v.konst.toInts(), true
	}
	if a := n.attr(name); a != nil {
		return n.intsOr(name, nil), true
	}
	return nil, false
}

// axes counts negative axes from the end, and checks all.
func axes(values []int, rank int) []int {
	out := slices.Clone(values)
	for i := range out {
		out[i] = CountFromStart(out[i], rank)
		if out[i] < 0 || out[i] >= rank {
			failf("axis %d does not exist in a tensor of rank %d", values[i], rank)
		}
	}
	return out
}

func axis(a, rank int) int { return axes([]int{a}, rank)[0] }

// moveAxesLast maps axes of the original order to the channels-last order.
func moveAxesLast(values []int, rank int) []int {
	where := inverse(channelsLast(rank))
	return convert(values, func(a int) int { return where[a] })
}
