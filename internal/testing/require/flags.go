package require

import (
	"flag"
	"testing"
)

// The two flags of this repository's tests. Every test binary that links this package has them, so `go test PACKAGE
// -slow` works for every package with a test that needs one.
var (
	slow   = flag.Bool("slow", false, "also run the tests that take minutes")
	update = flag.Bool("update", false, "write expected files anew; look at them before you commit them")
)

// IsSlow tells whether the tests that take minutes are to run, too (-slow).
func IsSlow() bool { return *slow }

// Update tells whether a test writes its expected files instead of comparing with them (-update).
func Update() bool { return *update }

// Slow skips a test that takes minutes, unless -slow is given; why says what takes so long.
func Slow(t testing.TB, why string) {
	t.Helper()
	if !*slow {
		t.Skipf("slow, run it with -slow: %s", why)
	}
}
