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
	c := s.Model.Card()
	var reasons []error
	mended, unsure := false, false
	for _, f := range faults {
		words := ""
		if spec := f.mend(len(c.Labels)); spec != "" {
			words, mended = mendWords(c, spec), true
		}
		unsure = unsure || f.no.unsure
		reasons = append(reasons, fmt.Errorf("as %s %w%s", f.read.spec.Decoder, f.no.error, words))
	}
	err := fmt.Errorf("the outputs %q of the model %s cannot be right as they are read: %w.%s", faults[0].read.names, c.Name,
		errors.Join(reasons...), s.others(faults, mended))
	if unsure {
		at := slices.IndexFunc(faults, func(f fault) bool { return f.no.unsure })
		err = fmt.Errorf("%w %s", err, trustWords(c, faults[at].read.spec.Decoder))
	}
	return err
}

// mendWords returns words that say to read a model's outputs by a spec. A model in memory has no sidecar, so it must
// return what the decoder reads.
func mendWords(c source.Card, spec string) string {
	if c.File == "" {
		return "; if so, let the model return them as the decoder reads them"
	}
	return fmt.Sprintf("; if so, write \"detector\": %s into the sidecar %s", spec, c.SidecarName())
}

// trustWords returns words that say how to keep a reading by a decoder although it seems unlikely.
func trustWords(c source.Card, decoder string) string {
	if c.File == "" {
		return fmt.Sprintf("If %s is right all the same, read the outputs in a Go function and give it to engine.Detector", decoder)
	}
	return fmt.Sprintf("If %s is right all the same, write \"trusted\": true beside \"decoder\": %q in the \"detector\" of the sidecar %s",
		decoder, decoder, c.SidecarName())
}

// mend returns the spec, as a sidecar has it, with what may make the reading right; empty if nothing is known that
// its decoder takes.
func (f fault) mend(classes int) string {
	spec := f.read.spec
	switch names := f.read.names; {
	case f.no.swap && len(names) >= 3: // boxes, then these two
		spec.Outputs = slices.Clone(names)
		spec.Outputs[1], spec.Outputs[2] = names[2], names[1]
	case f.no.numbers == nil:
		return ""
	}
	numbers := map[string]any{}
	if len(spec.Numbers) > 0 && json.Unmarshal(spec.Numbers, &numbers) != nil {
		return ""
	}
	maps.Copy(numbers, f.no.numbers)
	if len(numbers) > 0 {
		spec.Numbers, _ = json.Marshal(numbers) // which came from JSON, or are words and truth values
	}
	if _, err := spec.Head(classes); err != nil {
		return ""
	}
	text, err := json.Marshal(spec.WithoutDefaults())
	if err != nil {
		return ""
	}
	return string(text)
}

// others returns a sentence on other decoders that would fit the outputs. If there are none, and nothing that was said
// may mend a reading (mended), it says to name other tensors.
func (s Search) others(faults []fault, mended bool) string {
	c := s.Model.Card()
	shapes, err := shapesOf(context.Background(), s.Model, s.Input.Dims, faults[0].read.names) // which were listed before
	if err != nil {
		return ""
	}
	would := detect.ListFitting(shapes, c.Layout.Size(s.Input.Dims))
	would = slices.DeleteFunc(would, func(name string) bool {
		return slices.ContainsFunc(faults, func(f fault) bool { return f.read.spec.Decoder == name })
	})
	switch {
	case c.File == "" && len(would) > 0:
		return fmt.Sprintf(" The shapes %v would also fit %s: if it is one of these, name it, with %s.", shapes,
			strings.Join(would, ", "), decoderWords(would[0]))
	case c.File == "" && !mended:
		return fmt.Sprintf(" No other decoder fits the shapes %v: let the model return what one reads.", shapes)
	case len(would) > 0:
		return fmt.Sprintf(" The shapes %v would also fit %s: if it is one of these, name it, with %s or \"detector\": {\"decoder\": %q} in the sidecar %s.", shapes, strings.Join(would, ", "), decoderWords(would[0]), would[0], c.SidecarName())
	case !mended:
		return fmt.Sprintf(" No other decoder fits the shapes %v: name the tensors that one reads as \"outputs\" of the \"detector\" in the sidecar %s.", shapes, c.SidecarName())
	}
	return ""
}
