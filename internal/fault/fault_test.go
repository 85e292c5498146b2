package fault

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

// An error keeps its kind through every wrapping, keeps its own message and the error that it wraps, and is of no other
// kind. Over a socket its kinds go by name.
func TestKinds(t *testing.T) {
	err := fmt.Errorf("opening: %w", Errorf(ErrUnknownLayer, "there is no layer %q: %w", "x", fs.ErrNotExist))
	if !errors.Is(err, ErrUnknownLayer) || errors.Is(err, ErrUnknownMethod) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is of other kinds", err)
	}
	if want := `opening: there is no layer "x": file does not exist`; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	there := MarkNamed(errors.New(err.Error()), Names(err))
	if !errors.Is(there, ErrUnknownLayer) || errors.Is(there, ErrUnknownMethod) || there.Error() != err.Error() {
		t.Errorf("behind a socket it is %v, of %q", there, Names(there))
	}
	if len(Names(errors.New("x"))) != 0 {
		t.Error("an error without a kind has a name")
	}
	var op *OperatorError
	if err := fmt.Errorf("m.onnx: %w", &OperatorError{"Loop", "n1", "head", "it is not supported"}); !errors.Is(err,
		ErrUnsupported) || !errors.As(err, &op) || op.Node != "n1" {
		t.Errorf("%v is no unsupported operator", err)
	}
}
