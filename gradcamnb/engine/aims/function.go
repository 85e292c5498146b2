package aims

import (
	"fmt"
	"slices"
	"sync/atomic"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/target"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
)

// ScoreFn is a target of one's own: a graph function of the model's outputs, or of other
// tensors of it, each [batch, ...] in the model's own axis order, that gives one score a
// picture, [batch]. The pictures of a batch must not mix in it.
type ScoreFn func(outputs []*Node) *Node

// functions counts the functions that targets were made of.
var functions atomic.Int64

type function struct {
	unit    string
	outputs []string
	score   ScoreFn
	number  int64 // tells functions apart, also of one name
}

// function is the aim of such a target.
func (s Lookup) function(t ask.Target) (Aim, error) {
	f, ok := t.Func().(function)
	if !ok {
		return Aim{}, fmt.Errorf(
			"no function of the name %q was given to engine.Target in this process; a notebook's function is the cell's own, which the kernel's engine cannot call: open the model in the cell, with engine.Open", t.Name)
	}
	a := Aim{
		ResolvedTarget: kind.ResolvedTarget{Tensors: slices.Clone(f.outputs), Words: t.Name, Whole: true,
			Index: make([]int32, s.Pictures)},
		scored: target.Kind{Name: kind.Function.Name, Unit: f.unit},
		key:    fmt.Sprintf("%s#%d", t.Name, f.number),
	}
	a.measured = a.scored
	if len(a.Tensors) == 0 {
		a.Tensors = []string{s.Model.Card().Outputs[0]}
	}
	for i, name := range a.Tensors {
		l, err := source.Resolve(s.Layers, name)
		if err != nil {
			return Aim{}, err
		}
		if i == 0 {
			a.Shape = l.Shape
		}
		a.Tensors[i] = l.Name
	}
	a.fn = func(outputs []*Node) *Node {
		score := f.score(outputs)
		if dims := score.Shape().Dimensions; len(dims) != 1 || dims[0] != outputs[0].Shape().Dim(0) {
			exceptions.Panicf("the target %q gives the shape %v, and a target gives one score a picture, [%d]", t.Name, dims,
				outputs[0].Shape().Dim(0))
		}
		return score
	}
	return a, nil
}

// Target makes a target of a graph function. It reads the named outputs or tensors, the
// model's first output if none is named. The target holds the function: make it once and use
// it for many pictures, since every call of Target is a program of its own.
func Target(name, unit string, score ScoreFn, outputs ...string) ask.Target {
	return ask.Target{Spec: kind.OfFunction(name, function{unit, slices.Clone(outputs), score, functions.Add(1)})}
}
