// Package require decides what happens to a test that needs something which may not be installed. The test is skipped
// with a reason, unless the environment says that the thing must be there, as
// GRADCAM_REQUIRE=xla,jupyter,chromium,gopls,onnxruntime does in CI.
package require

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Missing ends a test that cannot run because the named thing is not installed.
func Missing(t testing.TB, thing, reason string) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("GRADCAM_REQUIRE"), ","), thing) {
		t.Fatalf("%s is required (GRADCAM_REQUIRE) and missing: %s", thing, reason)
	}
	t.Skipf("needs %s: %s", thing, reason)
}

// Backend fails a test if the backend with a name did not start. XLA may be missing (see [Missing]); pure Go is always
// there.
func Backend(t testing.TB, name string, err error) {
	t.Helper()
	switch {
	case err == nil:
	case name == "go":
		t.Fatalf("the backend go does not start: %v", err)
	default:
		Missing(t, "xla", err.Error())
	}
}
