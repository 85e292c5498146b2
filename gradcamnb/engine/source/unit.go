package source

import "github.com/gomlx/compute-onnx/support/protos"

// Unit is what the numbers of a tensor are, by the operators that make them.
type Unit string

// The units. What no operator squashes is taken for logits, as nothing in a file tells a
// regression of several numbers from them.
const (
	Logits             Unit = "logits"
	SoftmaxProbability Unit = "softmax"     // of classes that exclude each other
	SigmoidProbability Unit = "sigmoid"     // of a class by itself
	LogProbability     Unit = "log-softmax" // logarithm of a SoftmaxProbability
	// the number of the best class, or scores in order: what has no gradient, or no class of its own
	Ranked Unit = "rank"
	Plain  Unit = "output" // squashed in another way, as by tanh, exp or a clip: a regression
)

// String returns the unit as a result shows it.
func (u Unit) String() string {
	switch u {
	case SoftmaxProbability, SigmoidProbability:
		return "probability"
	case LogProbability:
		return "log-probability"
	}
	return string(u)
}

// Ending is how a tensor is made at a model's end.
type Ending struct {
	Unit Unit // of the tensor's numbers

	// Before is the tensor whose values the unit's operator squashes or ranks: logits, as a
	// rule; empty if there is none of as many numbers.
	Before string

	// Squash is the probability that the model makes of the values of Before; empty if it
	// makes none.
	Squash Unit
}

// EndingTeller is a model that tells how its tensors are made. Of other models all are taken for
// logits.
type EndingTeller interface{ Ending(tensor string) Ending }

// EndingOf returns how a tensor of a model is made.
func EndingOf(m Model, tensor string) Ending {
	if e, ok := m.(EndingTeller); ok {
		return e.Ending(tensor)
	}
	return Ending{Unit: Logits}
}

// Ending reads the unit off the operators.
func (m *onnxModel) Ending(tensor string) Ending {
	e := endings{made: map[string]*protos.NodeProto{}, consts: constantsOf(m.proto.Graph), known: map[string]Ending{}}
	for _, n := range m.proto.Graph.Node {
		if len(n.Input) == 0 || ofTwo[n.OpType] && len(n.Input) != 2 { // the latter of a damaged file
			continue
		}
		for _, out := range n.Output {
			e.made[out] = n
		}
	}
	return e.findEnding(tensor, 0)
}

// ofTwo are the operators that are looked at which have two inputs.
var ofTwo = map[string]bool{"Add": true, "Sub": true, "Mul": true, "Div": true}

// endings goes back from a graph's outputs.
type endings struct {
	made   map[string]*protos.NodeProto // each with as many inputs as are looked at
	consts map[string]*protos.TensorProto
	known  map[string]Ending
}

// deepest is how many operators are looked back through: more than any head has, and few
// enough for a file whose nodes stand in a circle.
const deepest = 64

// endingRule tells how an operator's output is made of its inputs.
type endingRule func(e endings, n *protos.NodeProto, depth int) Ending

// ends are the operators that say something of the unit of their output. All others, which
// learn, pool or mix, make logits.
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
		"Sub":            minus,
		"Add":            sum,
		"Sum":            sum,
		"Concat":         concatenation,
		"Hardmax":        ranked, "ArgMax": ranked, "ArgMin": ranked, "TopK": ranked, "OneHot": ranked,
		"Greater": ranked, "GreaterOrEqual": ranked, "Less": ranked, "LessOrEqual": ranked, "Round": ranked,
		"NonMaxSuppression": ranked,
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
		"AveragePool", "MaxPool", "Mean", "Max", "Min"} {
		ends[op] = pooled
	}
	for _, op := range []string{
		"Tanh", "Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Celu", "Softplus", "Softsign", "Clip", "Abs", "Sqrt", "Pow",
		"Erf", "Sin", "Cos", "Tan", "Atan", "Sinh", "Cosh",
		"Floor", "Ceil", "Sign", "ThresholdedRelu", "LpNormalization", "ReduceL1", "ReduceL2", "ReduceSumSquare",
		"ReduceLogSumExp", "ReduceLogSum",
	} {
		ends[op] = func(endings, *protos.NodeProto, int) Ending { return Ending{Unit: Plain} }
	}
}

func (e endings) findEnding(tensor string, depth int) Ending {
	n := e.made[tensor]
	if n == nil || depth > deepest {
		return Ending{Unit: Plain}
	}
	f := ends[n.OpType]
	if f == nil {
		return Ending{Unit: Logits}
	}
	known, ok := e.known[tensor] // else what is read twice at each of many levels takes 2^levels
	if !ok {
		known = f(e, n, depth)
		e.known[tensor] = known
	}
	return known
}

// input returns how an input of a node is made.
func (e endings) input(n *protos.NodeProto, i, depth int) Ending {
	return e.findEnding(n.Input[i], depth+1)
}

// squash returns the ending of a probability that is made of a tensor.
func squash(u Unit) endingRule {
	return func(_ endings, n *protos.NodeProto, _ int) Ending { return Ending{u, n.Input[0], u} }
}

