package device

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gradcam-go/gradcam/internal/fault"
)

// Error is what explaining returns: one line, with what GoMLX said in full behind it.
type Error struct {
	message string
	cause   error
}

func (e *Error) Error() string { return e.message }

// Unwrap gives the error with the backend's own words and stack, for %+v.
func (e *Error) Unwrap() error { return e.cause }

// Wrap makes one line of an error that went through GoMLX, which wraps every
// graph-building failure several times.
func Wrap(err error, format string, args ...any) error {
	return &Error{message: fmt.Sprintf(format, args...) + ": " + Root(err).Error(), cause: err}
}

// Root is the innermost error as one line. One of a graph function is told as it is, with what it knows.
func Root(err error) error {
	var function *fault.FunctionError
	if errors.As(err, &function) {
		return function
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			break
		}
		err = inner
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return errors.New(line)
}
