// Package posix has the calls of Unix that tests use, so that the tests compile everywhere. On other systems each call
// returns an error, and [Need] skips the test.
package posix

import (
	"runtime"
	"testing"
)

// Need skips a test on systems other than Unix.
func Need(t testing.TB) {
	t.Helper()
	if !Is {
		t.Skipf("needs pipes, masks and signals of Unix, which %s does not have", runtime.GOOS)
	}
}
