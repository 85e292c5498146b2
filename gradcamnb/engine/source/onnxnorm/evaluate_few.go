package onnxnorm

import (
	"math"

	"github.com/gomlx/compute-onnx/support/protos"
)

// These operators compute sizes and paddings from a few numbers. To start a program for them takes some ten
// milliseconds, so a constant of few numbers that needs only these operators is computed here, in float32 as a program
// would.
var (
	ofOne = map[string]func(x float64) float64{
		"Ceil": math.Ceil, "Floor": math.Floor, "Abs": math.Abs, "Sqrt": math.Sqrt, "Exp": math.Exp, "Log": math.Log,
		"Neg": func(x float64) float64 { return -x }, "Reciprocal": func(x float64) float64 { return 1 / x },
		"Sign": func(x float64) float64 { return truthNumber(x > 0) - truthNumber(x < 0) },
	}
	ofTwo = map[string]func(x, y float64) float64{
		"Add": func(x, y float64) float64 { return x + y }, "Sub": func(x, y float64) float64 { return x - y },
		"Mul": func(x, y float64) float64 { return x * y }, "Div": func(x, y float64) float64 { return x / y },
		"Max": math.Max, "Min": math.Min, "Pow": math.Pow,
		"Greater":        func(x, y float64) float64 { return truthNumber(x > y) },
		"GreaterOrEqual": func(x, y float64) float64 { return truthNumber(x >= y) },
		"Less":           func(x, y float64) float64 { return truthNumber(x < y) },
		"LessOrEqual":    func(x, y float64) float64 { return truthNumber(x <= y) },
		"Equal":          func(x, y float64) float64 { return truthNumber(x == y) },
	}
)

func truthNumber(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// fewValues is the number of values up to which they count as few.
const fewValues = 1 << 10

// computeFew computes a tensor of a graph of few numbers; ok is false for any other graph.
func (k *constants) computeFew(p *protos.ModelProto, weights map[string]Weight, want string) (
	values []float32, ok bool) {
	known := map[string]knownValues{}
	for name, w := range weights {
		if size(w.Dims) > fewValues {
			return nil, false
		}
		known[name] = knownValues{w.Dims, w.Values()}
	}
	for _, n := range p.Graph.Node {
		out := n.Output[0]
		if size(k.shapes[out]) > fewValues {
			return nil, false
		}
		v, ok := computeHere(n, known, k.shapes[out])
		if !ok {
			return nil, false
		}
		known[out] = knownValues{k.shapes[out], v}
	}
	return known[want].values, true
}

// knownValues are the values of a tensor.
type knownValues struct {
	dims   []int
	values []float32
}

// computeHere returns the output of a node, which has the shape dims, from the known values.
func computeHere(n *protos.NodeProto, known map[string]knownValues, dims []int) (out []float32, ok bool) {
	in := func(i int) []float32 { return broadcastValues(known[n.Input[i]].values, known[n.Input[i]].dims, dims) }
	f, one := ofOne[n.OpType]
	g, two := ofTwo[n.OpType]
	switch {
	case one:
		return convert(in(0), func(x float32) float32 { return float32(f(float64(x))) }), true
	case two && len(n.Input) == 2:
		x, y := known[n.Input[0]], known[n.Input[1]]
		xs, ys := broadcastValues(x.values, x.dims, dims), broadcastValues(y.values, y.dims, dims)
		return zip(xs, ys, func(x, y float32) float32 { return float32(g(float64(x), float64(y))) }), true
	case n.OpType == "Where":
		return selectValues(convert(in(0), func(c float32) int64 { return int64(c) }), in(1), in(2)), true
	case n.OpType == "Reshape":
		return known[n.Input[0]].values, true
	case n.OpType == "Constant":
		t, err := decode(n.Attribute[0].T, rawData(n.Attribute[0].T))
		if err != nil {
			return nil, false
		}
		return t.numbers(), true
	case n.OpType == "Cast" && n.Attribute[0].I == protoBool:
		return convert(in(0), func(x float32) float32 { return float32(truthNumber(x != 0)) }), true
	}
	return nil, false
}
