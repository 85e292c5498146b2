package nets

import (
	"io"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// needsXLA skips a test of thousands of passes, which take minutes in pure Go.
func needsXLA(t *testing.T) {
	t.Helper()
	if err := engine.NewSaying("xla:cpu", io.Discard).Start(); err != nil {
		require.Missing(t, "xla", err.Error())
	}
}
