//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// cells builds programs of cells in a folder like GoNB's, through the shim of the go command.
type cells struct {
	t        *testing.T
	home     home
	src, dir string
	version  string // line of go.mod and go.work
}

// build builds a program that says a word and imports packages, and returns what it says. Without a go command it
// returns an error, unless the program was built by the same two steps as the one before.
func (c *cells) build(goCommand, word string, imports ...string) (said string, err error) {
	c.t.Helper()
	var lines strings.Builder
	for _, path := range imports {
		fmt.Fprintf(&lines, "import _ %q\n", path)
	}
	c.write("main.go", "package main\n"+lines.String()+"func main() { println("+word+") }\n")
	command := func(name string, args ...string) (string, error) {
		command := exec.CommandContext(c.t.Context(), name, args...)
		command.Dir = c.dir
		command.Env = append(os.Environ(), asCommand+"=1", realGoEnv+"="+goCommand, sourceEnv+"="+c.src, "GOWORK=auto",
			"GOFLAGS="+linkerFlags, "PATH="+c.home.join("shim")+string(os.PathListSeparator)+os.Getenv("PATH"))
		out, err := command.CombinedOutput()
		return strings.TrimSpace(string(out)), err
	}
	if said, err = command(c.home.join("shim", "go"), "build", "-o", filepath.Join(c.dir, "cell")); err != nil {
		return said, err
	}
	return command(filepath.Join(c.dir, "cell"))
}

func (c *cells) write(name, text string) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// writeMod writes go.mod, with more lines at its end.
func (c *cells) writeMod(more string) {
	c.t.Helper()
	c.write("go.mod", "module cell\n\n"+c.version+more)
}

// newCells returns a folder for programs of cells, and the go command.
func newCells(t *testing.T) (c *cells, goCommand string) {
	t.Helper()
	c = &cells{t: t, home: home(t.TempDir()), dir: t.TempDir()}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if c.src, err = checkout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if goCommand, err = exec.LookPath("go"); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(c.home.join("bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, c.home.bin("gonb-gradcam")); err != nil {
		t.Fatal(err)
	}
	if err := putShim(c.home); err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(c.src, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	c.version = regexp.MustCompile(`(?m)^go .*\n`).FindString(string(mod))
	c.writeMod("\nreplace " + module + " => " + c.src + "\n") // as GoNB writes it
	c.write("go.work", c.version+"\nuse (\n\t.\n\t"+c.src+"\n)\n")
	return c, goCommand
}

// A program that needs the same packages as the one before, or fewer, is built without the go command. It is not if it
// needs others, if it has a mistake, or if what it is built from has changed.
func TestBuildAgain(t *testing.T) {
	const none = "/no/go/command"
	const heatmap = module + "/gradcamnb/heatmap"
	c, goCommand := newCells(t)
	wants := func(what, goCommand, word, want string, imports ...string) {
		t.Helper()
		said, err := c.build(goCommand, `"`+word+`"`, imports...)
		if (err == nil) != (want != "") || err == nil && said != want {
			t.Errorf("%s: it says %q, %v", what, said, err)
		}
	}
	wants("before any other", none, "one", "", heatmap)
	wants("the first", goCommand, "one", "one", heatmap)
	wants("the same packages", none, "two", "two", heatmap)
	wants("packages of that package", none, "three", "three", "fmt", "strings", module+"/gradcamnb/imgio")
	wants("another package", none, "four", "", "container/ring")
	wants("a private package", none, "x", "", "internal/abi")
	wants("files", none, "five", "", "embed")
	wants("another part of the library", none, "six", "", module+"/internal/must")
	if said, err := c.build(goCommand, "mistake", heatmap); err == nil || !strings.Contains(said, "main.go:3:") {
		t.Errorf("a mistake: it says %q, %v", said, err)
	}
	c.writeMod("// another\n")
	wants("another go.mod", none, "seven", "", heatmap)
	wants("another go.mod and the go command", goCommand, "seven", "seven", heatmap)
	wants("the same go.mod", none, "eight", "eight", heatmap)
	for _, tool := range []string{"compile", "link"} {
		if err := os.Remove(filepath.Join(c.dir, stepFile(tool))); err != nil {
			t.Fatal(err)
		}
	}
	wants("the go command takes no program for another", goCommand, "seven", "seven", heatmap)
	c.writeMod("\nreplace example.org/x => ./x\n")
	wants("a module that may change", goCommand, "eight", "eight", heatmap)
	wants("a module that may change, again", none, "nine", "", heatmap)
	c.writeMod("")
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "go.mod"), []byte("module other\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.write("go.work", c.version+"\nuse (\n\t.\n\t"+c.src+"\n\t"+other+"\n)\n")
	wants("another module", goCommand, "nine", "nine", heatmap)
	wants("another module, again", none, "ten", "", heatmap)
}
