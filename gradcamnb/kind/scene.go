package kind

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/fault"
	"github.com/gradcam-go/gradcam/internal/place"
)

// Scene answers a kind's questions about the model and its pictures while a target is looked up.
type Scene interface {
	Outputs() Outputs
	Batch() int // number of pictures

	// Tensor looks up a tensor of the model, an output or another one, to be read as the last argument says. It returns
	// an error if the engine's function named score cannot score the tensor. If an output squashes or ranks scores and is
	// read as Classes or Places, Tensor returns the scores before that.
	Tensor(name, score string, as TensorReading) (Tensor, error)

	// Values runs the model on the pictures and returns the values of a tensor, batch first, read as it was looked up. If
	// second is not nil, it runs the model on that picture alone.
	Values(tensor string, second image.Image) (dims []int, values []float32, err error)

	// Findings returns what the detector finds in the pictures. It returns nil unless a target is a detection.
	Findings() *Findings
}

// TensorReading says how a tensor is read.
type TensorReading int

// These are the ways to read a tensor.
const (
	AsItIs  TensorReading = iota // in the model's own shape
	Numbers                      // all its numbers, [batch, n], in its own order
	Classes                      // scores of classes, [batch, n]
	Places                       // scores of classes at places, [batch, classes, height, width]
)

// Tensor describes a tensor of a model that was looked up.
type Tensor struct {
	Name     string // as in the model
	Shape    []int  // batch first, as it is read
	Elements int    // how many elements a target can choose from
	Logits   bool   // nothing squashes its numbers, nor are they known for a regression's

	// Known returns the probabilities that the model computes from its scores of a picture; nil if the graph does not
	// say how.
	Known func(scores []float32) []float32

	Made string // line of the user's program that makes it; empty if it is not known
}

// Findings is what a detector found in pictures.
type Findings struct {
	Detections [][]heatmap.Detection // of each picture, the surest first, in pixels of the original picture
	Best       []float32             // confidence of each picture's best candidate
	Threshold  float64               // confidence that makes a candidate a detection
	Decoder    string                // that read them
	Labels     []string              // of the classes; nil if there are none
	Classes    int                   // how many the detector tells apart
	Masks      bool                  // the model has instance masks
	Frames     []imgio.Frame         // where the model's input lies in each picture
}

// ResolvedTarget is a target that was looked up, as numbers for an engine. Fields that the kind does not need are zero.
type ResolvedTarget struct {
	Tensors  []string      // of the model that are read, the first one by the score
	As       TensorReading // how it is read
	Score    string        // in place of the kind's
	Unit     string        // of the score, if another is known than the tensor's
	Shape    []int         // of the first of them
	Index    []int32       // of each picture; nil if the program picks the class by its rank
	Rank     int           // from 1, if the program picks the class
	Argument []float32     // [batch, ...], what the score takes besides the index: weights, a mask, an embedding

	Words  string   // what it is called, without its number: "class" of "class 285"
	Whole  bool     // the words say everything, and there is no number to add
	Labels []string // of the elements; nil if nothing names them
	Note   string   // what was taken for what the user wrote; empty if that was exact

	// The fields below are for detections, which use none of the fields above but Words and Labels. Detections has one of
	// each picture, in pixels of the original pictures.
	Detections    []heatmap.Detection
	Found         int    // their rank among those that the model finds, from 1; 0 if they are drawn
	Edge          string // the explained side; empty means the whole detection
	Masked, Drawn bool   // instances are compared by their masks; the user drew these masks
	Joined        bool   // it is one of several parts of a detection, all of which together get one map more
}

// lookUp looks up the tensor that a target is about and checks that the labels fit it. It returns the number of
// elements as well.
//
// If a model has a single logit and two labels, it is a binary classifier: its classes are 0 and 1, and the score is
// the logit of class 1.
func lookUp(sc Scene, s Spec, score string, as TensorReading) (ResolvedTarget, int, error) {
	outputs := sc.Outputs()
	name := s.Name
	if name == "" {
		name = outputs[0].Name
	}
	t, note, err := lookUpTensor(sc, s, name, score, as)
	if err != nil {
		return ResolvedTarget{}, 0, err
	}
	labels := outputs.Labels(name)
	r := ResolvedTarget{Tensors: []string{t.Name}, Shape: t.Shape, As: as, Words: s.Kind, Labels: labels, Note: note}
	if as == Classes && len(labels) == 2 && t.Elements == 1 && t.Logits && score == "class" {
		r.Score, r.Unit, r.Words = "binary", "logits", "class"
		return r, 2, nil
	}
	if n := len(labels); n > 0 && n != t.Elements && as != Numbers {
		err := fmt.Errorf("the model has %d labels and its output %q has %d classes: give %d labels, one in each line of their file, or none",
			n, name, t.Elements, t.Elements)
		if t.Made != "" {
			err = fmt.Errorf("%w (%s makes %q)", err, t.Made, name)
		}
		return ResolvedTarget{}, 0, err
	}
	if as == Numbers && len(labels) != t.Elements {
		r.Labels = nil
	}
	if s.Name != "" {
		r.Words = s.Name
	}
	return r, t.Elements, nil
}