func inputEnding(e endings, n *protos.NodeProto, depth int) Ending { return e.input(n, 0, depth) }

// part has the unit of what it is a part of, whose tensor has more numbers.
func part(e endings, n *protos.NodeProto, depth int) Ending {
	return Ending{Unit: e.input(n, 0, depth).Unit}
}

// pooled has the unit of what it is the mean or the largest of, if that is a probability:
// logits are often the mean of a ReLU's map.
func pooled(e endings, n *protos.NodeProto, depth int) Ending {
	if u := e.input(n, 0, depth).Unit; u == SoftmaxProbability || u == SigmoidProbability {
		return Ending{Unit: u}
	}
	return Ending{Unit: Logits}
}

func logSoftmax(_ endings, n *protos.NodeProto, _ int) Ending {
	return Ending{LogProbability, n.Input[0], SoftmaxProbability}
}

func logarithm(e endings, n *protos.NodeProto, depth int) Ending {
	if in := e.input(n, 0, depth); in.Unit == SoftmaxProbability {
		in.Unit = LogProbability
		return in
	}
	return Ending{Unit: Plain}
}

func exponential(e endings, n *protos.NodeProto, depth int) Ending {
	if in := e.input(n, 0, depth); in.Unit == LogProbability {
		in.Unit = SoftmaxProbability
		return in
	}
	return Ending{Unit: Plain}
}

// ranked is of the scores before it: those before a probability, too, whose order is theirs.
func ranked(e endings, n *protos.NodeProto, depth int) Ending {
	in := e.input(n, 0, depth)
	switch {
	case in.Unit == Logits:
		return Ending{Unit: Ranked, Before: n.Input[0]}
	case in.Before != "":
		return Ending{Ranked, in.Before, in.Squash}
	}
	return Ending{Unit: Ranked, Before: n.Input[0]}
}

func concatenation(e endings, n *protos.NodeProto, depth int) Ending {
	u := e.input(n, 0, depth).Unit
	for i := range n.Input {
		if other := e.input(n, i, depth).Unit; other != u {
			return Ending{Unit: Plain}
		}
	}
	return Ending{Unit: u}
}

// quotient returns a softmax or sigmoid written out,
//
//	exp(x - m) / SUM exp(x - m),  1 / (1 + exp(-x)),
//
// or scores over a constant.
func quotient(e endings, n *protos.NodeProto, depth int) Ending {
	if x, ok := e.softmax(n); ok {
		return Ending{SoftmaxProbability, x, SoftmaxProbability}
	}
	if x, ok := e.sigmoid(n); ok {
		return Ending{SigmoidProbability, x, SigmoidProbability}
	}
	if n.OpType == "Div" && e.consts[n.Input[1]] != nil {
		return e.scaled(n, 0, depth)
	}
	return Ending{Unit: Plain}
}

// scaled has the unit of an input that is logits, which a constant changes to other logits.
func (e endings) scaled(n *protos.NodeProto, i, depth int) Ending {
	if e.input(n, i, depth).Unit == Logits {
		return Ending{Unit: Logits}
	}
	return Ending{Unit: Plain}
}

// product is of probabilities a probability, as a detector's of an object and of its class;
// with a constant it is scaled; else it is logits if a factor is, the other being a gate.
func product(e endings, n *protos.NodeProto, depth int) Ending {
	if x, ok := e.softmax(n); ok {
		return Ending{SoftmaxProbability, x, SoftmaxProbability}
	}
	for i := range n.Input {
		if e.consts[n.Input[i]] != nil {
			return e.scaled(n, 1-i, depth)
		}
	}
	a, b := e.input(n, 0, depth).Unit, e.input(n, 1, depth).Unit
	switch {
	case a == SigmoidProbability && b.String() == a.String(), b == SigmoidProbability && b.String() == a.String():
		return Ending{Unit: SigmoidProbability}
	case a == Logits || b == Logits:
		return Ending{Unit: Logits}
	}
	return Ending{Unit: Plain}
}

// minus returns a log-softmax written out,
//
//	(x - m) - log SUM exp(x - m),
//
// or a probability's complement, 1 - p, or logits if one of the two is.
func minus(e endings, n *protos.NodeProto, depth int) Ending {
	if x, ok := e.logSoftmax(n); ok {
		return Ending{LogProbability, x, SoftmaxProbability}
	}
	if one, ok := e.number(n.Input[0]); ok && one == 1 {
		if u := e.input(n, 1, depth).Unit; u == SigmoidProbability || u == SoftmaxProbability {
			return Ending{Unit: SigmoidProbability}
		}
	}
	return sum(e, n, depth)
}

// sum returns logits if a term is, and else no unit that has a name.
func sum(e endings, n *protos.NodeProto, depth int) Ending {
	for i := range n.Input {
		if e.consts[n.Input[i]] == nil && e.input(n, i, depth).Unit == Logits {
			return Ending{Unit: Logits}
		}
	}
	return Ending{Unit: Plain}
}
