// Package resident lets programs talk to one that stays. It has typed calls over a unix socket, notes on the way, a way
// to give a call up, and a check that both sides have the same version. It knows nothing about models.
//
// One call is one connection, so a server that was restarted between two calls is no special case. The client sends its
// greeting, the name of the method and the arguments. It closes its sending side to give the call up; the end of its
// process does the same. The server sends its greeting, notes, and one answer. From when the call is given up until it
// answers, it also says now and then that it is alive: a method may have to end a long pass first. Each direction is
// one gob stream.
package resident

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gradcam-go/gradcam/internal/fault"
)

// protocol is the version of the messages below. Their contents have a version of their own, see [Types].
const protocol = 3

// greeting is what each side sends first.
type greeting struct {
	Protocol int
	Types    string // see [Types]
	Refusal  string // why nothing will be answered; empty if it will
}

// head goes before every value that the server sends.
type head struct {
	Answer  bool // the value is the answer and the last value; else it is a note
	Alive   bool // there is no value: the server says that the method has not ended yet
	Failure *failure
	Say     string // text for the user
}

// failure is an error in the form in which it is sent.
type failure struct {
	Message, Detail string
	Cause           cause
	Kinds           []string             // see [fault.Names]
	Operator        *fault.OperatorError // the operator that is not supported
}

// cause tells which of the errors that callers test for an error is.
type cause int

const (
	other cause = iota
	canceled
	deadline
)

func failureOf(err error) *failure {
	if err == nil {
		return nil
	}
	f := &failure{Message: err.Error(), Detail: fmt.Sprintf("%+v", cmp.Or(errors.Unwrap(err), err)),
		Kinds: fault.Names(err)}
	if op, ok := errors.AsType[*fault.OperatorError](err); ok {
		f.Operator = op
	}
	switch {
	case errors.Is(err, context.Canceled):
		f.Cause = canceled
	case errors.Is(err, context.DeadlineExceeded):
		f.Cause = deadline
	}
	return f
}

// Error is an error that the server's method returned.
type Error struct {
	message string
	cause   error
}

func (e *Error) Error() string { return e.message }

// Unwrap returns the context's error if that ended the call. Otherwise it returns the error with everything that the
// server said about it.
func (e *Error) Unwrap() error { return e.cause }

// errIn returns the failure as an error for the caller, whose context is ctx.
func (f *failure) errIn(ctx context.Context) error {
	switch {
	case f == nil:
		return nil
	case f.Cause == canceled && ctx.Err() != nil: // the server knows that the call was given up, and not why
		return &Error{strings.ReplaceAll(f.Message, context.Canceled.Error(), ctx.Err().Error()), ctx.Err()}
	case f.Cause == canceled:
		return &Error{f.Message, context.Canceled}
	case f.Cause == deadline:
		return &Error{f.Message, context.DeadlineExceeded}
	}
	if f.Operator != nil {
		return &Error{f.Message, f.Operator}
	}
	return &Error{f.Message, fault.MarkNamed(errors.New(f.Detail), f.Kinds)}
}

// UnavailableError is the error of a call that no server answered. Nothing was done.
type UnavailableError struct{ reason string }

func (u *UnavailableError) Error() string { return u.reason }

func unavailable(format string, args ...any) error {
	return &UnavailableError{fmt.Sprintf(format, args...)}
}

// ErrLost is the error of a call whose server ended before it answered.
var ErrLost = errors.New("the engine ended before it answered")
