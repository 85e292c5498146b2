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

// ScoreFn is a target of the user's own: a graph function that returns one score for each picture, [batch]. It takes
// outputs or other tensors of the model, each [batch, ...] in the model's own axis order. It must not mix the pictures
// of a batch.
type ScoreFn func(outputs []*Node) *Node

// functions counts the targets that were made of functions.
var functions atomic.Int64

type function struct {
	unit    string
	outputs []string
	score   ScoreFn
	number  int64 // tells functions apart, even if they have one name
}

// function returns the aim of a target that is a function.
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
			exceptions.Panicf("the target %q returns the shape %v, but a target returns one score for each picture, [%d]",
				t.Name, dims, outputs[0].Shape().Dim(0))
		}
		return score
	}
	return a, nil
}

// Target returns a target that a graph function scores. The function gets the named outputs or tensors, or the model's
// first output if none is named. Every call of Target makes a program of its own, so make a target once and use it for
// many pictures.
func Target(name, unit string, score ScoreFn, outputs ...string) ask.Target {
	return ask.Target{Spec: kind.NewFunction(name, function{unit, slices.Clone(outputs), score, functions.Add(1)})}
}
