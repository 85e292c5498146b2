package source

import (
	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// Unit tells what the numbers of a tensor are, judged by the operators that compute them.
type Unit string

// The units. Numbers that no operator squashes count as logits, because nothing in a file tells a regression of several
// numbers from them.
const (
	Logits             Unit = "logits"
	SoftmaxProbability Unit = "softmax"     // of classes that exclude each other
	SigmoidProbability Unit = "sigmoid"     // of a class by itself
	LogProbability     Unit = "log-softmax" // logarithm of a SoftmaxProbability
	// the index of the best class, or sorted scores: they have no gradient, or belong to no fixed class
	Ranks        Unit = "rank"
	PlainNumbers Unit = "output" // squashed in another way, such as by tanh, exp or a clip: a regression
)

// String returns the unit as results show it.
func (u Unit) String() string {
	switch u {
	case SoftmaxProbability, SigmoidProbability:
		return "probability"
	case LogProbability:
		return "log-probability"
	}
	return string(u)
}

// Ending tells how a tensor at a model's end is computed.
type Ending struct {
	Unit Unit // unit of the tensor's numbers

	// Before is the tensor whose values the unit's operator squashes or ranks, which usually holds logits. It is empty
	// if no such tensor has as many numbers.
	Before string

	// Squash is the kind of probability that the model computes from the values of Before; empty if it computes none.
	Squash Unit

	share share // of numbers that are a part of a mean of probabilities
}

// EndingTeller is a model that tells how its tensors are computed. In other models all tensors count as logits.
type EndingTeller interface{ Ending(tensor string) Ending }

// EndingOf returns how a tensor of a model is computed.
func EndingOf(m Model, tensor string) Ending {
	if e, ok := m.(EndingTeller); ok {
		return e.Ending(tensor)
	}
	return Ending{Unit: Logits}
}

// Ending implements [EndingTeller]. It reads the unit off the operators.
func (m *onnxModel) Ending(tensor string) Ending {
	e := endings{made: map[string]*protos.NodeProto{}, consts: constantsOf(m.proto.Graph), known: map[string]Ending{},
		shapes: m.shapesOf(tensor), softmaxAxis: -1}
	if onnxnorm.Opset(m.proto) < 13 {
		e.softmaxAxis = 1
	}
	for _, n := range m.proto.Graph.Node {
		if len(n.Input) == 0 || ofTwo[n.OpType] && len(n.Input) != 2 { // as in a damaged file
			continue
		}
		for _, out := range n.Output {
			e.made[out] = n
		}
	}
	return e.findEnding(tensor, 0)
}

// ofTwo are the operators with two inputs that are looked at.
var ofTwo = map[string]bool{"Add": true, "Sub": true, "Mul": true, "Div": true}

// endings goes back from the outputs of a graph.
type endings struct {
	made   map[string]*protos.NodeProto // nodes with as many inputs as are looked at
	consts map[string]*protos.TensorProto
	known  map[string]Ending
	shapes map[string][]int // of the model's layers

	// softmaxAxis is the axis of a softmax that names none. Before opset 13, a softmax goes over all axes from its own on.
	softmaxAxis int
}

// deepest is how many operators are looked back through: more than any head has, and few enough for a damaged file
// whose nodes form a circle.
const deepest = 64

// endingRule returns the ending of an operator's output.
type endingRule func(e endings, n *protos.NodeProto, depth int) Ending

// ends maps operators to rules about the unit of their output. The output of all other operators, which learn, pool or
// mix, counts as logits.
var ends = map[string]endingRule{}

func init() { // endings.of looks into the map
	for op, f := range map[string]endingRule{
		"Softmax":        squash(SoftmaxProbability),
		"Sigmoid":        squash(SigmoidProbability),
		"QLinearSigmoid": squash(SigmoidProbability),
		"QLinearSoftmax": squash(SoftmaxProbability),
		"HardSigmoid":    func(endings, *protos.NodeProto, int) Ending { return Ending{Unit: SigmoidProbability} },
		"LogSoftmax":     logSoftmax,
		"Log":            logarithm,
		"Exp":            exponential,
		"Div":            quotient,
		"Reciprocal":     quotient,
		"Mul":            product,
		"Sub":            subtraction,
		"Add":            sum,
		"Sum":            sum,
		"Mean":           mean,
		"Max":            extreme,
		"Min":            extreme,
		"Concat":         concatenation,
		"Clip":           clip,
		"Hardmax":        ranking, "ArgMax": ranking, "ArgMin": ranking, "TopK": ranking, "OneHot": ranking,
		"Greater": ranking, "GreaterOrEqual": ranking, "Less": ranking, "LessOrEqual": ranking, "Round": ranking,
		"NonMaxSuppression": ranking,
	} {
		ends[op] = f
	}
	for _, op := range []string{"Identity", "Cast", "Dropout", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose",
		"QuantizeLinear", "DequantizeLinear"} {
		ends[op] = inputEnding
	}
	for _, op := range []string{"Slice", "Gather", "Split", "GatherElements", "GatherND", "Expand", "Tile", "Resize",
		"Upsample"} {
		ends[op] = part
	}
	for _, op := range []string{"ReduceMean", "ReduceMax", "ReduceMin", "GlobalAveragePool", "GlobalMaxPool",
		"AveragePool", "MaxPool"} {
		ends[op] = pooling
	}
	for _, op := range []string{
		"Tanh", "Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Celu", "Softplus", "Softsign", "Abs", "Sqrt", "Pow",
		"Erf", "Sin", "Cos", "Tan", "Atan", "Sinh", "Cosh",
		"Floor", "Ceil", "Sign", "ThresholdedRelu", "LpNormalization", "ReduceL1", "ReduceL2", "ReduceSumSquare",
		"ReduceLogSumExp", "ReduceLogSum",
	} {
		ends[op] = func(endings, *protos.NodeProto, int) Ending { return Ending{Unit: PlainNumbers} }
	}
}

func (e endings) findEnding(tensor string, depth int) Ending {
	n := e.made[tensor]
	if n == nil || depth > deepest {
		return Ending{Unit: PlainNumbers}
	}
	f := ends[n.OpType]
	if f == nil {
		return Ending{Unit: Logits}
	}
	known, ok := e.known[tensor] // without this, a tensor read twice at each of many levels would take 2^levels steps
	if !ok {
		known = f(e, n, depth)
		e.known[tensor] = known
	}
	return known
}

// input returns the ending of an input of a node.
func (e endings) input(n *protos.NodeProto, i, depth int) Ending {
	return e.findEnding(n.Input[i], depth+1)
}

// squash returns the rule of an operator that turns a tensor into a probability.
func squash(u Unit) endingRule {
	return func(e endings, n *protos.NodeProto, _ int) Ending {
		if e.mixesPictures(n) {
			return Ending{Unit: PlainNumbers}
		}
		return Ending{Unit: u, Before: n.Input[0], Squash: u}
	}
}

func inputEnding(e endings, n *protos.NodeProto, depth int) Ending { return e.input(n, 0, depth) }

// part returns the unit of the tensor that the output is a part of. It has no Before, since that tensor has more
// numbers.
func part(e endings, n *protos.NodeProto, depth int) Ending {
	return Ending{Unit: e.input(n, 0, depth).Unit}
}

// pooling returns the unit of the tensor that the output is the mean or the maximum of, if that is a probability.
// Logits are often the mean of a ReLU's map.
func pooling(e endings, n *protos.NodeProto, depth int) Ending {
	if in := e.input(n, 0, depth); in.isProbability() {
		return Ending{Unit: in.Unit}
	}
	return Ending{Unit: Logits}
}

func logSoftmax(e endings, n *protos.NodeProto, _ int) Ending {
	if e.mixesPictures(n) {
		return Ending{Unit: PlainNumbers}
	}
	return Ending{Unit: LogProbability, Before: n.Input[0], Squash: SoftmaxProbability}
}

func logarithm(e endings, n *protos.NodeProto, depth int) Ending {
	if in := e.input(n, 0, depth); in.Unit == SoftmaxProbability {
		in.Unit = LogProbability
		return in
	}
	return Ending{Unit: PlainNumbers}
}

func exponential(e endings, n *protos.NodeProto, depth int) Ending {
	if in := e.input(n, 0, depth); in.Unit == LogProbability {
		in.Unit = SoftmaxProbability
		return in
	}
	return Ending{Unit: PlainNumbers}
}

// ranking returns the ending of an index or of sorted scores. Their order is that of the scores before a probability,
// too.
func ranking(e endings, n *protos.NodeProto, depth int) Ending {
	in := e.input(n, 0, depth)
	switch {
	case in.Unit == Logits:
		return Ending{Unit: Ranks, Before: n.Input[0]}
	case in.Before != "":
		return Ending{Unit: Ranks, Before: in.Before, Squash: in.Squash}
	}
	return Ending{Unit: Ranks, Before: n.Input[0]}
}

func concatenation(e endings, n *protos.NodeProto, depth int) Ending {
	u := e.input(n, 0, depth).Unit
	for i := range n.Input {
		if other := e.input(n, i, depth).Unit; other != u {
			return Ending{Unit: PlainNumbers}
		}
	}
	return Ending{Unit: u}
}

// quotient returns the ending of a softmax or a sigmoid that is written out,
//
//	exp(x - m) / SUM exp(x - m),  1 / (1 + exp(-x)),
//
// or of scores divided by a constant.
func quotient(e endings, n *protos.NodeProto, depth int) Ending {
	if x, ok := e.softmax(n); ok {
		return Ending{Unit: SoftmaxProbability, Before: x, Squash: SoftmaxProbability}
	}
	if x, ok := e.sigmoid(n); ok {
		return Ending{Unit: SigmoidProbability, Before: x, Squash: SigmoidProbability}
	}
	if n.OpType == "Div" && e.consts[n.Input[1]] != nil {
		return e.endingOfScaled(n, 0, depth)
	}
	return Ending{Unit: PlainNumbers}
}

// endingOfScaled returns the ending of input i of a product, or of a quotient, with a constant. Logits become other
// logits, and probabilities a share of a mean.
func (e endings) endingOfScaled(n *protos.NodeProto, i, depth int) Ending {
	in := e.input(n, i, depth)
	if in.Unit == Logits {
		return Ending{Unit: Logits}
	}
	by, ok := e.number(n.Input[1-i])
	if n.OpType == "Div" {
		by = 1 / by
	}
	if !ok || !(by > 0) {
		return Ending{Unit: PlainNumbers}
	}
	return in.asShare().times(by).ending()
}

// product returns a probability for a product of probabilities, such as a detector's of an object and of its class. For
// a product with a constant it returns the scaled ending. Otherwise it returns logits if a factor is, as the other is a
// gate.
func product(e endings, n *protos.NodeProto, depth int) Ending {
	if x, ok := e.softmax(n); ok {
		return Ending{Unit: SoftmaxProbability, Before: x, Squash: SoftmaxProbability}
	}
	for i := range n.Input {
		if e.consts[n.Input[i]] != nil {
			return e.endingOfScaled(n, 1-i, depth)
		}
	}
	a, b := e.input(n, 0, depth).Unit, e.input(n, 1, depth).Unit
	switch {
	case a == SigmoidProbability && b.String() == a.String(), b == SigmoidProbability && b.String() == a.String():
		return Ending{Unit: SigmoidProbability}
	case a == Logits || b == Logits:
		return Ending{Unit: Logits}
	}
	return Ending{Unit: PlainNumbers}
}

// subtraction returns the ending of a log-softmax that is written out,
//
//	(x - m) - log SUM exp(x - m),
//
// or of a probability's complement, 1 - p. Otherwise it returns logits if one of the two is.
func subtraction(e endings, n *protos.NodeProto, depth int) Ending {
	if x, ok := e.logSoftmax(n); ok {
		return Ending{Unit: LogProbability, Before: x, Squash: SoftmaxProbability}
	}
	if one, ok := e.number(n.Input[0]); ok && one == 1 {
		if e.input(n, 1, depth).isProbability() {
			return Ending{Unit: SigmoidProbability}
		}
	}
	return sum(e, n, depth)
}

// sum returns logits if a term is, a probability if the terms are the shares of a mean of probabilities, and else a
// unit without a name. A constant that only keeps a probability from 0 changes nothing.
func sum(e endings, n *protos.NodeProto, depth int) Ending {
	if in, ok := e.unslack(n, depth); ok {
		return in
	}
	if n.OpType != "Sub" {
		if all := e.shares(n, depth); all.of != "" {
			return all.ending()
		}
	}
	for i := range n.Input {
		if e.consts[n.Input[i]] == nil && e.input(n, i, depth).Unit == Logits {
			return Ending{Unit: Logits}
		}
	}
	return Ending{Unit: PlainNumbers}
}
