// Package posix has the calls of Unix that tests use, so that the tests compile everywhere. If there is no Unix each
// returns an error, and [Need] skips the test.
package posix

import (
	"runtime"
	"testing"
)

// Need skips a test if there is no Unix.
func Need(t testing.TB) {
	t.Helper()
	if !Is {
		t.Skipf("needs pipes, masks and signals of Unix, which %s has not", runtime.GOOS)
	}
}
