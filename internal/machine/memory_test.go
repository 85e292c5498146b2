package machine

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// A process whose address space is limited may use no more.
func TestMemory(t *testing.T) {
	if os.Getenv("GRADCAM_TEST_MEMORY") != "" {
		if m := Memory(); m != 3<<30 {
			t.Errorf("%d bytes", m)
		}
		return
	}
	if m := Memory(); runtime.GOOS == "linux" && (m < 100<<20 || m > 1<<50) {
		t.Errorf("%d bytes", m)
	}
	if runtime.GOOS != "linux" {
		return
	}
	c := exec.Command("sh", "-c", `ulimit -v 3145728; exec "$0" -test.run=^TestMemory$`, os.Args[0])
	c.Env = append(os.Environ(), "GRADCAM_TEST_MEMORY=1")
	if out, err := c.CombinedOutput(); err != nil && !strings.Contains(string(out), "bytes") {
		t.Skipf("the machine has less than 3 GB, or no ulimit: %v, %s", err, out)
	} else if err != nil {
		t.Errorf("%s", out)
	}
}
