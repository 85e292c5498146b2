// Package resident is how programs talk to one that stays: typed calls over a unix
// socket, with notes on the way, giving up, and a check that both sides are of one
// version. It knows nothing of models.
//
// One call is one connection, so that a server that was restarted between two calls is
// no special case. The client sends its greeting, the name of the method and the
// arguments, and closes its sending side to give the call up, which the end of its
// process does, too. The server sends its greeting, notes, and one answer. All of it is
// one gob stream each way.
package resident

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/gradcam-go/gradcam/internal/fault"
)

// protocol is the version of the frames below; what they carry has its own, see [Types].
const protocol = 1

// greeting is what each side sends first.
type greeting struct {
	Protocol int
	Types    string // see [Types]
	Refusal  string // why nothing will be answered
}

// head goes before every value that the server sends.
type head struct {
	Answer  bool // the value is the answer and the last; else it is a note
	Failure *failure
	Say     string // for the user to read
}

// failure is an error on its way.
type failure struct {
	Message, Detail string
	Cause           cause
	Kinds           []string             // see [fault.Names]
	Operator        *fault.OperatorError // which operator is not supported
}

// cause keeps the errors that callers test for.
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

// Error is what the server's method returned.
type Error struct {
	message string
	cause   error
}

func (e *Error) Error() string { return e.message }

// Unwrap gives the context's error if that ended the call, else the error with all
// that the server's side said of it.
func (e *Error) Unwrap() error { return e.cause }

func (f *failure) err() error {
	switch {
	case f == nil:
		return nil
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

// UnavailableError is the error of a call that found no server to answer it, so that nothing
// was done.
type UnavailableError struct{ reason string }

func (u *UnavailableError) Error() string { return u.reason }

func unavailable(format string, args ...any) error {
	return &UnavailableError{fmt.Sprintf(format, args...)}
}

// ErrLost is the error of a call whose server ended before it answered.
var ErrLost = errors.New("the engine ended before it answered")
