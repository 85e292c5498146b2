package detections

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/internal/place"
)

// Reader reads a model's outputs as detections.
type Reader struct {
	spec   detect.Spec
	head   detect.Head
	names  []string // of the tensors that it reads
	labels []string
	folds  bool // axes of length 1 behind the batch are dropped

	guessed bool // the shapes of the outputs told the decoder, and nothing else
}

// Key returns a key that differs between readers that need different programs.
func (r *Reader) Key() string {
	return fmt.Sprintf("%s %q %s", r.spec.Decoder, r.names, r.spec.Numbers)
}

// Tensors returns the names of the tensors that the reader reads.
func (r *Reader) Tensors() []string { return r.names }

// Decode returns the candidates in the model's outputs for pictures of a size [height, width].
func (r *Reader) Decode(outputs map[string]*Node, picture [2]int) detect.Candidates {
	var nodes []*Node
	for _, name := range r.names {
		n := outputs[name]
		if r.folds {
			n = Reshape(n, fold(n.Shape().Dimensions)...)
		}
		nodes = append(nodes, n)
	}
	return r.head.Decode(nodes, picture)
}

// Readers returns the readers that can read a model's outputs: that of the decoder that is
// asked for, else that of the sidecar or of the file itself, else those of all decoders that
// fit the outputs.
func Readers(ctx context.Context, m source.Model, input []int, how ask.Reading) ([]*Reader, error) {
	c := m.Card()
	var spec detect.Spec
	if c.Detector != nil && (how.Decoder == "" || isSameDecoder(how.Decoder, c.Detector.Decoder)) {
		spec = *c.Detector
	} else {
		spec.Decoder = how.Decoder
	}
	spec.Threshold, spec.NMS = cmp.Or(how.Threshold, spec.Threshold), cmp.Or(how.NMS, spec.NMS)
	if spec.Decoder == "" {
		spec = spec.Override(NamedRoles(c.Outputs))
	}
	names := spec.Outputs
	if names == nil {
		names = c.Outputs
	}
	shapes, err := shapesOf(ctx, m, input, names)
	if err != nil {
		return nil, err
	}
	if _, _, _, err := source.Batch(ctx, m, input, names); err != nil {
		return nil, err
	}
	picture := c.Layout.Size(input)
	if spec.Decoder != "" {
		r, err := newReader(c, spec, names, shapes, picture)
		if err != nil && hasNoBatch(m, shapes, input[0]) {
			err = fmt.Errorf("%w; %s", err, withoutBatch())
		}
		return []*Reader{r}, err
	}
	fit := detect.FindFitting(shapes, picture, len(c.Labels))
	if len(fit) == 0 {
		fit = detect.FindFitting(foldAll(shapes), picture, len(c.Labels))
	}
	if len(fit) == 0 {
		return nil, refuseShapes(m, input, names, shapes)
	}
	var out []*Reader
	for _, name := range fit {
		spec.Decoder = name
		r, err := newReader(c, spec, names, shapes, picture)
		if err != nil {
			return nil, err
		}
		r.guessed = true
		out = append(out, r)
	}
	return out, nil
}

// refuseShapes returns the error if no decoder fits the shapes of the outputs.
func refuseShapes(m source.Model, input []int, names []string, shapes [][]int) error {
	c := m.Card()
	picture := c.Layout.Size(input)
	switch {
	case isClassRow(shapes, input[0]):
		return fmt.Errorf("the model %s is no detector: its one output has the shape %v, a score for each class of the whole picture, as a classifier's; explain a class of it instead, or its prediction%s",
			c.Name, shapes[0], place.Words("", ", with gradcam explain"))
	case hasNoBatch(m, shapes, input[0]):
		return fmt.Errorf("the outputs %q of the model %s have the shapes %v: %s", names, c.Name, shapes, withoutBatch())
	}
	if hint := detect.Hint(shapes, picture, len(c.Labels)); hint != "" {
		return fmt.Errorf("nothing says how the detections of the model %s are read: its outputs %q have the shapes %v, and %s, in %s",
			c.Name, names, shapes, hint, specPlace(c))
	}
	err := fmt.Errorf("nothing says how the detections of the model %s are read: name a decoder, or write a detector into %s; its outputs %q have the shapes %v, and %s%s",
		c.Name, specPlace(c), names, shapes, describeOtherOrder(c, names, shapes, picture),
		describeOtherLabels(c, shapes, picture))
	return &UnfitError{err, names, shapes}
}

