package aims

import (
	"cmp"
	"errors"
	"fmt"
	"image"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detections"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/target"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
	"github.com/gradcam-go/gradcam/internal/fault"
	"github.com/gradcam-go/gradcam/internal/place"
)

// Aim is one target of a plan: a target that was looked up, with the function that scores it.
type Aim struct {
	kind.ResolvedTarget
	read     Answer // how the tensor is read; zero means as it is
	scored   target.Kind
	measured target.Kind // the score by which maps are measured

	rank     int    // from 1, of the class that the program picks if no index is given; 0 if it picks none
	elements bool   // it is one element of an output, among others
	key      string // of a target that is a function, so that it has a program of its own

	fn ScoreFn // a function of the user's own, in place of scored; else nil

	box *detectionAim // a detection, in place of all above but the words; else nil
}

// argumentDims returns the shape of the argument that the aim takes besides the index, for a batch.
func (a Aim) argumentDims(batch int) []int {
	return append([]int{batch}, a.scored.ArgumentShape(a.Shape)...)
}

// Lookup makes aims of targets. As a [kind.Scene] it answers a kind's questions about the model and the pictures.
type Lookup struct {
	Model      source.Model         // that is explained
	Layers     []source.Layer       // all layers of the model
	Pictures   int                  // number in the batch
	Detected   *detections.Findings // for targets that are detections
	ReadValues ValuesFn             // returns values on which a target depends

	read   map[string]Answer // how tensors were looked up
	looked *source.Layer     // that was looked up last
}

// ValuesFn runs the model and returns a tensor's values: for the pictures or, if second is not nil, for that picture
// alone in a batch of one. It serves targets that depend on what the model finds.
type ValuesFn func(tensor string, second image.Image) (dims []int, values []float32, err error)

