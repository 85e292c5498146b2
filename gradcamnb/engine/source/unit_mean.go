package source

import (
	"math"

	"github.com/gomlx/compute-onnx/support/protos"
)

// This file tells what is made of several tensors of probabilities: a mean, as that of an ensemble or of several views
// of the picture, however it is weighted and written, or the largest of them.

// share tells that numbers are a sum of probabilities of which each was taken times a number above zero; of is empty if
// they are no such sum.
type share struct {
	of     Unit    // the kind of probability that a mean of them is
	weight float64 // sum of what they were taken times
}

// asShare returns the share that an ending has in a sum.
func (e Ending) asShare() share {
	if e.isProbability() {
		return share{e.Unit, 1}
	}
	return e.share
}

func (s share) times(by float64) share { return share{s.of, s.weight * by} }

// plus returns the share of a sum. A mean of probabilities of both kinds is one of classes by themselves.
func (s share) plus(t share) share {
	switch {
	case s.of == "" || t.of == "":
		return share{}
	case s.of != t.of:
		s.of = SigmoidProbability
	}
	s.weight += t.weight
	return s
}

// ending returns the ending of numbers with a share: a probability if the weights add up to 1.
func (s share) ending() Ending {
	if s.of != "" && math.Abs(s.weight-1) <= slack {
		return Ending{Unit: s.of}
	}
	return Ending{Unit: PlainNumbers, share: s}
}

// shares returns the share of the sum of a node's inputs.
func (e endings) shares(n *protos.NodeProto, depth int) share {
	sum := e.input(n, 0, depth).asShare()
	for i := 1; i < len(n.Input); i++ {
		sum = sum.plus(e.input(n, i, depth).asShare())
	}
	return sum
}

// mean returns the ending of the mean of several tensors: a share of them, logits if one of them is, and else no unit.
func mean(e endings, n *protos.NodeProto, depth int) Ending {
	if all := e.shares(n, depth); all.of != "" {
		return all.times(1 / float64(len(n.Input))).ending()
	}
	for i := range n.Input {
		if e.input(n, i, depth).Unit == Logits {
			return Ending{Unit: Logits}
		}
	}
	return Ending{Unit: PlainNumbers}
}

// extreme returns the ending of the largest, or the smallest, of several tensors. A constant is a bound, as of a clip.
// The largest of several probabilities is one of a class by itself.
func extreme(e endings, n *protos.NodeProto, depth int) Ending {
	var of []Ending
	bounds, harmless, probabilities, logits := 0, true, true, false
	for i, name := range n.Input {
		if e.consts[name] != nil {
			bounds++
			harmless = harmless && e.isHarmlessBound(n.OpType, name)
			continue
		}
		in := e.input(n, i, depth)
		of = append(of, in)
		probabilities, logits = probabilities && in.isProbability(), logits || in.Unit == Logits
	}
	switch {
	case len(of) > 0 && probabilities && harmless:
		if len(of) == 1 {
			return of[0]
		}
		return Ending{Unit: SigmoidProbability}
	case logits && bounds == 0:
		return Ending{Unit: Logits}
	}
	return Ending{Unit: PlainNumbers}
}

// isHarmlessBound tells whether a constant in a Max or a Min only keeps a probability from 0 or 1.
func (e endings) isHarmlessBound(op, constant string) bool {
	c, ok := e.number(constant)
	return ok && (op == "Max" && c <= slack || op == "Min" && c >= 1-slack)
}
