// Package kind holds the kinds of targets: what of a model's answer can be explained. Each kind
// is one value in one file, and everything that asks what kind a target is asks that value: the
// front and the command line (text and back), the engine (what is scored, and what the maps are
// measured by), cards and nb.Explore (what the elements are called, and the same for another
// element).
//
// It is for who writes a kind of target or an engine. Who explains uses the functions of package
// gradcamnb, such as gradcamnb.Class.
package kind

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gradcam-go/gradcam/internal/registry"
)

// Kind is one kind of target.
type Kind struct {
	Name  string // as [Spec] has it, e.g. "class"
	Forms []Form // how the command line writes it; none if it cannot
	// Prefix begins the command line's text; empty means the name and a colon.
	Prefix string

	// Read makes a target of what stands behind the prefix. It is nil if the command line has
	// no text for the kind. Errors say what to write.
	Read func(rest string) (Spec, error)

	// Write is the command line's text of a target; nil means the prefix and its indices.
	Write func(s Spec) string

	NamesSeveral bool // Index names several classes of every picture, and not one a picture
	IsDetection  bool // it is a detection

	// Score names the engine's function that gives the score, such as "class", the logit
	// (package engine/target); empty if the kind brings one of its own or is a detection.
	// Measured names the one that maps are measured by if that is another: the metrics'
	// papers score a class by its probability.
	Score, Measured string

	// WithIndex is the target for another element, such as another class; nil if it has no elements.
	WithIndex func(s Spec, index int) Spec

	// Elements are the names of its elements, those of its own output; nil if nothing names them.
	Elements func(s Spec, m Outputs) []string

	// Resolve looks a target up in a model, for a batch of pictures: one score, or several for
	// kinds that stand for several targets.
	Resolve func(sc Scene, s Spec) ([]ResolvedTarget, error)
}

// Form is a way to write a target on the command line.
type Form struct {
	Text, Means string // how it is written, and what that means
}

var all = registry.New("kind of target", func(k Kind) []string { return []string{k.Name} })

// Register makes a kind known. It is called when the package that has the kind is initialised.
func Register(k Kind) Kind { return all.Add(k) }

// All returns every kind, by name.
func All() []Kind { return all.All() }

// Lookup returns the kind of a target.
func Lookup(s Spec) (Kind, error) {
	for _, k := range all.All() {
		if k.Name == s.Kind {
			return k, nil
		}
	}
	return Kind{}, fmt.Errorf("there is no target of the kind %q", s.Kind)
}

func (k Kind) prefix() string {
	if k.Prefix == "" {
		return k.Name + ":"
	}
	return k.Prefix
}

// ErrText marks a text that is no target.
var ErrText = errors.New("no target")

// textError is an error about a target's text. The text is in the message already.
type textError struct{ error }

func (textError) Is(target error) bool { return target == ErrText }
func (e textError) Unwrap() error      { return e.error }

func textErrorf(format string, args ...any) error { return textError{fmt.Errorf(format, args...)} }

// Parse reads a target as the command line writes it, e.g. "class:285". An error about the text
// is an [ErrText]; others are of files that the text names.
func Parse(text string) (Spec, error) {
	var best Kind
	prefix := "" // the longest that fits
	for _, k := range all.All() {
		if p := k.prefix(); k.Read != nil && strings.HasPrefix(text, p) && len(p) > len(prefix) {
			best, prefix = k, p
		}
	}
	if prefix == "" {
		return Spec{}, textErrorf("there is no target %q; a target is\n%s", text, Help())
	}
	s, err := best.Read(text[len(prefix):])
	if err != nil {
		return Spec{}, fmt.Errorf("target %q: %w", text, err)
	}
	return s, nil
}

// Help lists every form of every kind, one a line.
func Help() string {
	var b strings.Builder
	for _, k := range all.All() {
		for _, f := range k.Forms {
			fmt.Fprintf(&b, "  %-28s  %s\n", f.Text, f.Means)
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// String is the target as the command line writes it.
func (s Spec) String() string {
	k, err := Lookup(s)
	switch {
	case err != nil:
		return s.Kind
	case k.Write != nil:
		return k.Write(s)
	}
	return k.prefix() + s.element()
}

// WithIndex is the same target for another of its elements, such as another class or value of the same
// head. It is an error for kinds that have no elements, such as a detection.
func (s Spec) WithIndex(index int) (Spec, error) {
	k, err := Lookup(s)
	if err != nil {
		return Spec{}, err
	}
	if k.WithIndex == nil {
		return Spec{}, fmt.Errorf("target %s: a target of this kind has no other element to choose", s)
	}
	return k.WithIndex(s, index), nil
}

// Elements are the names of what [Spec.WithIndex] takes; nil if there are none.
func (s Spec) Elements(m Outputs) []string {
	if k, err := Lookup(s); err == nil && k.Elements != nil {
		return k.Elements(s, m)
	}
	return nil
}

// NamesSeveral tells that Index names several classes of every picture, and not one a picture.
func (s Spec) NamesSeveral() bool {
	k, err := Lookup(s)
	return err == nil && k.NamesSeveral
}

// IsDetection tells that the target is a detection.
func (s Spec) IsDetection() bool {
	k, err := Lookup(s)
	return err == nil && k.IsDetection
}

// Outputs are a model's outputs, the first of which is its answer.
type Outputs []Output

// Output is an output with the names of its elements, nil if nothing names them.
type Output struct {
	Name   string   // as in the model
	Labels []string // of its classes; nil if there are none
}

// Labels are the names of the elements of an output; the empty name means the first.
func (o Outputs) Labels(name string) []string {
	for i, out := range o {
		if out.Name == name || name == "" && i == 0 {
			return out.Labels
		}
	}
	return nil
}

// OutputsOf returns the outputs of a model by their names, with their labels. Heads has the labels by output; first has
// those of the first output if heads names none for it.
func OutputsOf(names []string, heads map[string][]string, first []string) Outputs {
	var out Outputs
	for i, name := range names {
		labels := heads[name]
		if labels == nil && i == 0 {
			labels = first
		}
		out = append(out, Output{Name: name, Labels: labels})
	}
	return out
}

// LabelOf returns the name of element i; empty if nothing names it.
func LabelOf(labels []string, i int) string {
	if i < 0 || i >= len(labels) {
		return ""
	}
	return labels[i]
}

// Names are the outputs' names.
func (o Outputs) Names() []string {
	var names []string
	for _, out := range o {
		names = append(names, out.Name)
	}
	return names
}

// find tells whether there is an output of that name.
func (o Outputs) find(name string) bool {
	for _, out := range o {
		if out.Name == name {
			return true
		}
	}
	return false
}
