// Package border makes errors of panics where a command or a call of the library ends: a user gets a
// sentence and not a stack.
package border

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
)

// PanicError is an error that was a panic. With %+v it is printed with the stack.
type PanicError struct {
	value any
	stack []byte
}

// Recover makes an error of a panic of the function that defers it. An error that the function
// returns already stays.
//
//	defer border.Recover(&err)
func Recover(err *error) {
	if value := recover(); value != nil {
		*err = NewPanicError(value)
	}
}

// NewPanicError returns the error of what was recovered.
func NewPanicError(value any) *PanicError { return &PanicError{value, debug.Stack()} }

// Error returns a sentence. What panicked with an error of its own, as code that builds graphs does, has
// said what was wrong; anything else is a fault of ours.
func (p *PanicError) Error() string {
	if _, fault := p.value.(runtime.Error); !fault {
		if err, ok := p.value.(error); ok {
			return firstLine(err.Error())
		}
	}
	return fmt.Sprintf("this should not have happened (%s), and is a fault of gradcam: please report it",
		firstLine(fmt.Sprint(p.value)))
}

// Unwrap returns what was panicked with, if it was an error.
func (p *PanicError) Unwrap() error {
	err, _ := p.value.(error)
	return err
}

// Format prints the error, and for %+v the stack after it.
func (p *PanicError) Format(s fmt.State, verb rune) {
	_, _ = io.WriteString(s, p.Error())
	if verb == 'v' && s.Flag('+') {
		fmt.Fprintf(s, "\n%s", p.stack)
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
