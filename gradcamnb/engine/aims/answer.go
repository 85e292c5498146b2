package aims

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/target"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
	"github.com/gradcam-go/gradcam/internal/place"
)

// Answer is a tensor of the model as a target reads it: a list of numbers for each picture, or the classes of places.
type Answer struct {
	tensor string
	unit   source.Unit // of its numbers
	squash source.Unit // kind of probability that the model computes from them; empty if it computes none
	binary bool        // the only number is the logit of class 1, as a target says
	tags   bool        // each number is about a tag by itself, which is true or not, as a target says

	shape []int // as it is read: [batch, numbers], or [batch, classes, height, width]
	order []int // in which the tensor's axes are transposed before it gets that shape; nil if they are not
}

// Node returns the tensor's node in the answer's shape.
func (a Answer) Node(n *Node) *Node {
	if a.shape == nil {
		return n
	}
	if !n.DType().IsFloat() {
		n = ConvertDType(n, dtypes.Float32)
	}
	if a.order != nil {
		n = TransposeAllAxes(n, a.order...)
	}
	if slices.Equal(n.Shape().Dimensions, a.shape) {
		return n
	}
	dims := slices.Clone(a.shape)
	dims[0] = n.Shape().Size() / max(1, product(dims[1:])) // the batch may be another one
	return Reshape(n, dims...)
}

func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// values returns the numbers of a tensor of shape dims in the answer's order.
func (a Answer) values(dims []int, flat []float32) []float32 {
	if a.order == nil {
		return flat
	}
	step := make([]int, len(dims))
	for i, s := len(dims)-1, 1; i >= 0; i-- {
		step[i], s = s, s*dims[i]
	}
	out := make([]float32, 0, len(flat))
	at := make([]int, len(dims)) // in the answer's order
	for range flat {
		from := 0
		for i, axis := range a.order {
			from += at[i] * step[axis]
		}
		out = append(out, flat[from])
		for i := len(at) - 1; i >= 0; i-- {
			if at[i]++; at[i] < dims[a.order[i]] {
				break
			}
			at[i] = 0
		}
	}
	return out
}

// reading is a way to read a tensor. It returns the shape of the answer and the order of the tensor's axes, or an error
// if the tensor cannot be read so.
type reading func(l source.Layer, batch int) (shape, order []int, err error)

// readList reads a tensor that has at most one axis longer than 1 besides the axis of pictures: [batch], [batch, n],
// [batch, n, 1, 1]; for one picture also [n].
func readList(l source.Layer, batch int) (shape, order []int, err error) {
	var long []int
	rest := l.Shape
	if len(rest) > 0 && rest[0] == batch {
		rest = rest[1:]
	} else if batch > 1 {
		return nil, nil, fmt.Errorf(
			"the output %q has the shape %v and no axis for %d pictures: explain one picture at a time", l.Name, l.Shape, batch)
	}
	for _, d := range rest {
		if d != 1 {
			long = append(long, d)
		}
	}
	switch len(long) {
	case 0:
		return []int{batch, 1}, nil, nil
	case 1:
		return []int{batch, long[0]}, nil, nil
	}
	n := product(rest)
	if n == 0 {
		return nil, nil, fmt.Errorf("the output %q has the shape %v, and so no number to explain", l.Name, l.Shape)
	}
	if len(rest) == len(l.Shape) {
		return nil, nil, fmt.Errorf(
			"the output %q has the shape %v for one picture: its first axis is not that of the pictures; explain one of its numbers with %s, INDEX from 0 to %d, counted along its last axis first",
			l.Name, l.Shape, elementWords(l.Name), n-1)
	}
	if l.Axes.Places() {
		return nil, nil, fmt.Errorf(
			"the output %q has the shape %v, which is no list of classes but has places: explain a region with %s, or one of its numbers with %s, INDEX from 0 to %d",
			l.Name, l.Shape, place.Words("gradcamnb.Region(CLASS)", "--target region:CLASS"), elementWords(l.Name), n-1)
	}
	return nil, nil, fmt.Errorf(
		"the output %q has the shape %v, which is no list of classes: explain one of its numbers with %s, INDEX from 0 to %d, counted along its last axis first",
		l.Name, l.Shape, elementWords(l.Name), n-1)
}

// elementWords returns the words with which a user asks for an element of an output.
func elementWords(output string) string {
	return place.Words(fmt.Sprintf("gradcamnb.Output(%q, INDEX)", output), "--target output:"+output+":INDEX")
}

// readNumbers reads all numbers of a tensor in its own order.
func readNumbers(l source.Layer, batch int) (shape, order []int, err error) {
	n := product(l.Shape)
	if len(l.Shape) > 0 && l.Shape[0] == batch {
		n /= batch
	} else if batch > 1 {
		return nil, nil, fmt.Errorf(
			"the tensor %q has the shape %v and no axis for %d pictures: explain one picture at a time", l.Name, l.Shape, batch)
	}
	return []int{batch, n}, nil, nil
}

