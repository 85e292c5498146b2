package main

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// What the command does is written down in testdata/script, a file a command or a question. Besides testscript's own
// commands they have
//
//	exits CODE gradcam ARGUMENTS    runs it, and fails if it ends with another exit code
//
// and the variables $MODELS, $IMAGES, $INPUTS, $DETECTORS and $GOLDEN, the folders of this repository's test data.
// Others stand for the flags that most lines of a file repeat, such as $PREPARED; they are listed below.
func TestScripts(t *testing.T) {
	folder := func(name string) string {
		path, err := filepath.Abs(golden.Path(name))
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	models, images := folder("models"), folder("images")
	prepared := "--size 64 --mean 127 --scale 64"
	basic := "--model " + models + "/resnet-basic.dyn.onnx "
	variables := map[string]string{
		"MODELS": models, "IMAGES": images, "INPUTS": folder("inputs"), "GOLDEN": folder("golden"),
		"DETECTORS": folder("detectors"),
		"PREPARED":  prepared,
		"EXPLAIN":   "gradcam explain " + basic + "--tensor " + folder("golden") + "/resnet-basic/input.npy --out out",
		"MANY":      "gradcam explain " + basic + prepared + " --target class:1 --batch 2",
		"RISE":      "gradcam rise " + basic + prepared + " --image " + images + "/cat_224.png --target class:3 --seed 7",
		"DRISE":     "gradcam drise --model " + models + "/centerface.onnx --image " + images + "/astronaut.png",
		"STUDY":     "gradcam study " + basic + prepared + " --target class:1",
		// The settings of this machine do not count.
		"GOMLX_BACKEND": "go", "GRADCAMNB_HOME": "none", "PJRT_PLUGIN_LIBRARY_PATH": "", "ONNXRUNTIME_LIBRARY_PATH": "",
		driver.SocketEnv: "",
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Setup: func(e *testscript.Env) error {
			for name, value := range variables {
				e.Setenv(name, value)
			}
			return nil
		},
	})
}

// exits runs a command, which must end with the exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARGUMENTS")
	}
	var words []string
	for i, a := range args {
		if i == 1 || strings.HasPrefix(a, "--") { // a variable may hold several words
			words = append(words, strings.Fields(a)...)
		} else {
			words = append(words, a)
		}
	}
	want, err := strconv.Atoi(words[0])
	ts.Check(err)
	words = words[1:]
	got, exit := 0, (*exec.ExitError)(nil)
	err = ts.Exec(words[0], words[1:]...)
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s\nthe exit code is %d, want %d", strings.Join(words, " "), got, want)
	}
	if said := ts.ReadFile("stderr"); strings.Contains(said, "goroutine ") || want != 0 &&
		!strings.Contains("\n"+said, "\ngradcam: ") {
		ts.Fatalf("no error for people: %q", said)
	}
}
