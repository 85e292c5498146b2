// Package detect reads detectors: it turns a model's output tensors into candidate
// boxes with class scores, objectness and instance masks, as pure graph functions.
// One decoder a file.
package detect

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/internal/registry"
	"github.com/gradcam-go/gradcam/internal/strictjson"
)

// Candidates is everything that a detector says about a batch of pictures, before
// anything is thrown away.
type Candidates struct {
	Boxes  *Node // [batch, n, 4]: x0, y0, x1, y1 in pixels of the model's input
	Scores *Node // [batch, n, classes]: probability of each class

	// Objectness [batch, n] is the probability that there is an object at all; nil
	// for detectors that do not say.
	Objectness *Node

	// Points [batch, n, points, 2] are landmarks, x and y in pixels of the model's
	// input; nil if there are none.
	Points *Node

	// Mask gives the instance masks of chosen candidates, int32 [batch, k], as
	// [batch, k, h, w] in [0, 1] over the model's input; nil if there are none.
	Mask func(chosen *Node) *Node
}

// Confidence is how sure the detector is of each candidate [batch, n]: objectness
// times the best class's score, or that score alone if there is no objectness.
func (c Candidates) Confidence() *Node {
	best := ReduceMax(c.Scores, -1)
	if c.Objectness == nil {
		return best
	}
	return Mul(c.Objectness, best)
}

// Presence is the factor of D-RISE for a candidate being there at all [batch, n]: the
// objectness or, where the detector has none, the best class's score. (The paper
// leaves the factor out then, and compares only with detections above a threshold. Over
// all candidates it is needed, or the faintest would count like the surest.)
func (c Candidates) Presence() *Node {
	if c.Objectness == nil {
		return ReduceMax(c.Scores, -1)
	}
	return c.Objectness
}

// Head is a decoder with its numbers.
type Head interface {
	// Check says what is wrong with the shapes of the outputs, batch first, of a
	// model whose input has the given height and width.
	Check(outputs [][]int, picture [2]int) error

	// Decode reads the outputs; they have passed Check.
	Decode(outputs []*Node, picture [2]int) Candidates
}

// Decoder is a way to read outputs.
type Decoder struct {
	Name    string // as in a sidecar, e.g. "yolov8"
	Outputs string // what it reads, in words
	Masks   bool   // it gives instance masks
	Spec    Spec   // its usual threshold and suppression

	Turned bool // its points are the corners of a turned box, one after the other, by which boxes are compared

	Asked bool // it is taken where it is named alone: by the shapes of the outputs it could be another

	// New makes a head with the decoder's numbers of the sidecar, for so many classes
	// if that is known, else 0.
	New func(numbers json.RawMessage, classes int) (Head, error)
}

// Spec is the part of a sidecar that says how a model's detections are read.
type Spec struct {
	Decoder string `json:"decoder"` // name of the decoder
	// tensors that the decoder reads, in its order; by default the model's outputs
	Outputs   []string `json:"outputs,omitempty"`
	Threshold float64  `json:"threshold,omitempty"` // confidence that makes a candidate a detection
	// IoU from which the weaker of two detections of a class goes; 1 keeps all
	NMS     float64         `json:"nms,omitempty"`
	Numbers json.RawMessage `json:"numbers,omitempty"` // of the decoder
}

// Filled is the spec with the decoder's usual numbers where it has none.
func (s Spec) Filled() (Spec, error) {
	d, err := ByName(s.Decoder)
	if err != nil {
		return Spec{}, err
	}
	if s.Threshold == 0 {
		s.Threshold = d.Spec.Threshold
	}
	if s.NMS == 0 {
		s.NMS = d.Spec.NMS
	}
	if !(s.Threshold > 0 && s.Threshold < 1) || !(s.NMS > 0 && s.NMS <= 1) {
		return Spec{}, fmt.Errorf("detector %s: the threshold %g must lie between 0 and 1, and nms %g too (1 keeps all)",
			s.Decoder, s.Threshold, s.NMS)
	}
	return s, nil
}

// Over is another spec, if there is one, with the threshold and the suppression of this one
// where they are given.
func (s Spec) Over(other *Spec) Spec {
	if other == nil {
		return s
	}
	out := *other
	out.Threshold, out.NMS = cmp.Or(s.Threshold, out.Threshold), cmp.Or(s.NMS, out.NMS)
	return out
}

// Head makes the decoder of a spec.
func (s Spec) Head(classes int) (Head, error) {
	d, err := ByName(s.Decoder)
	if err != nil {
		return nil, err
	}
	h, err := d.New(s.Numbers, classes)
	if err != nil {
		return nil, fmt.Errorf("detector %s: its numbers are not as they should be: %w", s.Decoder, err)
	}
	return h, nil
}

var all = registry.New("detection decoder", func(v Decoder) []string { return []string{v.Name} })

func register(v Decoder) Decoder { return all.Add(v) }

// All returns every decoder, by name.
func All() []Decoder { return all.All() }

// ByName finds a decoder; case, dashes, underscores and spaces do not matter.
func ByName(name string) (Decoder, error) { return all.Find(name) }

// Fitting lists the decoders that can read outputs of these shapes with their usual
// numbers.
func Fitting(outputs [][]int, picture [2]int, classes int) []string {
	var names []string
	for _, d := range All() {
		if h, err := d.New(nil, classes); err == nil && h.Check(outputs, picture) == nil && !d.Asked {
			names = append(names, d.Name)
		}
	}
	return names
}

// ListFitting lists the decoders that can read outputs of these shapes with some number of
// classes, those that must be named among them.
func ListFitting(outputs [][]int, picture [2]int) []string {
	var names []string
	for _, d := range All() {
		if h, err := d.New(nil, 0); err == nil && h.Check(outputs, picture) == nil {
			names = append(names, d.Name)
		}
	}
	return names
}

// numbers reads a decoder's numbers over its usual ones.
func numbers(data json.RawMessage, to any) error {
	if len(data) == 0 {
		return nil
	}
	return strictjson.Decode(data, to)
}

// count says how many outputs there must be.
func count(outputs [][]int, want int, words string) error {
	if len(outputs) != want {
		return fmt.Errorf("it reads %s, and there are %d outputs", words, len(outputs))
	}
	return nil
}

// shaped checks one output against a pattern, where -1 is any size.
func shaped(name string, got []int, want ...int) error {
	ok := len(got) == len(want)
	for i := range want {
		ok = ok && (want[i] < 0 || got[i] == want[i])
	}
	if !ok {
		return fmt.Errorf("%s has the shape %v and should have %s", name, got, pattern(want))
	}
	return nil
}

func pattern(dims []int) string {
	words := make([]string, len(dims))
	for i, d := range dims {
		words[i] = "any"
		if d >= 0 {
			words[i] = strconv.Itoa(d)
		}
	}
	return "[" + strings.Join(words, " ") + "]"
}