// newReader returns the reader of a spec, or an error if it cannot read outputs of these shapes.
func newReader(c source.Card, spec detect.Spec, names []string, shapes [][]int, picture [2]int) (*Reader, error) {
	r := &Reader{names: names, labels: c.Labels}
	var err error
	if r.spec, err = spec.WithDefaults(); err != nil {
		return nil, err
	}
	if r.head, err = r.spec.Head(len(c.Labels)); err != nil {
		return nil, err
	}
	err = r.head.Check(shapes, picture)
	if err != nil && r.head.Check(foldAll(shapes), picture) == nil {
		r.folds = true
		return r, nil
	}
	if err != nil {
		if n := r.spec.CountClasses(shapes, picture); n > 0 && len(c.Labels) > 0 {
			return nil, fmt.Errorf("the decoder %s does not fit the model %s with %d labels, but with %d: its outputs %q have the shapes %v. If the model has %d classes, %s",
				r.spec.Decoder, c.Name, len(c.Labels), n, r.names, shapes, n, labelWords(c))
		}
		return nil, fmt.Errorf("the decoder %s does not fit the model %s: %w; the outputs %q have the shapes %v, and %s%s",
			r.spec.Decoder, c.Name, err, r.names, shapes, describeFitting(detect.FindFitting(shapes, picture, len(c.Labels))),
			describeOtherLabels(c, shapes, picture))
	}
	return r, nil
}

// fold returns a shape without axes of length 1 behind the batch.
func fold(shape []int) []int {
	if len(shape) == 0 {
		return shape
	}
	return append(shape[:1:1], slices.DeleteFunc(slices.Clone(shape[1:]), func(n int) bool { return n == 1 })...)
}

func foldAll(shapes [][]int) [][]int {
	var out [][]int
	for _, s := range shapes {
		out = append(out, fold(s))
	}
	return out
}

// labelWords returns words that say how to give a model the names of its classes.
func labelWords(c source.Card) string {
	if c.File == "" {
		return "give their names as Labels in its card"
	}
	return `write their names into a text file, one a line, and name that as "labels" in ` + specPlace(c)
}

func describeFitting(names []string) string {
	if len(names) == 0 {
		var all []string
		for _, d := range detect.All() {
			all = append(all, d.Name)
		}
		return "no decoder fits them as they stand; there are " + strings.Join(all, ", ")
	}
	return "the decoders that fit them are " + strings.Join(names, ", ")
}

// hasNoBatch tells whether the outputs of an ONNX file have no axis of the pictures.
func hasNoBatch(m source.Model, shapes [][]int, pictures int) bool {
	return source.IsONNX(m) &&
		!slices.ContainsFunc(shapes, func(s []int) bool { return len(s) > 0 && s[0] == pictures })
}

// withoutBatch returns words on how to run a file whose outputs have no axis of the pictures.
func withoutBatch() string {
	return "they have no axis of the pictures, so let onnxruntime run the file, one picture at a time, with " +
		place.Words(`engine.New("onnxruntime")`, "--backend onnxruntime")
}

// describeOtherOrder returns words on the decoders that fit the outputs in another order, or most of them; if there are
// none, on all decoders. If only another number of labels would make one fit, it says so.
func describeOtherOrder(c source.Card, names []string, shapes [][]int, picture [2]int) string {
	if would := findOrder(names, shapes, picture, len(c.Labels)); len(would) > 0 {
		return describeOrders(c, would)
	}
	if len(c.Labels) == 0 || describeOtherLabels(c, shapes, picture) != "" {
		return describeFitting(nil)
	}
	would := findOrder(names, shapes, picture, 0)
	if len(would) == 0 {
		return describeFitting(nil)
	}
	return fmt.Sprintf("with another number of classes than the %d labels, %s", len(c.Labels), describeOrders(c, would))
}

