// Package eventually waits in tests for what happens at another goroutine's or process's pace.
package eventually

import (
	"testing"
	"time"
)

// patience is longer than a machine takes that has other work, and shorter than a test binary may take.
const patience = 3 * time.Minute

// True waits until is holds. If it never does, the test fails and goes on, and True returns false; what says what was
// expected.
func True(t testing.TB, what string, is func() bool) bool {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if is() {
			return true
		}
		if time.Now().After(end) {
			t.Errorf("not after %v: %s", patience, what)
			return false
		}
	}
}
