package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// silentHub is a hub that lists a file, and sends nothing of it.
func silentHub(t *testing.T) (address string) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			fmt.Fprintf(w, `{"sha": %q, "siblings": [{"rfilename": "net.onnx", "size": 9, "blobId": %[1]q}]}`,
				strings.Repeat("a", 40))
			return
		}
		<-r.Context().Done()
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// One SIGTERM ends each command that computes for long within five seconds, without a stack.
func TestSignalEndsEveryCommand(t *testing.T) {
	require.Slow(t, "each command computes for a second or two")
	net := []string{"--model", model("efficientnet-lite0.onnx"), "--backend", "go"}
	detector := []string{"--model", golden.Path("detectors", "detect.onnx"), "--backend", "go", "--decoder", "yolov8",
		"--mean", "0", "--scale", "1"}
	cat := picture("cat.png")
	t.Setenv("HF_ENDPOINT", silentHub(t))
	t.Setenv("HF_HOME", t.TempDir())
	for name, args := range map[string][]string{
		"layers":  {"--model", "hf://owner/net/net.onnx"}, // while it is fetched
		"detect":  append([]string{"--image", cat, "--explain", "--masks", "100000000"}, detector...),
		"drise":   append([]string{"--image", cat, "--masks", "100000000"}, detector...),
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
			if !slices.Contains(args, "--model") {
				args = append(args, net...)
			}
			if command != "layers" {
				args = append(args, "--out", filepath.Join(t.TempDir(), "out"))
			}
			args = append([]string{command}, args...)
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
