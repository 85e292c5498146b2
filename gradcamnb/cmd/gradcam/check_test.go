package main

import (
	"bytes"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// pythonWithRuntime is a Python that has onnxruntime: GRADCAM_PYTHON, or that on the path.
func pythonWithRuntime(t *testing.T) string {
	t.Helper()
	python, err := findPython(os.Getenv("GRADCAM_PYTHON"))
	if err == nil {
		var out []byte
		if out, err = exec.Command(python, "-c", "import onnxruntime").CombinedOutput(); err == nil {
			return python
		}
		t.Logf("%s", out)
	}
	require.Missing(t, "onnxruntime", err.Error())
	return ""
}

// Models of both exporters agree with onnxruntime, tensor by tensor; so does one whose
// input has another shape than the file says, and one with a picture.
func TestCheck(t *testing.T) {
	python := pythonWithRuntime(t)
	for _, args := range [][]string{
		{"--model", model("squeezenet.dyn.onnx")},
		{"--model", model("resnet-basic.dyn.onnx"), "--size", "48x32", "--all"},
		{"--model", model("efficientnet-lite0.onnx"), "--image", picture("cat.png")},
		{"--model", golden.Path("inputs", "about.onnx"), "--input", "about=1,2,3,4"},
		{"--model", golden.Path("inputs", "twins.onnx#right"), "--image", picture("cat.png"), "--input",
			"left=" + picture("astronaut.png")},
	} {
		code, out, said := call(t, append([]string{"check", "--python", python}, args...)...)
		if code != 0 || !strings.Contains(out, "tensors agree with onnxruntime") {
			t.Errorf("%q: exit code %d\n%s%s", args, code, out, said)
		}
	}
}

// If the reference computes a layer differently, check names the first tensor that differs. Here a Python changes the
// values of all tensors from the tenth on.
func TestCheckFindsTheFirstDifference(t *testing.T) {
	python := pythonWithRuntime(t)
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("needs a shell")
	}
	lying := filepath.Join(t.TempDir(), "python")
	script := "#!/bin/sh\n'" + python + `' "$@" || exit $?
'` + python + `' - "$2" <<'END'
import sys, numpy
for i in 10, 12:
    v = numpy.load(f"{sys.argv[1]}/{i}.npy")
    v.flat[3] += 0.5 * abs(v).max()
    numpy.save(f"{sys.argv[1]}/{i}.npy", v)
END
`
	if err := os.WriteFile(lying, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	net := model("squeezenet.dyn.onnx")
	v, err := engine.New("go").Values(t.Context(), net,
		gradcamnb.Request{Tensor: tensorOf(t, "golden/squeezenet/input.npy")})
	if err != nil {
		t.Fatal(err)
	}
	code, _, said := call(t, "check", "--model", net, "--python", lying)
	tenth := v.Tensors[10]
	if code != 1 || !strings.Contains(said, `the tensor "`+tenth.Name+`" is the first that differs from onnxruntime`) ||
		!strings.Contains(said, "operator "+tenth.Op) || !strings.Contains(said, "at [0 0 0 3]") ||
		!strings.Contains(said, "; 2 of ") {
		t.Errorf("exit code %d: %s; want the tensor %s", code, said, tenth.Name)
	}
}

func tensorOf(t *testing.T, name string) *gradcamnb.Tensor {
	t.Helper()
	dims, values := golden.Array(t, name)
	return &gradcamnb.Tensor{Dims: dims, Values: values}
}

// Differences by hand.
func TestDifference(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	of := func(dims []int, values ...float32) gradcamnb.Tensor {
		return gradcamnb.Tensor{Dims: dims, Values: values}
	}
	row := []int{1, 3}
	for name, c := range map[string]struct {
		a, b gradcamnb.Tensor
		want float64
	}{
		"same":         {of(row, 1, 2, 3), of(row, 1, 2, 3), 0},
		"a quarter":    {of(row, 1, 2, 3), of(row, 1, 2, 4), 0.25},
		"shapes":       {of([]int{3, 1}, 1, 2, 3), of(row, 1, 2, 3), math.Inf(1)},
		"same nan":     {of(row, nan, 2, inf), of(row, nan, 2, inf), 0},
		"one nan":      {of(row, nan, 2, 3), of(row, 1, 2, 3), math.Inf(1)},
		"one infinite": {of(row, 1, 2, 3), of(row, 1, 2, inf), math.Inf(1)},
	} {
		if got := difference(c.a, c.b); got.relative != c.want {
			t.Errorf("%s: %g, want %g", name, got.relative, c.want)
		}
	}
	if got := indices(7, []int{2, 2, 3}); !slices.Equal(got, []int{1, 0, 1}) {
		t.Errorf("place %v", got)
	}
	var out bytes.Buffer
	v := &engine.Values{Tensors: []engine.Value{{Name: "a", Op: "Conv", Module: "stem", Tensor: of(row, 1, 2, 3)}}}
	err := compare(&out, checkFlags{tolerance: 1e-4}, v, []gradcamnb.Tensor{of([]int{3, 1}, 1, 2, 3)}, "1")
	if err == nil || !strings.Contains(err.Error(),
		"operator Conv in the module stem, shape [1 3] here and [3 1] there; 1 of 1 tensors differ") {
		t.Errorf("error %v", err)
	}
}
