// Package fault holds the kinds of errors that a program can act on, for errors.Is and errors.As.
// Package gradcamnb has them for users. They cross the socket of a notebook's engine.
package fault

import (
	"errors"
	"fmt"
)

// The kinds. Their texts name them on the socket; what a user reads is in the error itself.
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

// Mark makes err one of a kind, with its own message; nil stays nil.
func Mark(kind, err error) error {
	if err == nil {
		return nil
	}
	return markedError{err, kind}
}

// Errorf returns fmt.Errorf of an error of a kind.
func Errorf(kind error, format string, args ...any) error {
	return markedError{fmt.Errorf(format, args...), kind}
}

// Names returns the kinds that an error is of, for the way over a socket; [MarkNamed] makes it of them again there.
func Names(err error) (names []string) {
	for _, k := range kinds {
		if errors.Is(err, k) {
			names = append(names, k.Error())
		}
	}
	return names
}

// MarkNamed makes err one of the named kinds. Names that are not known say nothing.
func MarkNamed(err error, names []string) error {
	for _, k := range kinds {
		for _, name := range names {
			if k.Error() == name {
				err = Mark(k, err)
			}
		}
	}
	return err
}

// OperatorError is that an operator of a model's file cannot be computed or has no gradient here.
// It is an [ErrUnsupported].
type OperatorError struct {
	Operator string // e.g. "NonMaxSuppression"
	Node     string // its name in the file, or that of its first output
	Module   string // of the source network; empty if the file says none
	Reason   string // what is missing, in words
}

func (e *OperatorError) Error() string {
	module := ""
	if e.Module != "" {
		module = fmt.Sprintf(" (module %s)", e.Module)
	}
	return fmt.Sprintf("operator %s, node %q%s: %s", e.Operator, e.Node, module, e.Reason)
}

// Is tells that it is an [ErrUnsupported].
func (e *OperatorError) Is(target error) bool { return target == ErrUnsupported }

// FunctionError is that the graph function of a GoMLX model fails, or builds what cannot be explained.
type FunctionError struct {
	Model string // its name
	Line  string // of the function, "cifar/models.go:66"; empty if it is not known
	Scope string // of the weights that it read last, or that are wrong, "/conv_2/conv"; empty if it read none
	Text  string // what is wrong, where, and what to do, as a sentence
	Cause error  // what the function panicked with; nil if that was no error
}

func (e *FunctionError) Error() string { return e.Text }

// Unwrap returns what the function panicked with.
func (e *FunctionError) Unwrap() error { return e.Cause }
