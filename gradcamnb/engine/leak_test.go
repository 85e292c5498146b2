package engine

import (
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
)

// resident is the process's resident memory in pages (proc(5), /proc/pid/statm).
func resident(t *testing.T) float64 {
	t.Helper()
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skipf("needs /proc to see the resident memory: %v", err)
	}
	var size, pages int
	if _, err := fmt.Sscan(string(data), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return float64(pages)
}

// 1,000 explanations, of changing classes, grow resident memory by less than 5 %
// after the first 50.
func TestNoLeak(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	onBackends(t, func(t *testing.T, e *Engine) {
		in := tiny(t, "resnet-basic")
		in.Dims, in.Values = []int{1, 3, 64, 64}, in.Values[:3*64*64]
		s := open(t, e, "resnet-basic.dyn.onnx")
		var after50 float64
		for i := range 1000 {
			if i == 50 {
				runtime.GC()
				after50 = resident(t)
			}
			explainTiny(t, s, in, gradcamnb.Class(i%10))
		}
		runtime.GC()
		growth := resident(t)/after50 - 1
		t.Logf("resident memory grew by %.2f %%", 100*growth)
		if growth > 0.05 {
			t.Errorf("resident memory grew by %.1f %%, at most 5 %% is fine", 100*growth)
		}
	})
}
