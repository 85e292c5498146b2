package engine

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/target"
)

// answer is a tensor of the model as a target reads it: a list of numbers a picture, or the
// classes of places.
type answer struct {
	tensor string
	unit   source.Unit // of its numbers
	squash source.Unit // the probability that the model makes of them; empty if it makes none

	shape []int // as it is read: [batch, numbers], or [batch, classes, height, width]
	order []int // of the tensor's axes, before it gets that shape; nil as they are
}

// of brings the tensor's node to the answer's shape.
func (a answer) of(n *Node) *Node {
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

// values are the tensor's numbers, of a shape, in the answer's order.
func (a answer) values(dims []int, flat []float32) []float32 {
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

// readAs are the ways to read a tensor.
type readAs func(l source.Layer, batch int) (shape, order []int, err error)

// asList reads a tensor with one axis beside the pictures' that is longer than 1:
// [batch], [batch, n], [batch, n, 1, 1]; for one picture also [n].
func asList(l source.Layer, batch int) (shape, order []int, err error) {
	var long []int
	rest := l.Shape
	if len(rest) > 0 && rest[0] == batch {
		rest = rest[1:]
	} else if batch > 1 {
		return nil, nil, fmt.Errorf("the output %q has the shape %v and no axis for %d pictures: explain one picture at a time", l.Name, l.Shape, batch)
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
	if l.Axes.Places() {
		return nil, nil, fmt.Errorf("the output %q has the shape %v, which is no list of classes but has places: explain a region (gradcamnb.Region, region:CLASS) or one of its numbers (gradcamnb.Output, output:%s:INDEX with INDEX from 0 to %d)",
			l.Name, l.Shape, l.Name, n-1)
	}
	return nil, nil, fmt.Errorf("the output %q has the shape %v, which is no list of classes: explain one of its numbers (gradcamnb.Output, output:%s:INDEX, with INDEX from 0 to %d, counted along its last axis first)",
		l.Name, l.Shape, l.Name, n-1)
}

// asNumbers reads all numbers of a tensor in its own order.
func asNumbers(l source.Layer, batch int) (shape, order []int, err error) {
	n := product(l.Shape)
	if len(l.Shape) > 0 && l.Shape[0] == batch {
		n /= batch
	} else if batch > 1 {
		return nil, nil, fmt.Errorf("the tensor %q has the shape %v and no axis for %d pictures: explain one picture at a time", l.Name, l.Shape, batch)
	}
	return []int{batch, n}, nil, nil
}

// asPlaces reads the classes of places, [batch, classes, height, width].
func asPlaces(l source.Layer, batch int) (shape, order []int, err error) {
	a := l.Axes
	if !a.Places() || a.Flat() {
		return nil, nil, fmt.Errorf("the output %q has the shape %v and is no segmentation, [batch, classes, height, width] or [batch, height, width, classes]%s", l.Name, l.Shape, listHint(l, batch))
	}
	if len(l.Shape) == 3 { // one class
		return []int{batch, 1, l.Shape[a.H], l.Shape[a.W]}, inOrder([]int{0, a.H, a.W}), nil
	}
	return []int{batch, l.Shape[a.C], l.Shape[a.H], l.Shape[a.W]}, inOrder([]int{0, a.C, a.H, a.W}), nil
}

// listHint says that an output without places is a list of classes, if it is.
func listHint(l source.Layer, batch int) string {
	if shape, _, err := asList(l, batch); err == nil && shape[1] > 0 {
		return ": it is a list, so explain a class (gradcamnb.Class, class:INDEX)"
	}
	return ""
}

// inOrder is nil for axes that stand in order.
func inOrder(order []int) []int {
	if slices.IsSorted(order) {
		return nil
	}
	return order
}

// read is a tensor as a target reads it. Where before is set and the model squashes or ranks
// scores at its end, it is those scores.
func read(m source.Model, layers []source.Layer, tensor string, batch int, as readAs, before bool) (answer, error) {
	e := source.EndingOf(m, tensor)
	if before && e.Before != "" {
		if a, err := readOne(layers, e.Before, batch, as); err == nil && (e.Unit == source.Ranked || sameNumbers(layers, tensor, a, batch, as)) {
			a.unit, a.squash = source.EndingOf(m, e.Before).Unit, e.Squash
			return a.named(), nil
		}
	}
	a, err := readOne(layers, tensor, batch, as)
	if err != nil {
		return answer{}, err
	}
	a.unit = e.Unit
	if e.Unit == source.Ranked {
		return answer{}, fmt.Errorf("the tensor %q is what an operator that ranks or compares scores makes, and has no gradient: explain the scores before it (gradcamnb.Element, tensor:NAME:INDEX)", tensor)
	}
	return a.named(), nil
}

// named is the answer with the unit of a single number, which nobody knows for a logit or
// a regression's value.
func (a answer) named() answer {
	if a.unit == source.Logits && len(a.shape) == 2 && a.shape[1] == 1 && a.squash == "" {
		a.unit = source.Plain
	}
	return a
}

func readOne(layers []source.Layer, tensor string, batch int, as readAs) (answer, error) {
	l, err := source.Resolve(layers, tensor)
	if err != nil {
		return answer{}, err
	}
	shape, order, err := as(l, batch)
	return answer{tensor: l.Name, shape: shape, order: order}, err
}

// sameNumbers tells whether a tensor, read in the same way, has the shape of the answer.
func sameNumbers(layers []source.Layer, tensor string, a answer, batch int, as readAs) bool {
	of, err := readOne(layers, tensor, batch, as)
	return err == nil && slices.Equal(of.shape, a.shape)
}

// probability is the target that scores a class of the answer by its probability, as the
// metrics' papers do; by its own number if nothing makes a probability of it. tag tells that
// the classes do not exclude each other, if the model does not.
func (a answer) probability(tag bool) target.Kind {
	switch {
	case a.unit == source.LogProbability:
		return target.Exponential
	case a.unit != source.Logits:
		if a.squash == source.SigmoidProbability {
			return target.TagProbability
		}
		return target.Element
	case a.squash == source.SigmoidProbability, a.squash == "" && tag:
		return target.TagProbability
	}
	return target.Probability
}
