// Package kind holds the kinds of targets: the parts of a model's answer that can be explained. Each kind is one value
// in one file. Everything that depends on the kind of a target asks that value: the front and the command line (how a
// target is read and written as text), the engine (which score is explained, and by which score maps are measured), and
// cards and nb.Explore (the names of the elements, and the same target for another element).
//
// The package is for authors of kinds and engines. Programs that explain models use the functions of package gradcamnb,
// such as gradcamnb.Class.
package kind

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/gradcam-go/gradcam/internal/nearest"
	"github.com/gradcam-go/gradcam/internal/place"
	"github.com/gradcam-go/gradcam/internal/registry"
)

// Kind is one kind of target.
type Kind struct {
	Name  string // as [Spec] has it, e.g. "class"
	Forms []Form // how the command line writes it; none if it cannot
	// Prefix begins the command line's text; empty means the name and a colon.
	Prefix string

	// Read reads a target from the text after the prefix. It is nil if the command line has no text for the kind. Its
	// errors say what to write.
	Read func(rest string) (Spec, error)

	// Write returns the command line's text of a target; nil means the prefix and the indices.
	Write func(s Spec) string

	// Call names the function of package gradcamnb that makes a target of numbers, such as "Class", and CallByName the one
	// that takes its name, or the names of several, such as "Label". They are empty if there is none.
	Call, CallByName string

	NamesSeveral bool // Index holds several classes for every picture, instead of one for each picture
	IsDetection  bool // its targets are detections
	Plane        bool // its targets look at a pixel's neighbours, which in a volume lie in three directions
	OfTags       bool // the numbers are tags: each is true or not by itself, so that its probability is a sigmoid

	// Score names the engine's function that computes the score, such as "class", the logit (package engine/target). It
	// is empty if the kind has a function of its own or is a detection. Measured names the function that metrics use
	// instead, if that is another one: the metrics' papers score a class by its probability.
	Score, Measured string

	// WithIndex returns the target for another element, such as another class, or another detection by its rank; nil if
	// the kind has no elements.
	WithIndex func(s Spec, index int) Spec

	// Elements returns the names of the elements of the target's output, or nil if nothing names them. Elements itself
	// is nil if the kind has no elements.
	Elements func(s Spec, m Outputs) []string

	// Resolve looks a target up in a model, for a batch of pictures. It returns one target, or several if the kind
	// stands for several.
	Resolve func(sc Scene, s Spec) ([]ResolvedTarget, error)
}

// Form is a way to write a target on the command line.
type Form struct {
	Text, Means string // how it is written, and what that means
}

var all = registry.New("kind of target", func(k Kind) []string { return []string{k.Name} }, nil)

// Register adds a kind and returns it. It is called when the package that has the kind is initialised.
func Register(k Kind) Kind { return all.Add(k) }

// All returns every kind, sorted by name.
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

// ErrText is the error for a text that is no target.
var ErrText = errors.New("no target")

// textError is an error about a target's text that is an [ErrText]. Its message does not repeat that.
type textError struct{ error }

func (textError) Is(target error) bool { return target == ErrText }
func (e textError) Unwrap() error      { return e.error }

func textErrorf(format string, args ...any) error { return textError{fmt.Errorf(format, args...)} }

// Parse reads a target as the command line writes it, e.g. "class:285". If the text is wrong, the error is an
// [ErrText]. Other errors are about files that the text names.
func Parse(text string) (Spec, error) {
	var best Kind
	prefix := "" // the longest that fits
	for _, k := range all.All() {
		if p := k.prefix(); k.Read != nil && strings.HasPrefix(text, p) && len(p) > len(prefix) {
			best, prefix = k, p
		}
	}
	if prefix == "" {
		return Spec{}, textErrorf("there is no target %q%s", text, describeNear(text))
	}
	rest := text[len(prefix):]
	s, err := best.Read(rest)
	switch {
	case err != nil && strings.TrimSpace(rest) == "":
		return Spec{}, textErrorf("the target %q ends too early: write %s", text, best.examples())
	case err != nil:
		return Spec{}, fmt.Errorf("target %q: %w", text, err)
	}
	return s, nil
}

// describeNear returns words for what a text that is no target may mean: a class by its number or label, or a kind. It
// says where the kinds are listed.
func describeNear(text string) string {
	var names []string
	for _, k := range all.All() {
		if k.Read != nil {
			names = append(names, k.prefix())
		}
	}
	begin, _, _ := strings.Cut(text, ":")
	near := nearest.DidYouMean(begin, names)
	if near == "" {
		near = fmt.Sprintf(": a class is written %q", "class:"+nearest.Shorten(text[strings.LastIndex(text, ":")+1:]))
	}
	return near + "; " + place.Words("targets begin with "+strings.Join(names, ", "),
		"gradcam explain --help lists all targets")
}

// examples returns the forms of a kind as words.
func (k Kind) examples() string {
	var forms []string
	for _, f := range k.Forms {
		forms = append(forms, strconv.Quote(f.Text))
	}
	return strings.Join(forms, " or ")
}

// Help returns every form of every kind, one in each line.
func Help() string {
	var b strings.Builder
	for _, k := range all.All() {
		for _, f := range k.Forms {
			fmt.Fprintf(&b, "  %-28s  %s\n", f.Text, f.Means)
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// String returns the target as the command line writes it.
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

// Call returns the Go code that makes the target by a function of package gradcamnb, such as "gradcamnb.Class(285)". It
// is empty if no function takes only the target's names and numbers.
func (s Spec) Call() string {
	k, err := Lookup(s)
	name, arguments := k.Call, []string{}
	if s.Name != "" {
		arguments = append(arguments, strconv.Quote(s.Name))
	}
	names := s.Values
	if s.Value != "" && !k.NamesSeveral { // which holds several names
		names = []string{s.Value}
	}
	for _, n := range names {
		name = k.CallByName
		arguments = append(arguments, strconv.Quote(n))
	}
	for _, i := range s.Index {
		arguments = append(arguments, strconv.Itoa(i))
	}
	said := Spec{Kind: s.Kind, Index: s.Index, Value: s.Value, Values: s.Values}
	if k.Write != nil { // its functions take a name
		said.Name = s.Name
	}
	one := len(s.Index)+len(names) == 1 || k.NamesSeveral && (len(s.Index) > 0) != (len(names) > 0)
	if err != nil || name == "" || !one || !reflect.DeepEqual(s, said) {
		return ""
	}
	return "gradcamnb." + name + "(" + strings.Join(arguments, ", ") + ")"
}

// WithIndex returns the same target for another element, such as another class or value of the same head, or another
// detection by its rank. It returns an error if the kind has no elements, such as a contrast.
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

// Elements returns the names of the elements that [Spec.WithIndex] chooses from, or nil if nothing names them.
func (s Spec) Elements(m Outputs) []string {
	if k, err := Lookup(s); err == nil && k.Elements != nil {
		return k.Elements(s, m)
	}
	return nil
}

// NamesSeveral tells whether Index holds several classes for every picture, instead of one for each picture.
func (s Spec) NamesSeveral() bool {
	k, err := Lookup(s)
	return err == nil && k.NamesSeveral
}

// IsDetection tells whether the target is a detection.
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

// Labels returns the names of the elements of an output; the empty name means the first output. It returns nil if
// nothing names them.
func (o Outputs) Labels(name string) []string {
	for i, out := range o {
		if out.Name == name || name == "" && i == 0 {
			return out.Labels
		}
	}
	return nil
}

// OutputsOf returns a model's outputs with their labels. heads holds the labels by output. The first output gets the
// labels first if heads has none for it.
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

// Names returns the outputs' names.
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
