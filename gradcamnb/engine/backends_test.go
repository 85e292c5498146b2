package engine

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/processes"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// backendsEnv is the environment variable that names the backends of [onBackends], as go,xla:cuda.
const backendsEnv = "GRADCAM_TEST_BACKENDS"

// onBackends runs a test on every backend that is there, or on those that the environment names.
func onBackends(t *testing.T, test func(t *testing.T, e *Engine)) {
	t.Helper()
	names := []string{"go", "xla:cpu"}
	if asked := os.Getenv(backendsEnv); asked != "" {
		names = strings.Split(asked, ",")
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) { test(t, testEngine(t, name)) })
	}
}

// alone runs a test on every backend, each in a process of its own, in which no other test has allocated memory or left
// anything running.
func alone(t *testing.T, test func(t *testing.T, e *Engine)) {
	t.Helper()
	if processes.IsAgain() {
		onBackends(t, test)
		return
	}
	onBackends(t, func(t *testing.T, e *Engine) { processes.Again(t, backendsEnv+"="+e.name) })
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