// Aims returns the aims of a target: one, or several if the target stands for several.
func (s Lookup) Aims(t ask.Target) ([]Aim, error) {
	s.read, s.looked = map[string]Answer{}, &source.Layer{}
	if outputs := s.Model.Card().Outputs; len(outputs) > 0 {
		*s.looked, _ = source.Resolve(s.Layers, outputs[0]) // unless another tensor is looked up
	}
	k, err := kind.Lookup(t.Spec)
	if err != nil {
		return nil, err
	}
	if t.Edge != "" && !k.IsDetection {
		return nil, fmt.Errorf("it has no %s side, as detections and boxes have: leave that out", t.Edge)
	}
	if f := t.Func(); f != nil || k.Name == kind.Function.Name {
		a, err := s.function(t)
		return []Aim{a}, err
	}
	if k.Plane && s.Model.Card().Slices > 0 {
		return nil, fmt.Errorf("a %s is looked for among the pixels of a plane, and the model %s takes volumes: explain a region with %s", k.Name,
			s.Model.Card().Name, place.Words("gradcamnb.Region(CLASS)", "--target region:CLASS"))
	}
	resolved, err := k.Resolve(s, t.Spec)
	if errors.Is(err, fault.ErrNoClass) {
		err = locateError(*s.looked, err)
	}
	if err != nil {
		return nil, err
	}
	var out []Aim
	for _, r := range resolved {
		a, err := s.makeAim(k, r)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// makeAim returns the aim of a target that was looked up, with the functions that its kind names.
func (s Lookup) makeAim(k kind.Kind, r kind.ResolvedTarget) (Aim, error) {
	if k.IsDetection {
		return Aim{ResolvedTarget: r, box: newDetectionAim(r, s.Detected)}, nil
	}
	a := Aim{ResolvedTarget: r, rank: r.Rank, elements: k.WithIndex != nil}
	var err error
	if a.scored, err = target.ByName(cmp.Or(r.Score, k.Score)); err != nil {
		return Aim{}, err
	}
	a.measured = a.scored
	switch {
	case a.scored.Name == target.Binary.Name:
		a.measured = target.BinaryProbability
	case k.Measured != "":
		if a.measured, err = target.ByName(k.Measured); err != nil {
			return Aim{}, err
		}
	}
	if r.As != kind.AsItIs {
		a.read = s.read[r.Tensors[0]]
		if err := a.fit(); err != nil {
			return Aim{}, err
		}
	}
	a.read.tags = k.OfTags
	if a.scored.Name == target.Element.Name && a.rank == 0 {
		a.rank = 1 // so that the best class and any other class share one program
	}
	return a, nil
}

// Outputs returns the model's outputs with their labels.
func (s Lookup) Outputs() kind.Outputs { return outputsOf(s.Model.Card()) }

// AnswerLabels returns the names of the values of a model's answer, its first output, which may be an attribute head.
func AnswerLabels(c source.Card) []string { return outputsOf(c).Labels("") }

func outputsOf(c source.Card) kind.Outputs { return kind.OutputsOf(c.Outputs, c.HeadLabels, c.Labels) }

// Batch returns the number of pictures.
func (s Lookup) Batch() int { return s.Pictures }

// Tensor looks up a tensor for the score's function of that name; see [kind.Scene].
func (s Lookup) Tensor(name, score string, as kind.TensorReading) (kind.Tensor, error) {
	f, err := target.ByName(score)
	if err != nil {
		return kind.Tensor{}, err
	}
	l, err := source.Resolve(s.Layers, name)
	if err != nil && as == kind.AsItIs {
		return kind.Tensor{}, err
	}
	*s.looked = l
	t := kind.Tensor{Name: name, Shape: l.Shape, Made: l.Made}
	if as != kind.AsItIs {
		a, err := readTensor(s.Model, s.Layers, name, s.Pictures, as)
		if err != nil {
			return kind.Tensor{}, locateError(l, err)
		}
		s.read[a.tensor] = a
		t.Name, t.Shape, t.Logits = a.tensor, a.shape, a.logits()
		if a.isKnown() {
			t.Known = a.probabilities
		}
	}
	if t.Elements, err = f.Check(t.Shape); err != nil {
		return kind.Tensor{}, locateError(l, err)
	}
	return t, nil
}

// Values runs the model and returns a tensor's values; see [kind.Scene].
func (s Lookup) Values(tensor string, second image.Image) ([]int, []float32, error) {
	if s.ReadValues == nil {
		return nil, nil, fmt.Errorf("the values of the tensor %q are not known before the model runs", tensor)
	}
	dims, values, err := s.ReadValues(tensor, second)
	if a, ok := s.read[tensor]; ok && err == nil {
		values = a.values(dims, values)
		dims = append([]int{len(values) / product(a.shape[1:])}, a.shape[1:]...)
	}
	return dims, values, err
}

// Findings returns what was detected in the pictures.
func (s Lookup) Findings() *kind.Findings { return s.Detected.ToKind() }

// Wants returns the tensors of the model that the aim reads.
func (a Aim) Wants() []string {
	if a.box != nil {
		return a.box.reader.Tensors()
	}
	return a.Tensors
}

// ScoreUnit returns what the aim's score is measured in.
func (a Aim) ScoreUnit() string {
	if a.box != nil {
		return a.box.unit()
	}
	if a.Unit != "" {
		return a.Unit
	}
	return a.read.unitOf(a.scored)
}

// SlopeUnit returns the unit of the quantity whose gradient is taken, which may differ from the score's.
func (a Aim) SlopeUnit() string {
	if a.box != nil {
		return a.box.slopeUnit()
	}
	return a.ScoreUnit()
}

// Key returns a text that differs for aims that need different programs. Indices and masks are inputs of the program
// and not part of it; see [Aim.Score].
func (a Aim) Key() string {
	if a.box != nil {
		return a.box.key()
	}
	return fmt.Sprintf("%s %q %d %t %t %s", a.scored.Name, a.Tensors, a.rank, a.elements, a.read.tags, a.key)
}

// IsDetection tells whether the aim is a detection.
func (a Aim) IsDetection() bool { return a.box != nil }

// Output returns the tensor that the aim reads, in the shape in which it reads it. It returns nil for a detection.
func (a Aim) Output(outputs map[string]*Node) *Node {
	if a.box != nil {
		return nil
	}
	return a.read.Node(outputs[a.Tensors[0]])
}

// CheckRetarget returns an error if a method that explains a class by a score of its own cannot do so for the aim.
func (a Aim) CheckRetarget(method string, k target.Kind) error {
	if a.scored.Name != target.Element.Name && a.scored.Name != target.Binary.Name { // which has one class
		return fmt.Errorf("%s explains a class, and %s is none", method, a.Words)
	}
	if _, err := k.Check(a.Shape); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if k.Name != target.Finer.Name {
		return nil
	}
	remedy := askClass()
	if a.As == kind.Classes { // it is a class already
		remedy = "explain the class with another method, such as GradCAM"
	}
	if err := a.read.checkLogits(remedy); err != nil {
		return fmt.Errorf("%s compares logits: %w", method, err)
	}
	return nil
}

// Picture returns the aim for picture i alone, at the element that the outcome has for that picture.
func (a Aim) Picture(i int, found Outcome) Aim {
	if n := len(found.Index); len(a.Argument) > 0 {
		a.Argument = a.Argument[i*len(a.Argument)/n : (i+1)*len(a.Argument)/n]
	}
	a.Index = found.Index[i : i+1]
	return a
}

// ChangeClass returns the aim of one picture for another class, half of the list further on. It returns an error if the
// target is not one class of several.
func (a Aim) ChangeClass() (Aim, error) {
	n := a.Shape[len(a.Shape)-1]
	if a.scored.Name != target.Element.Name && a.scored.Name != target.Probability.Name || len(a.Shape) != 2 || n < 2 {
		return a, errors.New("this metric explains another class, and the target is not one class of several")
	}
	a.Index = []int32{int32((int(a.Index[0]) + n/2) % n)}
	return a, nil
}
