package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// said runs the command and returns its code and what it writes.
func said(t *testing.T, args ...string) (code int, text string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, errs := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = w, w
	defer func() { os.Stdout, os.Stderr = out, errs }()
	read := make(chan string)
	go func() {
		data, _ := io.ReadAll(r) // the pipe is ours
		read <- string(data)
	}()
	code = run(args)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return code, <-read
}

// The first ten minutes with a model of one's own: the error without a sidecar holds one, the command writes it, and
// what comes out is said in a line.
func TestOwnModelWithoutSidecar(t *testing.T) {
	dir := t.TempDir()
	model, out := filepath.Join(dir, "mine.onnx"), filepath.Join(dir, "out")
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "models", "resnet-basic.dyn.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(model, data, 0o600); err != nil {
		t.Fatal(err)
	}
	cat := filepath.Join("..", "..", "..", "testdata", "images", "cat.png")
	explain := []string{"explain", "--backend", "go", "--model", model, "--image", cat, "--out", out}
	for _, step := range []struct {
		args []string
		code int
		want string
	}{
		{explain, 1, `{"input":{"width":64,"height":64,"fit":"crop","resize":73,"mean":[123.675,116.28,103.53]`},
		{[]string{"sidecar", "--model", model, "--preset", "torchvison"}, 2, `did you mean "torchvision"?`},
		{[]string{"sidecar", "--model", model}, 0, "mine.json, prepared as torchvision"},
		{[]string{"sidecar", "--model", model}, 1, "is there already"},
		{explain, 0, "Grad-CAM at layer3.1.relu2 (relu_12) -> " + filepath.Join(out, "overlay.png")},
		{append(explain[:len(explain):len(explain)], "--method", "scor-cam"), 1, `did you mean "Score-CAM"?`},
		{[]string{"explian", "--model", model}, 2, `there is no command "explian", did you mean "explain"?`},
		{[]string{"explain", "--modle", model}, 2, `did you mean "--model"?`},
		{[]string{"--version"}, 0, "gradcam "},
		{[]string{"--help"}, 0, "completion"},
	} {
		code, text := said(t, step.args...)
		if code != step.code || !strings.Contains(text, step.want) {
			t.Errorf("gradcam %s: code %d, %s, want %d and %q", strings.Join(step.args, " "), code, text, step.code, step.want)
		}
	}
}