// readPlaces reads the classes of places, [batch, classes, height, width]. The slices of a volume lie one below
// another.
func readPlaces(l source.Layer, batch int) (shape, order []int, err error) {
	a := l.Axes
	if a.Mirrored != [2]bool{} {
		return nil, nil, fmt.Errorf("the output %q holds a picture's rows or columns mirrored, in which regions are not read: "+
			"mirror it back at the end of the network and export it again", l.Name)
	}
	if !a.Places() || a.Flat() {
		return nil, nil, fmt.Errorf(
			"the output %q has the shape %v and is no segmentation, [batch, classes, height, width] or [batch, height, width, classes]%s", l.Name, l.Shape, listHint(l, batch))
	}
	places, rows, classes := []int{a.H, a.W}, l.Shape[a.H], 1
	if a.S > 0 {
		places, rows = []int{a.S, a.H, a.W}, l.Shape[a.S]*rows
	}
	order = append([]int{0}, places...)
	if len(l.Shape) > len(order) {
		order, classes = append([]int{0, a.C}, places...), l.Shape[a.C]
	}
	return []int{batch, classes, rows, l.Shape[a.W]}, orderOrNil(order), nil
}

// listHint returns a hint to explain a class if an output is a list of classes, or nothing if it is not.
func listHint(l source.Layer, batch int) string {
	if shape, _, err := readList(l, batch); err == nil && shape[1] > 0 {
		return ": it is a list, so explain a class with " + place.Words("gradcamnb.Class(INDEX)", "--target class:INDEX")
	}
	return ""
}

// orderOrNil returns the order of axes, or nil if they stand in order.
func orderOrNil(order []int) []int {
	if slices.IsSorted(order) {
		return nil
	}
	return order
}

// ways holds the ways to read a tensor.
var ways = map[kind.TensorReading]reading{kind.Numbers: readNumbers, kind.Classes: readList, kind.Places: readPlaces}

// readTensor returns a tensor as a target reads it. If the target asks for classes or places and the model squashes or
// ranks scores there, it returns the tensor of these scores.
func readTensor(m source.Model, layers []source.Layer, tensor string, batch int, as kind.TensorReading) (
	Answer, error) {
	e, way := source.EndingOf(m, tensor), ways[as]
	a, err := readOne(layers, tensor, batch, way)
	if as != kind.Numbers && e.Before != "" {
		if before, fails := readOne(layers, e.Before, batch, way); fails == nil &&
			(e.Unit == source.Ranks || err == nil && slices.Equal(before.shape, a.shape)) {
			before.unit, before.squash = source.EndingOf(m, e.Before).Unit, e.Squash
			return before, nil
		}
	}
	if err == nil && e.Unit == source.Ranks {
		err = fmt.Errorf("the output %q comes from an operator that ranks or compares scores, so it has no gradient: explain the scores before it with %s", tensor, place.Words("gradcamnb.Element(NAME, INDEX)", "--target tensor:NAME:INDEX"))
	}
	a.unit = e.Unit
	return a, err
}

// CountClasses returns how many classes a model tells apart: those of its answer, or of each place of its answer. It is
// 0 if the answer has no classes, as that of a detector.
func CountClasses(m source.Model, layers []source.Layer) int {
	count := func(as kind.TensorReading, scored target.Kind) int {
		a, err := readTensor(m, layers, m.Card().Outputs[0], 1, as)
		if err != nil {
			return 0
		}
		n, err := scored.Check(a.shape)
		if err != nil {
			return 0
		}
		return n
	}
	return cmp.Or(count(kind.Classes, target.Element), count(kind.Places, target.Region))
}

func readOne(layers []source.Layer, tensor string, batch int, as reading) (Answer, error) {
	l, err := source.Resolve(layers, tensor)
	if err != nil {
		return Answer{}, err
	}
	shape, order, err := as(l, batch)
	return Answer{tensor: l.Name, shape: shape, order: order}, err
}

// logits tells whether the numbers are logits: nothing squashes them.
func (a Answer) logits() bool { return a.unit == source.Logits }

// isSingle tells whether there is one number for each picture from which the model computes no probability: a
// regression, or a logit.
func (a Answer) isSingle() bool {
	return a.logits() && a.squash == "" && len(a.shape) == 2 && a.shape[1] == 1
}

// unitOf returns the unit of a score of the answer.
func (a Answer) unitOf(scored target.Kind) string {
	if a.tensor == "" || scored.Unit != target.Element.Unit || scored.Name == target.Finer.Name {
		return scored.Unit
	}
	if a.isSingle() {
		return source.PlainNumbers.String()
	}
	return a.unit.String()
}

