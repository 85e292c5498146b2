package source

import (
	"math"
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// Softmax, log-softmax and sigmoid as they are written out in other operators.

// through is the node that makes a tensor, looked for behind those that only change its
// shape.
func (e endings) through(tensor string) *protos.NodeProto {
	for range deepest {
		n := e.made[tensor]
		if n == nil || !slices.Contains([]string{"Identity", "Cast", "Unsqueeze", "Squeeze", "Reshape", "Expand"}, n.OpType) {
			return n
		}
		tensor = n.Input[0]
	}
	return nil
}

// maker is the node that makes a tensor, if it is of the operator.
func (e endings) maker(tensor, op string) *protos.NodeProto {
	if n := e.through(tensor); n != nil && n.OpType == op {
		return n
	}
	return nil
}

// softmax is what a node is the written-out softmax of.
func (e endings) softmax(n *protos.NodeProto) (string, bool) {
	if len(n.Input) != 2 {
		return "", false
	}
	exp, total := e.maker(n.Input[0], "Exp"), e.maker(n.Input[1], "ReduceSum")
	if n.OpType == "Mul" {
		if r := e.maker(n.Input[1], "Reciprocal"); r != nil {
			total = e.maker(r.Input[0], "ReduceSum")
		} else {
			return "", false
		}
	}
	if exp == nil || total == nil || e.through(total.Input[0]) != exp {
		return "", false
	}
	return e.shifted(exp.Input[0]), true
}

// shifted is x of x - max(x), or the tensor itself.
func (e endings) shifted(tensor string) string {
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
		return e.shifted(n.Input[0]), true
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
	if exp == nil || exp.Input[0] != n.Input[0] && e.through(exp.Input[0]) != e.through(n.Input[0]) {
		return "", false
	}
	return e.shifted(n.Input[0]), true
}

// sigmoid is what a node is the written-out sigmoid of.
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
		if neg := e.maker(exp.Input[0], "Neg"); neg != nil {
			return neg.Input[0], true
		}
		if mul := e.maker(exp.Input[0], "Mul"); mul != nil {
			for k := range mul.Input {
				if minus, ok := e.number(mul.Input[k]); ok && minus == -1 {
					return mul.Input[1-k], true
				}
			}
		}
		if sub := e.maker(exp.Input[0], "Sub"); sub != nil {
			if zero, ok := e.number(sub.Input[0]); ok && zero == 0 {
				return sub.Input[1], true
			}
		}
	}
	return "", false
}

// number is a constant of one value.
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
