package resident

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/gradcam-go/gradcam/internal/fault"
)

// Everything that a caller tests an error for crosses the socket: its kind, the operator's fields, and whether the call
// was given up.
func TestKindsCross(t *testing.T) {
	cross := func(err error) error { return failureOf(err).errIn(t.Context()) }
	if err := cross(fault.Errorf(fault.ErrUnknownLayer, "there is no layer x")); !errors.Is(err, fault.ErrUnknownLayer) ||
		err.Error() != "there is no layer x" {
		t.Errorf("an unknown layer crosses as %v", err)
	}
	var op *fault.OperatorError
	if err := cross(fmt.Errorf("m.onnx: %w", &fault.OperatorError{Operator: "Loop", Node: "n"})); !errors.As(err, &op) ||
		op.Operator != "Loop" || !errors.Is(err, fault.ErrUnsupported) {
		t.Errorf("an operator crosses as %v", err)
	}
	if err := cross(fmt.Errorf("given up: %w", context.Canceled)); !errors.Is(err, context.Canceled) {
		t.Errorf("giving up crosses as %v", err)
	}
	late, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	err := failureOf(fmt.Errorf("x: %w", context.Canceled)).errIn(late) // the server does not know why
	if !errors.Is(err, context.DeadlineExceeded) || err.Error() != "x: context deadline exceeded" {
		t.Errorf("the caller's deadline crosses as %v", err)
	}
	if err := cross(errors.New("else")); errors.Is(err, fault.ErrUnknownLayer) || err.Error() != "else" {
		t.Errorf("another error crosses as %v", err)
	}
}
