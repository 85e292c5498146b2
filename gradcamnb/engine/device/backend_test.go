package device

import (
	"io"
	"strings"
	"testing"

	"github.com/gomlx/compute"
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
