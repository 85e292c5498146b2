// Package processes helps tests that look at their own process or need another one.
package processes

import (
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// again is the environment variable that a test finds set if [Again] runs it.
const again = "GRADCAM_TEST_AGAIN"

// IsAgain tells whether a test runs in a process of its own, which [Again] has started.
func IsAgain() bool { return os.Getenv(again) != "" }

// Again runs the test that calls it, or of which the caller is a part, in a new process with more environment
// variables, such as "NAME=value", and fails if it does not pass there.
func Again(t *testing.T, env ...string) {
	t.Helper()
	name, _, _ := strings.Cut(t.Name(), "/")
	c := exec.Command(os.Args[0], "-test.run", "^"+name+"$", "-test.v", fmt.Sprintf("-slow=%t", require.IsSlow()))
	c.Env = append(append(os.Environ(), env...), again+"=1")
	out, err := c.CombinedOutput()
	t.Logf("%s", out)
	if err != nil || !strings.Contains(string(out), "--- PASS: "+name) {
		t.Errorf("with %q: %v", env, err)
	}
}

// ResidentMemory returns the process's resident memory in bytes (proc(5), /proc/pid/statm), without what Go could give
// back, pools included: those are emptied by the second collection. Without /proc it skips the test.
func ResidentMemory(t testing.TB) float64 {
	t.Helper()
	debug.FreeOSMemory()
	debug.FreeOSMemory()
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skipf("needs /proc to see the resident memory: %v", err)
	}
	var size, pages int
	if _, err := fmt.Sscan(string(data), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return float64(pages * os.Getpagesize())
}
