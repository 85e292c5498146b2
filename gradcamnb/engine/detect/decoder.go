// Package detect decodes the outputs of detectors: it turns a model's output tensors into
// candidate boxes with class scores, objectness and instance masks, as pure graph functions.
// Every decoder has a file of its own.
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

// Candidates has all boxes that a detector returns for a batch of pictures, before any are
// discarded.
type Candidates struct {
	Boxes  *Node // [batch, n, 4]: x0, y0, x1, y1 in pixels of the model's input
	Scores *Node // [batch, n, classes]: probability of each class

	// Objectness [batch, n] is the probability that there is an object of any class; nil
	// if the detector has none.
	Objectness *Node

	// Numbers [batch, n] are the class numbers as the model writes them; nil if it gives a score for each class.
	Numbers *Node

	// Points [batch, n, points, 2] are landmarks, x and y in pixels of the model's
	// input; nil if there are none.
	Points *Node

	// Mask returns the instance masks of chosen candidates, int32 [batch, k], as
	// [batch, k, h, w] in [0, 1] over the model's input; nil if there are none.
	Mask func(chosen *Node) *Node
}

// Confidence returns the confidence of each candidate [batch, n]: its objectness times its
// best class's score, or that score alone if there is no objectness.
func (c Candidates) Confidence() *Node {
	best := ReduceMax(c.Scores, -1)
	if c.Objectness == nil {
		return best
	}
	return Mul(c.Objectness, best)
}

// Presence returns D-RISE's factor for the presence of each candidate [batch, n]: the
// objectness or, if the detector has none, the best class's score. (Without an objectness the
// paper has no such factor, and compares only with detections above a threshold. Over all
// candidates the factor is needed, or the least sure would count as much as the surest.)
func (c Candidates) Presence() *Node {
	if c.Objectness == nil {
		return ReduceMax(c.Scores, -1)
	}
	return c.Objectness
}

// Head decodes the outputs of one model. A [Decoder] makes it from the sidecar's numbers.
type Head interface {
	// Check returns an error if it cannot read outputs of these shapes, batch first, of a
	// model whose input has the given height and width.
	Check(outputs [][]int, picture [2]int) error

	// Decode returns the candidates in the outputs, which must have passed Check.
	Decode(outputs []*Node, picture [2]int) Candidates
}

// Decoder describes a format of detector outputs, and makes heads that read it.
type Decoder struct {
	Name    string // as in a sidecar, e.g. "yolov8"
	Outputs string // what it reads, in words
	Masks   bool   // it gives instance masks
	Around  bool   // it draws its boxes around its masks, so they have no order of numbers that could be mistaken
	Spec    Spec   // its usual threshold and suppression
	Preset  string // in imgio: how pictures are usually prepared for its models; empty means "unit"

	Turned bool // its points are the corners of a turned box, in order round it, and boxes are compared by them

	Asked bool // it is used only if it is named, because another decoder reads outputs of the same shapes

	// Likely tells whether outputs whose shapes fit are probably meant for this decoder. It is asked if neither the
	// decoder nor the number of classes is known; nil means yes.
	Likely func(outputs [][]int) bool

	// New makes a head from the decoder's numbers in the sidecar; nil means the usual ones.
	// classes is the number of classes, or 0 if it is not known.
	New func(numbers json.RawMessage, classes int) (Head, error)
}

// Spec is the part of a sidecar that says how a model's detections are read.
type Spec struct {
	Decoder string `json:"decoder"` // name of the decoder
	// Outputs has the tensors that the decoder reads, in its order; by default the model's outputs.
	Outputs   []string `json:"outputs,omitempty"`
	Threshold float64  `json:"threshold,omitempty"` // confidence that makes a candidate a detection
	// NMS is the IoU from which on the weaker of two detections of a class is dropped; 1 keeps all.
	NMS float64 `json:"nms,omitempty"`
	// AcrossClasses tells that boxes of different classes suppress each other, too.
	AcrossClasses bool `json:"across_classes,omitempty"`
	// Most is the largest number of detections that are kept of a picture; 0 means 300.
	Most    int             `json:"most,omitempty"`
	Numbers json.RawMessage `json:"numbers,omitempty"` // of the decoder
	// Trusted tells that boxes and classes are right as they are read, however unlikely they seem. Only that scores are
	// probabilities is then checked.
	Trusted bool `json:"trusted,omitempty"`
}

// WithDefaults returns the spec with the decoder's usual threshold and suppression in place of
// zeros. It returns an error if there is no such decoder, or if one of the two is out of range.
func (s Spec) WithDefaults() (Spec, error) {
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
	if s.Most < 0 {
		return Spec{}, fmt.Errorf(`detector %s: "most" is %d and must be at least 1, or be left out`, s.Decoder, s.Most)
	}
	return s, nil
}

