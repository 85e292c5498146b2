package ask

import (
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/kind"
)

// Target says what is explained, as plain data; the engine holds the function that scores it. One of package
// gradcamnb's functions makes it, such as gradcamnb.Class, or [ParseTarget] reads it from text. Package kind describes
// each kind of target.
type Target struct{ kind.Spec }

// ParseTarget reads a target as the command line writes it, e.g. "class:285", "class:tiger cat" or "top1". The target's
// String writes it back. If the text names a file, ParseTarget reads it.
func ParseTarget(text string) (Target, error) {
	s, err := kind.Parse(text)
	return Target{s}, err
}

// WithIndex returns the same target for another element: another class of the same output, another value of the same
// attribute head, or another detection by its rank. It returns an error if the target has no elements, such as a
// contrast.
func (t Target) WithIndex(index int) (Target, error) {
	s, err := t.Spec.WithIndex(index)
	return Target{s}, err
}

// Side explains one side of a detection or box, "left", "top", "right" or "bottom" (package edge): what moves it?
func (t Target) Side(edge string) Target {
	t.Edge = edge
	return t
}

// In looks a target up in a named tensor of the model instead of its first output, such as the embeddings of
// gradcamnb.Similar, or the classes or tags of another head.
func (t Target) In(tensor string) Target {
	t.Name = tensor
	return t
}

// Choose adds the target to those of the request.
func (t Target) Choose(r *Request) { r.Targets = slices.Concat(r.Targets, []Target{t}) }