// findOrder returns, by decoder, the names of the outputs in an order in which it can read them, and in another such
// order if there is one, or of as many of them as one can; nil if none can.
func findOrder(names []string, shapes [][]int, picture [2]int, classes int) map[string][][]string {
	const most, examples = 4, 2 // outputs, in 24 orders; orders of a decoder
	if len(shapes) > most {
		return nil
	}
	all := make([]int, len(shapes))
	for i := range all {
		all[i] = i
	}
	orders := permute(all)
	for n := len(shapes); n > 0; n-- { // the first n of each order
		would := map[string][][]string{}
		for _, order := range orders {
			var named []string
			var of [][]int
			for _, i := range order[:n] {
				named, of = append(named, names[i]), append(of, shapes[i])
			}
			for _, name := range detect.ListFitting(of, picture, classes) {
				known := slices.ContainsFunc(would[name], func(o []string) bool { return slices.Equal(o, named) })
				if len(would[name]) < examples && !known {
					would[name] = append(would[name], named)
				}
			}
		}
		if len(would) > 0 {
			return would
		}
	}
	return nil
}

// describeOrders returns words on the decoders that would read outputs of these names, in this order.
func describeOrders(c source.Card, would map[string][][]string) string {
	var words []string
	for _, d := range detect.All() {
		var examples []string
		for _, names := range would[d.Name] {
			examples = append(examples, spelled(c, detect.Spec{Decoder: d.Name, Outputs: names}))
		}
		if len(examples) > 0 {
			words = append(words, fmt.Sprintf("%s would read %s, for example %s", d.Name, d.Outputs,
				strings.Join(examples, " or ")))
		}
	}
	return strings.Join(words, "; ") + ": name them in the right order in " + specPlace(c)
}

// permute returns a list in every order.
func permute[T any](of []T) [][]T {
	if len(of) < 2 {
		return [][]T{of}
	}
	var out [][]T
	for i := range of {
		rest := slices.Delete(slices.Clone(of), i, i+1)
		for _, o := range permute(rest) {
			out = append(out, append([]T{of[i]}, o...))
		}
	}
	return out
}

// isClassRow tells whether the only output is one row of scores for each picture: [batch, classes], and possibly axes
// of length 1.
func isClassRow(shapes [][]int, pictures int) bool {
	if len(shapes) != 1 || len(shapes[0]) < 2 || shapes[0][0] != pictures {
		return false
	}
	rest := slices.DeleteFunc(slices.Clone(shapes[0][1:]), func(n int) bool { return n == 1 })
	return len(rest) <= 1
}

func shapesOf(ctx context.Context, m source.Model, input []int, names []string) ([][]int, error) {
	layers, err := m.Layers(ctx, input, "")
	if err != nil {
		return nil, err
	}
	var out [][]int
	for _, name := range names {
		l, err := source.Resolve(layers, name)
		if err != nil {
			return nil, fmt.Errorf("the detector reads a tensor that is not there: %w", err)
		}
		out = append(out, l.Shape)
	}
	return out, nil
}

// describeOtherLabels returns words that name the decoders that would fit with another number of labels; empty if none
// would.
func describeOtherLabels(c source.Card, shapes [][]int, picture [2]int) string {
	would := detect.ListFitting(shapes, picture, 0)
	if len(c.Labels) == 0 || len(would) == 0 {
		return ""
	}
	return fmt.Sprintf("; with another number of classes than the %d labels, %s would fit", len(c.Labels),
		strings.Join(would, ", "))
}

// isSameDecoder tells whether two names mean the same decoder.
func isSameDecoder(a, b string) bool {
	x, err := detect.ByName(a)
	if err != nil {
		return false
	}
	y, err := detect.ByName(b)
	return err == nil && x.Name == y.Name
}

// HasMasks tells whether a model's detections are known to have instance masks.
func HasMasks(c source.Card) bool {
	if c.Detector == nil {
		return false
	}
	d, err := detect.ByName(c.Detector.Decoder)
	return err == nil && d.Masks
}
