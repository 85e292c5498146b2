package source

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
)

// The end of a graph tells what the numbers of a graph function are, however its last function is written, and which
// layer that function is applied to.
func TestEndingsOfGoMLXModels(t *testing.T) {
	const head = "head"
	for name, c := range map[string]struct {
		end    func(z *Node) *Node
		unit   Unit
		before string
	}{
		"logits":        {func(z *Node) *Node { return z }, Logits, ""},
		"logits, twice": {func(z *Node) *Node { return MulScalar(z, 2) }, Logits, ""},
		"softmax":       {func(z *Node) *Node { return Softmax(z) }, SoftmaxProbability, head},
		"softmax, written": {func(z *Node) *Node { z = Exp(z); return Div(z, ReduceAndKeep(z, ReduceSum, -1)) },
			SoftmaxProbability, head},
		"softmax, reshaped": {func(z *Node) *Node { return Reshape(Softmax(z), 1, 3) }, SoftmaxProbability, head},
		"sigmoid":           {Sigmoid, SigmoidProbability, head},
		"sigmoid, written":  {func(z *Node) *Node { return Reciprocal(OnePlus(Exp(Neg(z)))) }, SigmoidProbability, ""},
		"log-softmax":       {func(z *Node) *Node { return LogSoftmax(z) }, LogProbability, head},
		"log of softmax":    {func(z *Node) *Node { return Log(Softmax(z)) }, LogProbability, head},
		"tanh":              {Tanh, PlainNumbers, ""},
		"swish":             {activation.Swish, Logits, ""},
		"two classes of a sigmoid": {func(z *Node) *Node {
			p := Sigmoid(Slice(z, AxisRange(), AxisRange(0, 1)))
			return Concatenate([]*Node{OneMinus(p), p}, -1)
		}, SigmoidProbability, ""},
		"mean of softmaxes": {func(z *Node) *Node {
			return DivScalar(Add(Softmax(z), Softmax(MulScalar(z, 2))), 2)
		}, SoftmaxProbability, ""},
		"mean of three softmaxes": {func(z *Node) *Node {
			return ReduceMean(Stack([]*Node{Softmax(z), Softmax(MulScalar(z, 2)), Softmax(Neg(z))}, 0), 0)
		}, SoftmaxProbability, ""},
		"sum of softmaxes":         {func(z *Node) *Node { return Add(Softmax(z), Softmax(Neg(z))) }, PlainNumbers, ""},
		"clipped softmax":          {func(z *Node) *Node { return ClipScalar(Softmax(z), 1e-7, 1) }, SoftmaxProbability, head},
		"softmax in per cent":      {func(z *Node) *Node { return MulScalar(Softmax(z), 100) }, PlainNumbers, ""},
		"softmax and a trifle":     {func(z *Node) *Node { return AddScalar(Softmax(z), 1e-6) }, PlainNumbers, ""},
		"log of a clipped softmax": {func(z *Node) *Node { return Log(MaxScalar(Softmax(z), 1e-7)) }, LogProbability, head},
		"log of a sigmoid":         {func(z *Node) *Node { return Log(Sigmoid(z)) }, PlainNumbers, ""},
		"tanh from 0 to 1":         {func(z *Node) *Node { return MulScalar(OnePlus(Tanh(z)), 0.5) }, PlainNumbers, ""},
		"object and class":         {func(z *Node) *Node { return Mul(Sigmoid(z), Softmax(z)) }, SigmoidProbability, ""},
		"softmax of the batch":     {func(z *Node) *Node { return Softmax(z, 0) }, PlainNumbers, ""},
		"log-softmax of the batch": {func(z *Node) *Node { return LogSoftmax(z, 0) }, PlainNumbers, ""},
		"gated":                    {func(z *Node) *Node { return Mul(z, Sigmoid(z)) }, Logits, ""},
		"logits, shifted":          {func(z *Node) *Node { return AddScalar(z, 3) }, Logits, ""},
		"residual of a tanh":       {func(z *Node) *Node { return Add(z, Tanh(z)) }, Logits, ""},
		"quotient of logits":       {func(z *Node) *Node { return DivScalar(z, 3) }, Logits, ""},
	} {
		m, err := GoMLX(Card{Name: name, Input: []int{-1, 4, 4, 3}, Untrained: true}, model.NewStore(),
			func(scope *model.Scope, x *Node) []*Node {
				return []*Node{c.end(layers.Dense(scope.In(head), Reshape(x, x.Shape().Dim(0), -1), true, 3))}
			})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Layers(t.Context(), []int{1, 4, 4, 3}, ""); err != nil {
			t.Fatal(err)
		}
		if e := EndingOf(m, "output"); e.Unit != c.unit || e.Before != c.before {
			t.Errorf("%s: the output is %+v, want %s, made of %q", name, e, c.unit, c.before)
		}
	}
}

// A softmax of a map gives probabilities of classes if it goes over the channels, and not if it goes over the cells, as
// that of key points does.
func TestSoftmaxOfAMap(t *testing.T) {
	for name, c := range map[string]struct {
		axes []int
		unit Unit
	}{
		"channels": {[]int{-1}, SoftmaxProbability}, "cells": {[]int{1, 2}, PlainNumbers},
		"rows": {[]int{1}, PlainNumbers}, "all": {[]int{1, 2, 3}, SoftmaxProbability},
	} {
		m, err := GoMLX(Card{Name: name, Input: []int{-1, 4, 4, 3}, Untrained: true}, model.NewStore(),
			func(scope *model.Scope, x *Node) []*Node {
				return []*Node{Softmax(layers.Convolution(scope, x).Channels(2).KernelSize(3).PadSame().Done(), c.axes...)}
			})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Layers(t.Context(), []int{1, 4, 4, 3}, ""); err != nil {
			t.Fatal(err)
		}
		if e := EndingOf(m, "output"); e.Unit != c.unit {
			t.Errorf("over %s: the output is %+v, want %s", name, e, c.unit)
		}
	}
}
