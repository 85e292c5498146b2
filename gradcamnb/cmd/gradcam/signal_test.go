package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// One SIGTERM ends each command that computes for long within five seconds, without a stack.
func TestSignalEndsEveryCommand(t *testing.T) {
	require.Slow(t, "each command computes for a second or two")
	net := []string{"--model", model("efficientnet-lite0.onnx"), "--backend", "go"}
	cat := picture("cat.png")
	for name, args := range map[string][]string{
		"explain": {"--image", cat, "--method", "RISE"},
		"measure": {"--image", cat, "--metric", "ROAD", "--metric", "selectivity", "--layer", "all", "--trust"},
		"rise":    {"--image", cat, "--masks", "100000"},
		"sheet": {"--image", cat, "--rows", "layers", "--cols", "methods", "--layer", "all",
			"--method", "RISE", "--method", "Score-CAM"},
		"study": {"--pictures", cat, "--layer", "all", "--metric", "selectivity", "--metric", "ROAD", "--method", "Grad-CAM",
			"--method", "Score-CAM"},
	} {
		t.Run(name, func(t *testing.T) {
			command := name
			if name == "measure" {
				command = "explain"
			}
			args = append(append([]string{command}, net...), append(args, "--out", filepath.Join(t.TempDir(), "out"))...)
			c := gradcam(args...)
			var said bytes.Buffer
			c.Stdout, c.Stderr = &said, &said
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(1500 * time.Millisecond)
			start := time.Now()
			if err := c.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatalf("%v: %s", err, said.String())
			}
			if err := c.Wait(); err == nil {
				t.Errorf("it had ended before: %s", said.String())
			}
			if took := time.Since(start); took > 6*time.Second {
				t.Errorf("it took %v to end", took)
			}
			if code := c.ProcessState.ExitCode(); code == 2 || strings.Contains(said.String(), "goroutine ") {
				t.Errorf("exit code %d: %s", code, said.String())
			}
		})
	}
}
