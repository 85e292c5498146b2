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
	kind   string
	names  func(T) []string
	listed func() string
	all    []T
}

// New returns an empty registry. kind is the word for a value in errors. names returns a value's own name, and then its
// other names. listed returns what lists all names, for errors; it is nil if nothing does.
func New[T any](kind string, names func(T) []string, listed func() string) *Registry[T] {
	return &Registry[T]{kind: kind, names: names, listed: listed}
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
	wanted := nearest.Fold(name)
	for _, v := range r.all {
		if slices.ContainsFunc(r.names(v), func(n string) bool { return nearest.Fold(n) == wanted }) {
			return v, nil
		}
	}
	var none T
	var known []string
	for _, v := range r.All() {
		known = append(known, r.names(v)[0])
	}
	listed := ""
	if r.listed != nil {
		listed = r.listed()
	}
	return none, NewUnknownError(r.kind, name, known, listed)
}

// UnknownError says that a name is not known.
type UnknownError struct {
	Kind, Name string   // what was looked for, and its name
	Known      []string // all names that are known
	Listed     string   // what lists all names, such as a page; empty if nothing does
}

// NewUnknownError returns the error for a name that is not known; see [UnknownError].
func NewUnknownError(kind, name string, known []string, listed string) error {
	return &UnknownError{kind, name, known, listed}
}

// Is tells that it is a [fault.ErrUnknownName], and for a method a [fault.ErrUnknownMethod].
func (e *UnknownError) Is(target error) bool {
	return target == fault.ErrUnknownName || target == fault.ErrUnknownMethod && e.Kind == "method"
}

// most is how many names an error lists. Of more it tells the nearest, and what lists all.
const most = 8

// Error says which name may have been meant. A few names are all listed, the nearest first.
func (e *UnknownError) Error() string {
	said := fmt.Sprintf("there is no %s %q%s", e.Kind, nearest.Shorten(e.Name), nearest.DidYouMean(e.Name, e.Known))
	if nearest.IsList(e.Name, e.Known) {
		said += "; names are given one by one, and not with commas"
	}
	if len(e.Known) > most && e.Listed != "" {
		return said + "; " + e.Listed + " lists all"
	}
	return said + "; there are " + strings.Join(nearest.Names(e.Known, e.Name, len(e.Known)), ", ")
}
