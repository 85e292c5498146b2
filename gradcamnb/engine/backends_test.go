package engine

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// onBackends runs a test on every backend that is there, or on those that GRADCAM_TEST_BACKENDS names, as xla:cuda.
func onBackends(t *testing.T, test func(t *testing.T, e *Engine)) {
	t.Helper()
	names := []string{"go", "xla:cpu"}
	if asked := os.Getenv("GRADCAM_TEST_BACKENDS"); asked != "" {
		names = strings.Split(asked, ",")
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) { test(t, testEngine(t, name)) })
	}
}

// testEngine is an engine of its own on a backend. XLA may not be installed; pure Go always
// is, so that a test which cannot start it fails.
func testEngine(t testing.TB, name string) *Engine {
	t.Helper()
	e := New(name)
	e.say = io.Discard
	_, err := e.startedBackend()
	require.Backend(t, name, err)
	return e
}
