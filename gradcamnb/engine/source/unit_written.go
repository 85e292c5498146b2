package source

import (
	"math"
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// This file finds softmax, log-softmax and sigmoid that are written out in other operators.

// findMaker returns the node that computes a tensor, and skips nodes that only change its shape.
func (e endings) findMaker(tensor string) *protos.NodeProto {
	for range deepest {
		n := e.made[tensor]
		if n == nil || !slices.Contains([]string{"Identity", "Cast", "Unsqueeze", "Squeeze", "Reshape", "Expand"}, n.OpType) {
			return n
		}
		tensor = n.Input[0]
	}
	return nil
}

// maker returns the node that computes a tensor; nil if its operator is not op.
func (e endings) maker(tensor, op string) *protos.NodeProto {
	if n := e.findMaker(tensor); n != nil && n.OpType == op {
		return n
	}
	return nil
}

// softmax returns the tensor that a node computes the softmax of, in a form that is written out.
func (e endings) softmax(n *protos.NodeProto) (string, bool) {
	if !ofTwo[n.OpType] {
		return "", false
	}
	exp, sum := e.maker(n.Input[0], "Exp"), n.Input[1]
	if n.OpType == "Mul" {
		r := e.maker(sum, "Reciprocal")
		if r == nil {
			return "", false
		}
		sum = r.Input[0]
	}
	total := e.maker(sum, "ReduceSum")
	if exp == nil || total == nil || e.findMaker(total.Input[0]) != exp {
		return "", false
	}
	return e.unshift(exp.Input[0]), true
}

// unshift returns x for a tensor x - max(x), and else the tensor itself.
func (e endings) unshift(tensor string) string {
	n := e.maker(tensor, "Sub")
	if n == nil {
		return tensor
	}
	most := e.maker(n.Input[1], "ReduceMax")
	if most == nil || most.Input[0] != n.Input[0] {
		return tensor
	}
	return n.Input[0]
}

func (e endings) logSoftmax(n *protos.NodeProto) (string, bool) {
	if most := e.maker(n.Input[1], "ReduceLogSumExp"); most != nil && most.Input[0] == n.Input[0] {
		return e.unshift(n.Input[0]), true
	}
	log := e.maker(n.Input[1], "Log")
	if log == nil {
		return "", false
	}
	total := e.maker(log.Input[0], "ReduceSum")
	if total == nil {
		return "", false
	}
	exp := e.maker(total.Input[0], "Exp")
	if exp == nil || exp.Input[0] != n.Input[0] && e.findMaker(exp.Input[0]) != e.findMaker(n.Input[0]) {
		return "", false
	}
	return e.unshift(n.Input[0]), true
}

// sigmoid returns the tensor that a node computes the sigmoid of, in a form that is written out.
func (e endings) sigmoid(n *protos.NodeProto) (string, bool) {
	below := n.Input[0]
	if n.OpType == "Div" {
		if one, ok := e.number(n.Input[0]); !ok || one != 1 {
			return "", false
		}
		below = n.Input[1]
	}
	add := e.maker(below, "Add")
	if add == nil {
		return "", false
	}
	for i := range add.Input {
		one, ok := e.number(add.Input[i])
		exp := e.maker(add.Input[1-i], "Exp")
		if !ok || one != 1 || exp == nil {
			continue
		}
		return e.unnegate(exp.Input[0])
	}
	return "", false
}

// unnegate returns x for a tensor -x, however it is written.
func (e endings) unnegate(tensor string) (string, bool) {
	n := e.findMaker(tensor)
	if n == nil {
		return "", false
	}
	switch n.OpType {
	case "Neg":
		return n.Input[0], true
	case "Mul":
		for k := range n.Input {
			if minus, ok := e.number(n.Input[k]); ok && minus == -1 {
				return n.Input[1-k], true
			}
		}
	case "Sub":
		if zero, ok := e.number(n.Input[0]); ok && zero == 0 {
			return n.Input[1], true
		}
	}
	return "", false
}

// number returns the value of a constant that has only one.
func (e endings) number(tensor string) (float64, bool) {
	t := e.consts[tensor]
	if t == nil {
		return math.NaN(), false
	}
	if v := onnxnorm.Floats(t); len(v) == 1 {
		return float64(v[0]), true
	}
	if v := onnxnorm.Ints(t); len(v) == 1 {
		return float64(v[0]), true
	}
	return math.NaN(), false
}

// slack is how far a probability is moved at most by what only keeps it from 0 and 1.
const slack = 1e-3

func (e Ending) isProbability() bool {
	return e.Unit == SoftmaxProbability || e.Unit == SigmoidProbability
}

// unslack returns the ending of a probability to which a sum adds, or of which a difference takes, a constant that only
// keeps it from 0 or 1.
func (e endings) unslack(n *protos.NodeProto, depth int) (Ending, bool) {
	for i := range n.Input {
		c, ok := e.number(n.Input[i])
		if !ok || len(n.Input) != 2 || math.Abs(c) > slack || n.OpType == "Sub" && i == 0 { // c - p falls with p
			continue
		}
		if in := e.input(n, 1-i, depth); in.isProbability() {
			return in, true
		}
	}
	return Ending{}, false
}

// clip returns the ending of its input if that is a probability, which the bounds only keep from 0 and 1.
func clip(e endings, n *protos.NodeProto, depth int) Ending {
	in := e.input(n, 0, depth)
	least, ok1 := e.bound(n, 1, "min")
	most, ok2 := e.bound(n, 2, "max")
	if in.isProbability() && (!ok1 || least <= slack) && (!ok2 || most >= 1-slack) {
		return in
	}
	return Ending{Unit: PlainNumbers}
}

// bound returns a bound of a Clip, its i-th input or else an attribute; ok is false if it has none. A bound that is
// computed is not a number.
func (e endings) bound(n *protos.NodeProto, i int, attr string) (v float64, ok bool) {
	if i < len(n.Input) && n.Input[i] != "" {
		v, _ = e.number(n.Input[i])
		return v, true
	}
	for _, a := range n.Attribute {
		if a.Name == attr {
			return float64(a.F), true
		}
	}
	return 0, false
}