// isKnown tells whether the model's graph says how the numbers become probabilities.
func (a Answer) isKnown() bool { return a.squash != "" || !a.logits() && a.unit != source.PlainNumbers }

// probabilities returns the probabilities for a picture's numbers: what the model computes from them, or else the
// softmax of logits, or their sigmoids if they are tags. They are NaN if the numbers are neither.
func (a Answer) probabilities(numbers []float32) []float32 {
	each := func(f func(float64) float64) []float32 {
		out := make([]float32, len(numbers))
		for i, v := range numbers {
			out[i] = float32(f(float64(v)))
		}
		return out
	}
	switch {
	case a.unit == source.SoftmaxProbability || a.unit == source.SigmoidProbability:
		return slices.Clone(numbers)
	case a.unit == source.LogProbability:
		return each(math.Exp)
	case a.squash == source.SigmoidProbability, a.squash == "" && a.unit != source.PlainNumbers && a.tags:
		return each(func(v float64) float64 { return 1 / (1 + math.Exp(-v)) })
	case a.squash == "" && (a.unit == source.PlainNumbers || a.isSingle()):
		return each(func(float64) float64 { return math.NaN() })
	}
	highest, sum := float64(slices.Max(numbers)), 0.0
	for _, v := range numbers {
		sum += math.Exp(float64(v) - highest)
	}
	return each(func(v float64) float64 { return math.Exp(v-highest) / sum })
}

// top returns the n best classes of one picture. If scores are equal, the first class comes first. For a single logit
// of a binary classifier it returns both classes. of says what their numbers count; empty means classes.
func (a Answer) top(scores []float32, labels []string, of string, n int) []heatmap.Prediction {
	if len(scores) == 1 && a.logits() && (len(labels) == 2 || a.binary) {
		scores = []float32{-scores[0], scores[0]}
		a = Answer{unit: source.Logits, squash: source.SigmoidProbability}
	}
	best := make([]int, 0, n+1)
	for i, score := range scores {
		if len(best) == n && cmp.Compare(score, scores[best[n-1]]) <= 0 {
			continue
		}
		at := slices.IndexFunc(best, func(j int) bool { return cmp.Less(scores[j], score) })
		if at < 0 {
			at = len(best)
		}
		best = slices.Insert(best, at, i)
		best = best[:min(n, len(best))]
	}
	probability := a.probabilities(scores)
	var out []heatmap.Prediction
	for _, i := range best {
		out = append(out, heatmap.Prediction{Index: i, Label: kind.LabelOf(labels, i), Of: of, Score: scores[i],
			Probability: probability[i]})
	}
	return out
}

// probabilityTarget returns the target that scores a class by its probability, as the metrics' papers do, or by its own
// number if that has no probability. If the graph does not say, it returns otherwise: the softmax, or the sigmoid for
// tags.
func (a Answer) probabilityTarget(otherwise target.Kind) target.Kind {
	switch {
	case a.unit == source.LogProbability:
		return target.Exponential
	case a.squash == source.SigmoidProbability:
		return target.TagProbability
	case !a.logits(), otherwise.Name == target.Probability.Name && a.isSingle():
		return target.Element
	case a.squash == source.SoftmaxProbability:
		return target.Probability
	}
	return otherwise
}

// FirstAnswer returns the answer from which the best classes are listed: the model's first output if that is a list of
// classes. Otherwise there is nothing to list, and it returns an answer for a tensor that the program reads in any
// case.
func FirstAnswer(m source.Model, layers []source.Layer, batch int, aims []Aim) Answer {
	a, err := readTensor(m, layers, m.Card().Outputs[0], batch, kind.Classes)
	if err != nil {
		return Answer{tensor: aims[0].Wants()[0]}
	}
	a.binary = slices.ContainsFunc(aims, func(one Aim) bool {
		return one.scored.Name == target.Binary.Name && one.read.tensor == a.tensor
	})
	a.tags = slices.ContainsFunc(aims, func(one Aim) bool { return one.read.tags && one.read.tensor == a.tensor })
	return a
}

// Tensor returns the name of the tensor.
func (a Answer) Tensor() string { return a.tensor }

// List tells whether there are classes to list.
func (a Answer) List() bool { return a.shape != nil }

// Write sets a picture's scores in its result, with the best of them and the known probabilities.
func (a Answer) Write(r *heatmap.Result, scores []float32, labels []string) {
	r.Scores = scores
	of := ""
	if a.tags {
		of = kind.Tag.Name
	}
	r.Top = a.top(scores, labels, of, 5)
	if a.isKnown() {
		r.Known = a.probabilities(scores)
	}
}
