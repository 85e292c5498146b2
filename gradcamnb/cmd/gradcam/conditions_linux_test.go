package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/gradcam-go/gradcam/internal/home"
)

// disk is a folder of a disk of so many kilobytes.
func disk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("needs to mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// On a full disk a command says so, and leaves no half of a file.
func TestFullDisk(t *testing.T) {
	dir := disk(t, "64k")
	code, _, said := call(t, "explain", "--model", model("resnet-basic.dyn.onnx"), "--image", picture("cat_224.png"),
		"--size", "64", "--mean", "127", "--scale", "64", "--out", filepath.Join(dir, "out"))
	if code != 1 || !strings.Contains(said, "no space left") {
		t.Errorf("exit code %d: %s", code, said)
	}
	left, err := os.ReadDir(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range left {
		if strings.HasSuffix(f.Name(), ".part") || f.Name() == "result.json" {
			t.Errorf("%s is left", f.Name())
		}
	}
}

// A run that is continued while the disk fills up can be continued again when there is room again.
func TestRunOnFullDisk(t *testing.T) {
	dir := disk(t, "1m")
	if code, _, said := call(t, riseOf("40", dir)...); code != 0 {
		t.Fatal(said)
	}
	before, err := firstRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	ballast := filepath.Join(dir, "ballast")
	fill(t, ballast)
	code, _, said := call(t, riseOf("400", dir, "--resume", dir)...)
	if code != 1 || !strings.Contains(said, "no space left") {
		t.Errorf("on the full disk: exit code %d: %s", code, said)
	}
	run, err := firstRun(dir)
	if err != nil || len(run.Weights) < len(before.Weights) {
		t.Fatalf("%d masks were scored, and of %v %v is left", len(before.Weights), run, err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if code, _, said := call(t, riseOf("80", dir, "--resume", dir)...); code != 0 {
		t.Errorf("with room again: %s", said)
	}
}

// fill writes until there is no room.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 4096); ; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// What is printed into a device that is full is an error.
func TestFullOutput(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("needs /dev/full: %v", err)
	}
	defer func() { _ = full.Close() }()
	c := gradcam("layers", "--model", model("resnet-basic.dyn.onnx"), "--size", "64")
	c.Stdout = full
	var said strings.Builder
	c.Stderr = &said
	if err := c.Run(); err == nil || c.ProcessState.ExitCode() != 1 || !strings.Contains(said.String(), "no space left") {
		t.Errorf("%v, exit code %d: %s", err, c.ProcessState.ExitCode(), said.String())
	}
}

// A plugin of machine code in a private folder that another user owns is not loaded, and the command says why.
func TestPluginOfAnotherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files to another user")
	}
	const nobody = 65534
	dir := filepath.Join(t.TempDir(), "home")
	plugin := filepath.Join(dir, "pjrt", "pjrt_c_api_cpu_plugin.so")
	if err := errors.Join(os.MkdirAll(filepath.Dir(plugin), 0o700), os.WriteFile(plugin, []byte("\x7fELF"), 0o700),
		os.Lchown(plugin, nobody, nobody)); err != nil {
		t.Fatal(err)
	}
	c := gradcam("layers", "--model", model("resnet-basic.dyn.onnx"), "--size", "64", "--backend", "xla:cpu")
	c.Env = slices.DeleteFunc(c.Env, func(v string) bool { return strings.HasPrefix(v, home.PluginEnv+"=") })
	c.Env = append(c.Env, "GRADCAMNB_HOME="+dir, "GOMLX_NO_AUTO_INSTALL=1")
	out, err := c.CombinedOutput()
	if strings.Contains(string(out), "built without XLA") {
		t.Skip("this program is built without XLA, and loads no plugin")
	}
	if err == nil || !strings.Contains(string(out), "another user") {
		t.Errorf("%v: %s", err, out)
	}
}

// A limit of the system on files' sizes or on the processor's time is an error, or an end like that by a signal. No
// stack is printed.
func TestLimitsOfTheSystem(t *testing.T) {
	net := []string{"--model", model("resnet-basic.dyn.onnx"), "--image", picture("cat_224.png"), "--size", "64",
		"--mean", "127", "--scale", "64", "--target", "class:1", "--backend", "go"}
	for limit, c := range map[string]struct {
		args []string
		code int
		said string
	}{
		"ulimit -f 1":  {append([]string{"explain"}, net...), 1, "file too large"},
		"ulimit -St 1": {append([]string{"rise", "--masks", "100000000"}, net...), 1, "interrupted after"},
	} {
		out := filepath.Join(t.TempDir(), "out")
		run := gradcam()
		run.Path = "/bin/sh"
		run.Args = slices.Concat([]string{"sh", "-c", limit + `; exec "$0" "$@"`, os.Args[0]}, c.args, []string{"--out", out})
		said, _ := run.CombinedOutput()
		got := run.ProcessState.ExitCode()
		if got != c.code || !strings.Contains(string(said), c.said) || foreign.Match(said) {
			t.Errorf("%s: exit code %d: %.2000s", limit, got, said)
		}
	}
}
