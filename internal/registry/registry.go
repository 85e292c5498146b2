// Package registry keeps the values that the files of a package register, one in each file.
package registry

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/internal/fault"
	"github.com/gradcam-go/gradcam/internal/nearest"
)

// Registry holds values by name.
type Registry[T any] struct {
	kind  string
	names func(T) []string
	all   []T
}

// New returns an empty registry. kind is the word for a value in errors. names returns a value's own name, and then its
// other names.
func New[T any](kind string, names func(T) []string) *Registry[T] {
	return &Registry[T]{kind: kind, names: names}
}

// Add registers a value and returns it.
func (r *Registry[T]) Add(v T) T {
	r.all = append(r.all, v)
	return v
}

// All returns every value, sorted by name.
func (r *Registry[T]) All() []T {
	return slices.SortedFunc(slices.Values(r.all),
		func(a, b T) int { return strings.Compare(r.names(a)[0], r.names(b)[0]) })
}

// Find returns the value with a name. Case, dashes, underscores and spaces do not matter.
func (r *Registry[T]) Find(name string) (T, error) {
	var known []string
	for _, v := range r.All() {
		names := r.names(v)
		if slices.ContainsFunc(names, func(n string) bool { return fold(n) == fold(name) }) {
			return v, nil
		}
		known = append(known, names[0])
	}
	var none T
	return none, NewUnknownError(r.kind, name, known)
}

// UnknownError says that a name is not known.
type UnknownError struct {
	Kind, Name string   // what was looked for, and its name
	Known      []string // all names that are known
}

// NewUnknownError returns the error for a name that is not known. Its text names the nearest known names first.
func NewUnknownError(kind, name string, known []string) error {
	return &UnknownError{kind, name, known}
}

// Is tells that it is a [fault.ErrUnknownName], and for a method a [fault.ErrUnknownMethod].
func (e *UnknownError) Is(target error) bool {
	return target == fault.ErrUnknownName || target == fault.ErrUnknownMethod && e.Kind == "method"
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("there is no %s %q%s; there are %s", e.Kind, nearest.Shorten(e.Name), nearest.DidYouMean(e.Name, e.Known),
		strings.Join(nearest.Names(e.Known, e.Name, len(e.Known)), ", "))
}

func fold(name string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name))
}
