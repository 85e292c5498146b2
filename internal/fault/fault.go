// Package fault holds the kinds of errors that a program can act on, for errors.Is and errors.As. Users find them in
// package gradcamnb. They cross the socket of a notebook's engine.
package fault

import (
	"errors"
	"fmt"
)

// The kinds. Their texts are only their names on the socket; the error itself has the text that a user reads.
var (
	ErrUnknownLayer    = kind("unknown layer")
	ErrUnknownMethod   = kind("unknown method")
	ErrUnknownName     = kind("unknown name")
	ErrNoClass         = kind("no such class")
	ErrNoPreprocessing = kind("no preprocessing")
	ErrUnsupported     = kind("unsupported operator")
	ErrNoBackend       = kind("backend not there")
	ErrNoEngine        = kind("no engine")
	ErrClosed          = kind("closed")
	ErrForgotten       = kind("forgotten picture") // between a cell and its engine
)

var kinds []error

func kind(name string) error {
	err := errors.New(name)
	kinds = append(kinds, err)
	return err
}

// markedError is an error of a kind, with a message of its own.
type markedError struct {
	error
	kind error
}

func (m markedError) Is(target error) bool { return target == m.kind }
func (m markedError) Unwrap() error        { return m.error }

// Errorf is fmt.Errorf for an error of a kind.
func Errorf(kind error, format string, args ...any) error {
	return markedError{fmt.Errorf(format, args...), kind}
}

// Names returns the names of the kinds that an error is of, to be sent over a socket and given to [MarkNamed] on the
// other side.
func Names(err error) (names []string) {
	for _, k := range kinds {
		if errors.Is(err, k) {
			names = append(names, k.Error())
		}
	}
	return names
}

// MarkNamed makes err an error of the named kinds. It ignores unknown names.
func MarkNamed(err error, names []string) error {
	for _, k := range kinds {
		for _, name := range names {
			if k.Error() == name {
				err = markedError{err, k}
			}
		}
	}
	return err
}

// OperatorError says that an operator of a model's file cannot be computed here, or has no gradient. It is an
// [ErrUnsupported].
type OperatorError struct {
	Operator string // e.g. "NonMaxSuppression"
	Node     string // its name in the file, or the name of its first output
	Module   string // module of the source network; empty if the file names none
	Reason   string // what is missing, in words
}

func (e *OperatorError) Error() string {
	module := ""
	if e.Module != "" {
		module = fmt.Sprintf(" (module %s)", e.Module)
	}
	return fmt.Sprintf("operator %s, node %q%s: %s", e.Operator, e.Node, module, e.Reason)
}

// Is tells whether target is [ErrUnsupported].
func (e *OperatorError) Is(target error) bool { return target == ErrUnsupported }

// FunctionError says that the graph function of a GoMLX model fails, or builds something that cannot be explained.
type FunctionError struct {
	Model string // name of the model
	Line  string // line of the function, "cifar/models.go:66"; empty if unknown
	Scope string // scope of the weights that it read last, or that are wrong, "/conv_2/conv"; empty if it read none
	Text  string // what is wrong, where, and what to do, as a sentence
	Cause error  // the error that the function panicked with; nil if it was no error
	Kind  error  // which of the kinds above it is; nil if none
}

func (e *FunctionError) Error() string { return e.Text }

// Unwrap returns the error that the function panicked with.
func (e *FunctionError) Unwrap() error { return e.Cause }

// Is tells whether target is the kind of the error.
func (e *FunctionError) Is(target error) bool { return e.Kind != nil && target == e.Kind }
