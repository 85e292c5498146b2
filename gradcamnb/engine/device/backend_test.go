package device

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// A backend that is not there is an error of one line, which says what there is.
func TestBackendNames(t *testing.T) {
	xla := "did not start"
	if xlaPlugins == nil {
		xla = "is built without XLA"
	}
	for name, want := range map[string]string{
		"tpu9000":             "there is no backend",
		"xla:/no/such/plugin": xla,
		"xla:nonesuch":        xla,
		"go:ops_parallel":     "leave it out",
		"go:dependency_order": "leave it out",
	} {
		_, err := OpenNamed(name)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for options, want := range map[string]string{
		"":               "ops_sequential,creation_order",
		"parallelism=1":  "parallelism=1,ops_sequential,creation_order",
		"ops_sequential": "ops_sequential,creation_order",
	} {
		if got := sequential(options); got != want {
			t.Errorf("go:%s runs as go:%s, want go:%s", options, got, want)
		}
	}
}

// A program without XLA says how to get it, and names no page that only the checkout has.
func TestPureGoIsSaid(t *testing.T) {
	before := xlaPlugins
	defer func() { xlaPlugins = before }()
	xlaPlugins = nil
	var said strings.Builder
	if _, err := openBest(&said); err != nil || strings.Count(said.String(), "\n") != 1 ||
		!strings.Contains(said.String(), "XLA is several times faster: build with a C compiler") {
		t.Errorf("it says %q, error %v", said.String(), err)
	}
}

// A GPU computes float32 in full, unless the backend's options say otherwise. Other plugins get their options as they
// are.
func TestFloat32(t *testing.T) {
	t.Setenv("NVIDIA_TF32_OVERRIDE", "")
	for plugin, want := range map[string]string{
		"cpu":                     "cpu",
		"cuda":                    "cuda,tf32=false",
		"cuda,tf32":               "cuda,tf32",
		"/pjrt/xla_cuda_v13.so,a": "/pjrt/xla_cuda_v13.so,a,tf32=false",
		"/tf32/xla_cuda.so":       "/tf32/xla_cuda.so,tf32=false",
	} {
		if got := inFloat32(plugin); got != want {
			t.Errorf("xla:%s runs as xla:%s, want xla:%s", plugin, got, want)
		}
	}
	if got := os.Getenv("NVIDIA_TF32_OVERRIDE"); got != "0" {
		t.Errorf("NVIDIA's libraries are told %q", got)
	}
	if len(installedPlugins()) == 0 {
		require.Missing(t, "xla", "XLA is not installed")
	}
	b, err := OpenNamed("xla:" + installedPlugins()[0] + ",tf32=false")
	if err != nil {
		t.Fatal(err)
	}
	b.Finalize()
}

// onnxruntime can be asked for in the environment, too, and what is around the model is then computed on
// what is there.
func TestONNXRuntimeOfTheEnvironment(t *testing.T) {
	t.Setenv(compute.ConfigEnvVar, ONNXRuntime)
	b, err := Open("", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Finalize()
	if b.Name != ONNXRuntime {
		t.Errorf("the backend is %s", b.Name)
	}
	if got := RequestedName("go"); got != "go" {
		t.Errorf("a backend of its own name is %s", got)
	}
}
