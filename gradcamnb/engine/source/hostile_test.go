package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/internal/peak"
	"github.com/gradcam-go/gradcam/internal/testing/hostile"
)

const hostileEnv = "GRADCAMNB_TEST_HOSTILE_FILE"

// The layers of each hostile file are listed, or refused with a sentence, within 5 s of the
// processor and 500 MiB.
func TestHostileFiles(t *testing.T) {
	if file := os.Getenv(hostileEnv); file != "" {
		m, err := ONNXWith(file, onnxnorm.Options{})
		if err == nil {
			_, err = m.Layers(t.Context(), []int{1, 3, 32, 32}, "")
		}
		fmt.Println("error:", err)
		return
	}
	if runtime.GOOS != "linux" {
		t.Skip("reads a process's memory as Linux gives it")
	}
	for name, made := range hostile.Files {
		t.Run(name, func(t *testing.T) {
			data, err := proto.Marshal(made())
			if err != nil {
				t.Fatal(err)
			}
			if len(data) > 1<<20 {
				t.Errorf("the file has %d bytes", len(data))
			}
			file := filepath.Join(t.TempDir(), "hostile.onnx")
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
			spent, memory := openAlone(t, file)
			for tries := 1; tries < 3 && (spent > 5*time.Second || memory > 500); tries++ {
				spent, memory = openAlone(t, file) // other work may have delayed the garbage collector
			}
			if spent > 5*time.Second || memory > 500 {
				t.Errorf("it takes %v of the processor and %.0f MiB", spent, memory)
			}
		})
	}
}

// openAlone opens a file and lists its layers in a process of its own, and returns the processor time and the MiB that
// it takes.
func openAlone(t *testing.T, file string) (spent time.Duration, memory float64) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute) // the limit is processor time
	defer stop()
	c := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestHostileFiles$")
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGQUIT) } // which tells where it is
	c.Env = append(os.Environ(), hostileEnv+"="+file)
	out, err := c.CombinedOutput()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) || !strings.Contains(string(out), "error:") {
		t.Fatalf("%v\n%.2000s", err, out)
	}
	spent = c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	memory, _ = peak.Memory(c.ProcessState)
	line, _, _ := strings.Cut(string(out), "\n")
	t.Logf("%.1f s, %.0f MiB, %.200s", spent.Seconds(), memory, line)
	return spent, memory
}
