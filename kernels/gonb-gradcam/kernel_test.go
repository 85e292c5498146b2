package main

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/onnxruntime"
	privatehome "github.com/gradcam-go/gradcam/internal/home"
)

// If this variable is set, the test program is the command itself.
const asCommand = "GRADCAM_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// call runs the command with a private folder of its own.
func call(t *testing.T, h string, args ...string) (code int, said string) {
	t.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), asCommand+"=1", "GRADCAMNB_HOME="+h)
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), string(out)
}

func nothingSet(string) (string, bool) { return "", false }

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 0, "Available Commands"},
		{[]string{"instal"}, 2, `no command "instal"`},
		{[]string{"install", "here"}, 2, `takes no argument "here"`},
		{[]string{"doctor", "--jason"}, 2, "has no flag --jason, did you mean \"--json\"?"},
		{[]string{"uninstall", "--prefix", t.TempDir()}, 1, "is not installed in"},
		{[]string{"launch", "--source", "/no/such/folder"}, 1, "install again"},
	} {
		if code, said := call(t, t.TempDir(), c.args...); code != c.code || !strings.Contains(said, c.want) ||
			strings.Count(said, "\n") > 1 && c.code != 0 {
			t.Errorf("%q: exit code %d, %q", c.args, code, said)
		}
	}
}