// WithoutDefaults returns the spec with zeros in place of the decoder's usual threshold and suppression.
func (s Spec) WithoutDefaults() Spec {
	d, err := ByName(s.Decoder)
	if err == nil && s.Threshold == d.Spec.Threshold {
		s.Threshold = 0
	}
	if err == nil && s.NMS == d.Spec.NMS {
		s.NMS = 0
	}
	return s
}

// Override returns another spec with the threshold and the suppression of this one, if they are
// given. If other is nil it returns this one.
func (s Spec) Override(other *Spec) Spec {
	if other == nil {
		return s
	}
	out := *other
	out.Threshold, out.NMS = cmp.Or(s.Threshold, out.Threshold), cmp.Or(s.NMS, out.NMS)
	return out
}

// Head makes the head of a spec, for a model with so many classes; 0 if that is not known.
func (s Spec) Head(classes int) (Head, error) {
	d, err := ByName(s.Decoder)
	if err != nil {
		return nil, err
	}
	h, err := d.New(s.Numbers, classes)
	if err != nil {
		return nil, fmt.Errorf("detector %s: its numbers are wrong: %w", s.Decoder, err)
	}
	return h, nil
}

// CountClasses returns the only number of classes with which the spec's decoder fits outputs of these shapes; 0 if
// there is none, or more than one, or if the shapes are not likely its own.
func (s Spec) CountClasses(outputs [][]int, picture [2]int) int {
	const most = 10_000
	only := 0
	for n := 1; n <= most; n++ {
		h, err := s.Head(n)
		if err != nil || h.Check(outputs, picture) != nil {
			continue
		}
		if only > 0 {
			return 0
		}
		only = n
	}
	if d, err := ByName(s.Decoder); only > 0 && err == nil && d.Likely != nil && !d.Likely(outputs) {
		return 0
	}
	return only
}

var all = registry.New("detection decoder", func(v Decoder) []string { return []string{v.Name} },
	func() string { return "docs/detectors.md" })

func register(v Decoder) Decoder { return all.Add(v) }

// All returns every decoder, by name.
func All() []Decoder { return all.All() }

// ByName returns the decoder with a name; case, dashes, underscores and spaces do not matter.
func ByName(name string) (Decoder, error) { return all.Find(name) }

// FindFitting returns the names of the decoders that can read outputs of these shapes with their
// usual numbers. Decoders that must be named are left out. If the number of classes is not known, so are those that are
// not likely.
func FindFitting(outputs [][]int, picture [2]int, classes int) []string {
	var names []string
	for _, d := range All() {
		if !d.Asked && d.fits(outputs, picture, classes) {
			names = append(names, d.Name)
		}
	}
	return names
}

// ListFitting is [FindFitting] with the decoders that must be named. If the number of classes is 0, any will do.
func ListFitting(outputs [][]int, picture [2]int, classes int) []string {
	var names []string
	for _, d := range All() {
		if d.fits(outputs, picture, classes) {
			names = append(names, d.Name)
		}
	}
	return names
}

// fits tells whether the decoder can read outputs of these shapes with its usual numbers. If the number of classes is
// not known (0), the outputs must also be likely meant for it.
func (d Decoder) fits(outputs [][]int, picture [2]int, classes int) bool {
	h, err := d.New(nil, classes)
	return err == nil && h.Check(outputs, picture) == nil && (classes > 0 || d.Likely == nil || d.Likely(outputs))
}

// numbers reads a decoder's numbers into to, which has the usual ones.
func numbers(data json.RawMessage, to any) error {
	if len(data) == 0 {
		return nil
	}
	return strictjson.Decode(data, to)
}

// manyRows tells whether the first output, [batch, n, ...], has at least as many rows as columns.
func manyRows(outputs [][]int) bool { return outputs[0][1] >= outputs[0][2] }

// manyColumns tells whether the first output, [batch, ..., n], has at least as many columns as rows.
func manyColumns(outputs [][]int) bool { return outputs[0][2] >= outputs[0][1] }

// count returns an error if there are not as many outputs as wanted.
func count(outputs [][]int, want int, words string) error {
	if len(outputs) != want {
		return fmt.Errorf("it reads %s, and there are %d outputs", words, len(outputs))
	}
	return nil
}

// shapesOf returns the shapes of some outputs.
func shapesOf(outputs []*Node) (shapes [][]int) {
	for _, o := range outputs {
		shapes = append(shapes, o.Shape().Dimensions)
	}
	return shapes
}

// checkShape returns an error if an output does not have the shape want; -1 is any size.
func checkShape(name string, got []int, want ...int) error {
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
