package engine

import (
	"cmp"
	"fmt"
	"image"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/target"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
)

// aim is one target of a plan: a target that was looked up, with the function that scores it.
type aim struct {
	kind.Resolved
	read     answer // how the tensor is read; zero if as it is
	scored   target.Kind
	measured target.Kind // what maps are measured by

	rank     int    // from 1, of the class that the program picks if no index is given; 0 if it picks none
	elements bool   // it is one element of an output, among others
	key      string // of a function's target, which no other program may be taken for

	fn ScoreFn // in place of the score's function; nil if that serves

	box *boxed // a detection, instead of all above but the words
}

// besideDims is the shape of what the aim takes beside the index, of a batch.
func (a aim) besideDims(batch int) []int {
	return append([]int{batch}, a.scored.Beside(a.Shape)...)
}

// aiming makes aims of targets. It is what a kind of target asks about the model and the pictures.
type aiming struct {
	model  source.Model
	layers []source.Layer
	batch  int
	seen   *detected // for targets that are detections
	look   look
	read   map[string]answer // how tensors were looked up
}

// look runs the model and gives a tensor's values: for the pictures, or for a second one alone, in
// a batch of one. Targets that depend on what the model finds are settled so.
type look func(tensor string, second image.Image) (dims []int, values []float32, err error)

// aims makes the aims of a target: one, but for those that stand for several.
func (s aiming) aims(t gradcamnb.Target) ([]aim, error) {
	k, err := kind.Of(t.Spec)
	if err != nil {
		return nil, err
	}
	if f := t.Func(); f != nil || k.Name == kind.Function.Name {
		a, err := s.function(t)
		return []aim{a}, err
	}
	resolved, err := k.Resolve(s, t.Spec)
	if err != nil {
		return nil, err
	}
	var out []aim
	for _, r := range resolved {
		a, err := s.aim(k, r)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// aim joins a target that was looked up with the functions that its kind names.
func (s aiming) aim(k kind.Kind, r kind.Resolved) (aim, error) {
	if k.Boxed {
		return aim{Resolved: r, box: newBoxed(r, s.seen)}, nil
	}
	a := aim{Resolved: r, rank: r.Rank, elements: k.At != nil}
	var err error
	if a.scored, err = target.ByName(cmp.Or(r.Score, k.Score)); err != nil {
		return aim{}, err
	}
	a.measured = a.scored
	switch {
	case a.scored.Name == target.Binary.Name:
		a.measured = target.BinaryProbability
	case k.Measured != "":
		if a.measured, err = target.ByName(k.Measured); err != nil {
			return aim{}, err
		}
	}
	if r.As != kind.AsItIs {
		a.read = s.read[r.Tensors[0]]
		if err := a.fit(); err != nil {
			return aim{}, err
		}
	}
	if a.scored.Name == target.Element.Name && a.rank == 0 {
		a.rank = 1 // so that the best class and any other are one program
	}
	return a, nil
}

// Outputs are the model's outputs with the labels of each.
func (s aiming) Outputs() kind.Outputs { return outputsOf(s.model.Card()) }

func outputsOf(c source.Card) kind.Outputs {
	var out kind.Outputs
	for i, name := range c.Outputs {
		labels := c.HeadLabels[name]
		if labels == nil && i == 0 {
			labels = c.Labels
		}
		out = append(out, kind.Output{Name: name, Labels: labels})
	}
	return out
}

// Batch is the number of pictures.
func (s aiming) Batch() int { return s.batch }

// Tensor looks a tensor up, for the score's function of that name.
func (s aiming) Tensor(name, score string, as kind.As) (kind.Tensor, error) {
	f, err := target.ByName(score)
	if err != nil {
		return kind.Tensor{}, err
	}
	l, err := source.Resolve(s.layers, name)
	if err != nil && as == kind.AsItIs {
		return kind.Tensor{}, err
	}
	t := kind.Tensor{Name: name, Shape: l.Shape, Made: l.Made}
	if as != kind.AsItIs {
		a, err := readTensor(s.model, s.layers, name, s.batch, as)
		if err != nil {
			return kind.Tensor{}, madeAt(l, err)
		}
		s.read[a.tensor] = a
		t.Name, t.Shape, t.Logits = a.tensor, a.shape, a.logits()
		if a.known() {
			t.Known = func(scores []float32) []float32 { return a.probabilities(scores, false) }
		}
	}
	if t.Elements, err = f.Check(t.Shape); err != nil {
		return kind.Tensor{}, madeAt(l, err)
	}
	return t, nil
}

// Values runs the model; see [look].
func (s aiming) Values(tensor string, second image.Image) ([]int, []float32, error) {
	if s.look == nil {
		return nil, nil, fmt.Errorf("the tensor %q cannot be looked at here", tensor)
	}
	dims, values, err := s.look(tensor, second)
	if a, ok := s.read[tensor]; ok && err == nil {
		values = a.values(dims, values)
		dims = append([]int{len(values) / product(a.shape[1:])}, a.shape[1:]...)
	}
	return dims, values, err
}

// Found is what was detected in the pictures.
func (s aiming) Found() *kind.Found { return s.seen.asFound() }
