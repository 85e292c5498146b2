package detections

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// fault is a reading of a model's outputs that makes no sense.
type fault struct {
	read *Reader
	no   nonsense
}

// refuse returns the error of a search in which no reading makes sense. It says what is wrong with each, and what to
// write.
func (s Search) refuse(faults []fault) error {
	c, names := s.Model.Card(), faults[0].read.names
	shapes, err := shapesOf(context.Background(), s.Model, s.Input.Dims, names) // which were listed before
	if err != nil {
		return err
	}
	picture := c.Layout.Size(s.Input.Dims)
	var reasons []error
	mended := false
	var trust *detect.Spec // of the first reading that is only unlikely
	for _, f := range faults {
		words := ""
		if spec, ok := f.mend(len(c.Labels), shapes, picture); ok {
			words, mended = "; if so, write "+written(c, spec), true
		}
		if f.no.unsure && trust == nil {
			spec := f.read.spec.WithoutDefaults()
			spec.Trusted, trust = true, &spec
		}
		reasons = append(reasons, fmt.Errorf("as %s %w%s", f.read.spec.Decoder, f.no.error, words))
	}
	found, err := s.try(names, shapes)
	if err != nil {
		return err
	}
	mended = mended || len(found) > 0
	hint := ""
	if raw := detect.Hint(shapes, picture, len(c.Labels)); raw != "" && !mended {
		hint = fmt.Sprintf(" Or %s, in %s.", raw, specPlace(c))
	}
	err = fmt.Errorf("the outputs %q of the model %s cannot be right as they are read%s: %w.%s%s", names, c.Name,
		describeTried(c, found), errors.Join(reasons...), describeOthers(c, faults, shapes, picture, mended), hint)
	if trust != nil {
		err = fmt.Errorf("%w If %s is right all the same, write %s", err, trust.Decoder, written(c, *trust))
	}
	return err
}

// mend returns the spec with what may make the reading right. ok is false if nothing is known that its decoder takes,
// or if the decoder would then not read outputs of these shapes.
func (f fault) mend(classes int, shapes [][]int, picture [2]int) (spec detect.Spec, ok bool) {
	spec = f.read.spec
	if f.read.folds {
		shapes = foldAll(shapes)
	}
	switch names := f.read.names; {
	case f.no.swap && len(names) >= 3: // boxes, then these two
		spec.Outputs, shapes = slices.Clone(names), slices.Clone(shapes)
		spec.Outputs[1], spec.Outputs[2] = names[2], names[1]
		shapes[1], shapes[2] = shapes[2], shapes[1]
	case f.no.nms > 0:
		spec.NMS = f.no.nms
	case f.no.numbers == nil:
		return spec, false
	}
	numbers := map[string]any{}
	if len(spec.Numbers) > 0 && json.Unmarshal(spec.Numbers, &numbers) != nil {
		return spec, false
	}
	maps.Copy(numbers, f.no.numbers)
	if _, logits := numbers["activation"]; logits && spec.Decoder == detect.CenterNet.Name { // which takes the sigmoid alone
		delete(numbers, "activation")
		numbers["logits"] = true
	}
	if len(numbers) > 0 {
		spec.Numbers, _ = json.Marshal(numbers) // which came from JSON, or are words and truth values
	}
	head, err := spec.Head(classes)
	return spec.WithoutDefaults(), err == nil && head.Check(shapes, picture) == nil
}

// describeOthers returns a sentence on other decoders that would fit the outputs. If there are none, and nothing that
// was said may mend a reading (mended), it says to name other tensors.
func describeOthers(c source.Card, faults []fault, shapes [][]int, picture [2]int, mended bool) string {
	would := slices.DeleteFunc(detect.ListFitting(shapes, picture, len(c.Labels)), func(name string) bool {
		return slices.ContainsFunc(faults, func(f fault) bool { return f.read.spec.Decoder == name })
	})
	switch {
	case len(would) > 0:
		return fmt.Sprintf(" The shapes %v would also fit %s: if it is one of these, name it, with %s or %s.", shapes,
			strings.Join(would, ", "), decoderWords(would[0]),
			written(c, detect.Spec{Decoder: would[0], Outputs: faults[0].read.spec.Outputs}))
	case mended:
		return ""
	case c.File == "":
		return fmt.Sprintf(" No other decoder fits the shapes %v: let the model return what one reads.", shapes)
	}
	return fmt.Sprintf(" No other decoder fits the shapes %v: name the tensors that one reads as \"outputs\" of the \"detector\" in %s.",
		shapes, specPlace(c))
}
