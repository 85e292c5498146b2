// Package border turns panics into errors at the end of a command or of a call of the library, so that a user gets a
// sentence and not a stack, and makes errors safe to print.
package border

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/gradcam-go/gradcam/internal/printable"
)

// PanicError is the error of a panic. With %+v it is printed with the stack.
type PanicError struct {
	value any
	stack []byte
}

// Recover turns a panic of the function that defers it into an error. It keeps an error that the function has returned,
// but escapes characters of its text that would steer a terminal, and cuts a text that would fill many screens: it may
// hold names of a stranger's file.
//
//	defer border.Recover(&err)
func Recover(err *error) {
	if value := recover(); value != nil {
		*err = NewPanicError(value)
	}
	if *err == nil {
		return
	}
	if said := (*err).Error(); safe(said) != said {
		*err = &printed{*err, safe(said)}
	}
}

// safe returns a text in the form in which it is printed.
func safe(text string) string {
	const most, kept = 16 << 10, 15 << 10 // bytes; what is cut stays below the limit with some words around it
	text = printable.Text(text)
	if len(text) <= most {
		return text
	}
	cut := strings.ToValidUTF8(text[:kept], "")
	return fmt.Sprintf("%s … and %d bytes more", cut, len(text)-len(cut))
}

// printed is an error with a text that is safe to print.
type printed struct {
	error
	text string
}

func (p *printed) Error() string { return p.text }
func (p *printed) Unwrap() error { return p.error }

// NewPanicError returns the error for a recovered value. It returns such an error as it is: another goroutine has
// passed it on, and it has the stack of that.
func NewPanicError(value any) *PanicError {
	if p, ok := value.(*PanicError); ok {
		return p
	}
	return &PanicError{value, debug.Stack()}
}

// Error returns a sentence. If the panic had an error of its own, as in code that builds graphs, that error says what
// was wrong. Any other panic is a fault of ours.
func (p *PanicError) Error() string {
	if _, fault := p.value.(runtime.Error); !fault {
		if err, ok := p.value.(error); ok {
			return firstLine(err.Error())
		}
	}
	return fmt.Sprintf("this should not have happened (%s), and is a fault of gradcam: please report it",
		firstLine(fmt.Sprint(p.value)))
}

// Unwrap returns the value of the panic, if it was an error.
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