// lookUpTensor looks up the tensor of a target. If its numbers are read as tags, and the model does not tell how they
// become probabilities, the note says so.
func lookUpTensor(sc Scene, s Spec, name, score string, as TensorReading) (t Tensor, note string, err error) {
	if t, err = sc.Tensor(name, score, as); err != nil {
		return t, "", err
	}
	if k, err := Lookup(s); err == nil && k.OfTags && t.Logits && t.Known == nil && t.Elements > 1 {
		note = "read as tags, whose probabilities are sigmoids: the model does not say whether its classes exclude each other"
	}
	return t, note, nil
}

// joinNotes returns two notes, each of which may be empty, as one.
func joinNotes(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// element looks up a target that is one element of an output, by its number or by its name.
func element(sc Scene, s Spec, score string, as TensorReading) (ResolvedTarget, error) {
	r, n, err := lookUp(sc, s, score, as)
	if err != nil {
		return r, err
	}
	if s.Value != "" {
		one, note, err := findLabel(sc, r, s.Value)
		if err != nil {
			return r, err
		}
		s.Index, r.Note = []int{one}, joinNotes(note, r.Note)
	}
	if r.Index, err = perPicture(s, sc.Batch()); err != nil {
		return r, err
	}
	if err := checkRange(s.Index, n, r.Tensors[0]); err != nil {
		return r, err
	}
	if r.Score == "binary" {
		r.Argument = signs(r.Index)
	}
	return r, nil
}

// elements returns a [Kind.Resolve] for kinds that are one element of an output.
func elements(score string, as TensorReading) func(Scene, Spec) ([]ResolvedTarget, error) {
	return func(sc Scene, s Spec) ([]ResolvedTarget, error) { return wrapOne(element(sc, s, score, as)) }
}

// wrapOne returns the answer of a [Kind.Resolve] that has one target.
func wrapOne(r ResolvedTarget, err error) ([]ResolvedTarget, error) {
	if err != nil {
		return nil, err
	}
	return []ResolvedTarget{r}, nil
}

func noClassf(format string, args ...any) error {
	return fault.Errorf(fault.ErrNoClass, format, args...)
}

func checkRange(index []int, n int, tensor string) error {
	for _, i := range index {
		if i < 0 || i >= n {
			return noClassf("there is no class %d: the tensor %q has %s", i, tensor, DescribeClasses(n))
		}
	}
	return nil
}

// DescribeClasses returns a phrase that says how many classes there are, and their numbers.
func DescribeClasses(classes int) string {
	if classes == 1 {
		return "one, whose number is 0"
	}
	return fmt.Sprintf("%d, numbered from 0 to %d", classes, classes-1)
}

// oneEach returns words for how a target's several numbers are asked for, one after the other.
func oneEach(s Spec) string {
	var calls, texts []string
	for _, i := range s.Index[:2] {
		one := s
		one.Index = []int{i}
		calls = append(calls, cmp.Or(one.Call(), fmt.Sprintf("gradcamnb.ParseTarget(%q)", one)))
		texts = append(texts, "--target "+one.String())
	}
	return place.Words("ask for each by itself, as in "+strings.Join(calls, ", "),
		"ask for one; gradcam sheet compares several, as "+strings.Join(texts, " "))
}

// perPicture returns the target's index for each picture. It repeats a single index for all pictures.
func perPicture(s Spec, batch int) ([]int32, error) {
	index := s.Index
	if len(index) != 1 && len(index) != batch {
		switch {
		case len(index) == 0:
			return nil, errors.New("it names none: give a number, or a label that is not empty")
		case batch == 1:
			return nil, fmt.Errorf("it names %d for one picture: %s", len(index), oneEach(s))
		}
		return nil, fmt.Errorf("it names %d for %d pictures: name one for all, or one for each picture", len(index), batch)
	}
	out := make([]int32, batch)
	for i := range out {
		out[i] = int32(index[i%len(index)])
	}
	return out, nil
}
