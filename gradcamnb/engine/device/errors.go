package device

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gradcam-go/gradcam/internal/fault"
)

// Error is an error of explaining. It has one line; its cause is GoMLX's error in full.
type Error struct {
	message string
	cause   error
}

func (e *Error) Error() string { return e.message }

// Unwrap returns GoMLX's error with its own words and stack, for %+v.
func (e *Error) Unwrap() error { return e.cause }

// Wrap returns an error of GoMLX as one line that begins with the given text. GoMLX wraps every failure of building a
// graph several times. It returns the error of a context that ended as it is.
func Wrap(err error, format string, args ...any) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &Error{message: fmt.Sprintf(format, args...) + ": " + Root(err).Error(), cause: err}
}

// Root returns the innermost error as one line. It returns a [fault.FunctionError] as it is, with its fields.
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
