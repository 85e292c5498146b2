// Package processes helps tests that look at their own process or need another one.
package processes

import (
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
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

// Growth returns how much memory grew, as a share of the first figure. The figures are of the beginning and of the end
// of each of several equal stretches of work. What leaks grows in every stretch. What happens once does not: the C
// library or Go divides its heap anew, or another thread gets a part of it. And what is given back later did not leak:
// a figure counts as the smallest one from there on. The growth is the smaller one of what there is at the end and of
// what it would be if every stretch grew as the median one did.
func Growth(figures []float64) float64 {
	figures = slices.Clone(figures)
	for i := len(figures) - 2; i >= 0; i-- {
		figures[i] = min(figures[i], figures[i+1])
	}
	var steps []float64
	for i := 1; i < len(figures); i++ {
		steps = append(steps, figures[i]-figures[i-1])
	}
	inAll := figures[len(steps)] - figures[0]
	slices.Sort(steps)
	middle := (steps[(len(steps)-1)/2] + steps[len(steps)/2]) / 2
	return min(inAll, middle*float64(len(steps))) / figures[0]
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
