package must

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// If this variable is set, the test program fails like a cell's program, in the way that it names.
const failing = "GRADCAM_TEST_FAIL"

func TestMain(m *testing.M) {
	switch os.Getenv(failing) {
	case "":
		os.Exit(m.Run())
	case "ours":
		failOurs()
	case "foreign":
		panic(errors.New("not ours"))
	case "recovered":
		func() {
			defer func() { _, _ = os.Stdout.WriteString("recovered " + recover().(error).Error() + "\n") }()
			OK(errors.New("ours"))
		}()
		panic(errors.New("not ours"))
	}
}

func failOurs() {
	defer func() { _, _ = os.Stdout.WriteString("deferred\n") }()
	Get(os.Open("no such file"))
}

func fail(t *testing.T, how string, env ...string) (stdout, stderr string) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(append(os.Environ(), failing+"="+how), env...)
	var errs strings.Builder
	c.Stderr = &errs
	out, err := c.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("%s ends with %v", how, err)
	}
	return string(out), errs.String()
}

// In a cell our errors are printed as one line and the place in the cell's program, after the deferred functions. Other
// panics have their stack trace, and so have all panics outside a cell.
func TestUnrecovered(t *testing.T) {
	const cell = "GONB_PIPE=/tmp/pipe"
	ours := regexp.MustCompile(`^error: open no such file: no such file or directory\n  at \S+\.go:\d+\n$`)
	if out, said := fail(t, "ours", cell); out != "deferred\n" || !ours.MatchString(said) {
		t.Errorf("in a cell: %q, %q", out, said)
	}
	if out, said := fail(t, "ours", "GONB_PIPE="); out != "deferred\n" || !strings.Contains(said, "goroutine 1") ||
		!strings.Contains(said, "open no such file") {
		t.Errorf("elsewhere: %q, %q", out, said)
	}
	if _, said := fail(t, "foreign", cell); !strings.Contains(said, "goroutine 1") {
		t.Errorf("a panic of another kind: %q", said)
	}
	if out, said := fail(t, "recovered", cell); out != "recovered ours\n" || !strings.Contains(said, "not ours") ||
		!strings.Contains(said, "goroutine 1") {
		t.Errorf("a panic after one of ours: %q, %q", out, said)
	}
}

func TestRecovered(t *testing.T) {
	t.Setenv("GONB_PIPE", "/tmp/pipe")
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, fs.ErrNotExist) || err.Error() != fs.ErrNotExist.Error() {
			t.Errorf("recovered %v", err)
		}
	}()
	OK(fs.ErrNotExist)
}