// The kernelspec is as in jupyter_client's documentation, "Kernel specs".
func TestSpec(t *testing.T) {
	data := t.TempDir()
	dir, err := writeSpec(data, newSpec("/private", "/src", "/usr/go/bin", "xla:cpu"))
	if err != nil {
		t.Fatal(err)
	}
	if dir != filepath.Join(data, "kernels", "gonb-gradcam") {
		t.Errorf("installed in %s", dir)
	}
	text, err := os.ReadFile(filepath.Join(dir, "kernel.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Argv          []string
		DisplayName   string `json:"display_name"`
		Language      string
		InterruptMode string `json:"interrupt_mode"`
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := []string{home("/private").bin("gonb-gradcam"), "launch", "--home", "/private", "--source", "/src", "--go",
		"/usr/go/bin", "--backend", "xla:cpu", "--kernel", "{connection_file}"}
	if !slices.Equal(got.Argv, want) || got.DisplayName != "Go (Grad-CAM)" || got.Language != "go" ||
		got.InterruptMode != "message" {
		t.Errorf("kernel.json says %s", text)
	}
	for _, logo := range []string{"logo-svg.svg", "logo-64x64.png"} {
		if info, err := os.Stat(filepath.Join(dir, logo)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", logo, err)
		}
	}
}

func TestCellFlags(t *testing.T) {
	for flags, want := range map[string]string{
		"":                                 "-ldflags=-s",
		"-buildvcs=false":                  "-buildvcs=false -ldflags=-s",
		"-ldflags=-w":                      "-ldflags=-w",
		"-mod=mod -buildvcs=false":         "-buildvcs=false -ldflags=-s", // not allowed in a workspace
		"-race -modfile=/x/y.mod -mod=mod": "-race -ldflags=-s",
	} {
		if got := cellFlags(flags); got != want {
			t.Errorf("GOFLAGS=%q becomes %q, want %q", flags, got, want)
		}
	}
}

// The user's settings stay; the backend of the kernelspec is a default.
func TestCellEnvironment(t *testing.T) {
	h := home(t.TempDir())
	l := launcher{home: h, src: "/src", backend: "go"}
	bare := l.environment("", nothingSet)
	for _, want := range []string{"GOFLAGS=-ldflags=-s", "GOMLX_BACKEND=go", "GOMLX_NO_AUTO_INSTALL=1"} {
		if !slices.Contains(bare, want) {
			t.Errorf("%q lacks %s", bare, want)
		}
	}
	if slices.ContainsFunc(bare, func(s string) bool { return strings.HasPrefix(s, "PJRT") }) {
		t.Errorf("%q names a plugin folder that is not there", bare)
	}
	if err := os.MkdirAll(h.join("pjrt"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got := l.environment("", nothingSet); !slices.ContainsFunc(got,
		func(s string) bool { return strings.HasPrefix(s, "PJRT_PLUGIN_LIBRARY_PATH="+h.join("pjrt")) }) {
		t.Errorf("%q does not name the private plugin folder", got)
	}
	set := l.environment("", func(string) (string, bool) { return "mine", true })
	if len(set) != 2 { // GOFLAGS and GOWORK
		t.Errorf("what the user has set is overridden: %q", set)
	}
}

func TestPath(t *testing.T) {
	l := launcher{home: "/private", goBin: "/opt/go/bin"}
	if got, want := l.path("/usr/bin"), "/private/bin:/usr/bin:/opt/go/bin"; got != want && os.PathListSeparator == ':' {
		t.Errorf("PATH is %q, want %q", got, want)
	}
}

// Plugins are found in the folders and under the names of go-xla 0.4.5.
func TestFindPlugins(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"pjrt_c_api_cpu_plugin.so", "pjrt-plugin-cuda.so", "libsomething.so",
		"pjrt_c_api_cpu_plugin.so.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := findPlugins(home(t.TempDir()), func(key string) (string, bool) {
		return dir + ":/no/such/folder",
			key == "PJRT_PLUGIN_LIBRARY_PATH"
	})
	if want := []string{filepath.Join(dir, "pjrt-plugin-cuda.so"),
		filepath.Join(dir, "pjrt_c_api_cpu_plugin.so")}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// A wheel with another SHA-256 is not unpacked, and the old library stays.
func TestPluginIsChecked(t *testing.T) {
	dir := t.TempDir()
	file, to := filepath.Join(dir, "x.whl"), filepath.Join(dir, "pjrt", "plugin.so")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	w, err := z.Create("pkg/plugin.so")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "library"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	if err := (wheel{sha256: strings.Repeat("0", 64), file: "pkg/plugin.so"}).extract(file, to); err == nil ||
		!strings.Contains(err.Error(), "it is not used") || exists(to) {
		t.Errorf("a wheel with another SHA-256: %v", err)
	}
	if err := (wheel{sha256: hex.EncodeToString(sum[:]), file: "pkg/other.so"}).extract(file, to); err == nil {
		t.Error("a file that is not in the wheel: no error")
	}
	if err := (wheel{sha256: hex.EncodeToString(sum[:]), file: "pkg/plugin.so"}).extract(file, to); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(to); err != nil || string(got) != "library" {
		t.Errorf("unpacked %q, %v", got, err)
	}
}

func TestDoctor(t *testing.T) {
	code, said := call(t, t.TempDir(), "doctor", "--json")
	var findings []finding
	if err := json.Unmarshal([]byte(said), &findings); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v: %s", code, err, said)
	}
	for _, what := range []string{"go", "gonb", "goimports", "jupyter", "PJRT", "onnxruntime", "GPU"} {
		i := slices.IndexFunc(findings, func(f finding) bool { return strings.Contains(f.What, what) })
		if i < 0 {
			t.Errorf("nothing about %s", what)
		} else if f := findings[i]; f.Found == "" && f.Get == "" {
			t.Errorf("%s is missing and nothing says how to get it", what)
		}
	}
}

// If the variable for a library names none, the doctor says so: to install one would change nothing.
func TestDoctorSaysThatTheVariableIsWrong(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	for variable, c := range map[string]struct{ what, want string }{
		onnxruntime.LibraryEnv: {"onnxruntime", "there is no " + none + ", which ONNXRUNTIME_LIBRARY_PATH names"},
		privatehome.PluginEnv:  {"PJRT", fmt.Sprintf("there is none in %q, which PJRT_PLUGIN_LIBRARY_PATH names", none)},
	} {
		t.Setenv(variable, none)
		found := examine(home(t.TempDir()))
		i := slices.IndexFunc(found, func(f finding) bool { return strings.Contains(f.What, c.what) })
		if got := found[i].Get; !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: it says %q, want that the variable is wrong", variable, got)
		}
	}
}

// Work is done once for a key. It is done again if the key changes, if what it made is missing, or if it failed.
func TestOnce(t *testing.T) {
	t.Setenv("GRADCAMNB_HOME", t.TempDir())
	h, err := openHome()
	if err != nil {
		t.Fatal(err)
	}
	made, runs := h.join("bin", "made"), 0
	work := func() error {
		runs++
		return os.WriteFile(made, nil, 0o600)
	}
	for want, key := range []string{"", "a", "a", "b", "b"} {
		if want == 0 {
			continue
		}
		if err := h.doOnce("x", key, []string{made}, work); err != nil {
			t.Fatal(err)
		}
	}
	if runs != 2 {
		t.Errorf("it ran %d times, want 2", runs)
	}
	if err := os.Remove(made); err != nil {
		t.Fatal(err)
	}
	if err := h.doOnce("x", "b", []string{made}, work); err != nil || runs != 3 {
		t.Errorf("what it made was gone; it ran %d times, want 3; %v", runs, err)
	}
	if err := h.doOnce("x", "c", []string{made}, func() error { return errors.New("no") }); err == nil {
		t.Error("a failure was lost")
	}
	if err := h.doOnce("x", "c", []string{made}, work); err != nil || runs != 4 {
		t.Errorf("it had failed; it ran %d times, want 4; %v", runs, err)
	}
}

// Removing the private folder leaves files that are not ours.
func TestRemoveHome(t *testing.T) {
	t.Setenv("GRADCAMNB_HOME", filepath.Join(t.TempDir(), "h"))
	h, err := openHome()
	if err != nil {
		t.Fatal(err)
	}
	foreign := h.join("thesis.txt")
	if err := os.WriteFile(foreign, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := h.remove(); err == nil || !exists(foreign) || exists(h.join("bin")) {
		t.Errorf("error %v", err)
	}
	if err := os.Remove(foreign); err != nil {
		t.Fatal(err)
	}
	if err := h.remove(); err != nil || exists(string(h)) {
		t.Errorf("error %v", err)
	}
}

// If a step fails, the error has the last lines that the program printed, and names the file that has the rest.
func TestStepsSayWhatFailed(t *testing.T) {
	t.Setenv("GRADCAMNB_HOME", t.TempDir())
	h, err := openHome()
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSteps(h, "test")
	if err != nil {
		t.Fatal(err)
	}
	var shown strings.Builder
	s.out, s.live = &shown, false
	err = s.do("trying", func() error {
		return s.run(t.Context(), nil, "", "sh", "-c", "echo first; echo the reason >&2; exit 3")
	})
	if err == nil || !strings.Contains(err.Error(), "the reason") || !strings.Contains(err.Error(), "test.log") ||
		!strings.Contains(shown.String(), "failed") {
		t.Errorf("error %v, shown %q", err, shown.String())
	}
}

// When the kernel ends, the processes that it started end, too.
func TestSuperviseLeavesNothing(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("needs a shell")
	}
	alive := filepath.Join(t.TempDir(), "alive")
	// This is a cell's program that runs on after the kernel has ended.
	kernel := exec.Command("sh", "-c",
		`(while :; do touch "$1"; sleep 0.05; done) & until [ -e "$1" ]; do sleep 0.05; done; exit 7`, "sh", alive)
	err := supervise(kernel)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("the kernel's end is reported as %v", err)
	}
	if err := os.Remove(alive); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	if exists(alive) {
		t.Error("the cell's program still runs")
	}
}

// If a program of ours fails, its error is printed, since the kernel has not said why. Only the kernel's own exit code
// is passed on in silence.
func TestFailureIsSaid(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("needs a shell")
	}
	h, src, path := t.TempDir(), t.TempDir(), t.TempDir()
	script := func(file, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	script(filepath.Join(src, "go.mod"), "")
	script(filepath.Join(h, "bin", "gonb"), "exit 7")
	t.Setenv("PATH", path+":/usr/bin:/bin")
	script(filepath.Join(path, "go"), "exit 3")
	if code, said := call(t, h, "launch", "--home", h, "--source", src); code != 1 ||
		!strings.Contains(said, "asking go for GOFLAGS") {
		t.Errorf("go fails: exit code %d, %q", code, said)
	}
	script(filepath.Join(path, "go"), "echo")
	if code, said := call(t, h, "launch", "--home", h, "--source", src); code != 7 || said != "" {
		t.Errorf("the kernel ends with 7: exit code %d, %q", code, said)
	}
}
