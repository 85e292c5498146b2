package engine

import (
	"io"
	"testing"

	"github.com/gradcam-go/gradcam/internal/require"
)

// onBackends runs a test on every backend that is there.
func onBackends(t *testing.T, test func(t *testing.T, e *Engine)) {
	t.Helper()
	for _, name := range []string{"go", "xla:cpu"} {
		t.Run(name, func(t *testing.T) { test(t, testEngine(t, name)) })
	}
}

func testEngine(t testing.TB, name string) *Engine {
	t.Helper()
	e := New(name)
	e.say = io.Discard
	if _, err := e.started(); err != nil {
		require.Missing(t, "xla", err.Error())
	}
	return e
}
