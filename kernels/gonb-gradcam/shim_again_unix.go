//go:build unix

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/internal/atomicfile"
)

// The go command builds a cell's program with two tools, the compiler and the linker, and needs longer than both to
// find out that nothing else has to be built. So the shim notes how it runs the tools, and builds the next cell, if it
// needs nothing else, by running them again.

// step is one tool as the go command has run it for a cell's program. It is kept in a file beside that program, in
// GoNB's folder, which is the user's alone: what it says is run, and its settings may be secrets.
type step struct {
	State    string   // of what the program was built from; see [buildState]
	Settings []string // environment variables of the go command
	Command  []string // the tool and its arguments
	Folder   string   // for what the tools make; arguments and packages name it
	Packages string   // the file that says where the compiled packages are
}

// recordName is the first argument, as a command of the go command's shim, if the go command runs a tool through it.
const recordName = "record"

// stateEnv is the environment variable with the state of the build whose tools are noted.
const stateEnv = "GRADCAMNB_BUILD_STATE"

// recorder returns the flag of the go command with which it runs its tools through this program. ok is false if there
// is no shim, or if its path cannot be written into the flag.
func recorder() (flag string, ok bool) {
	self, err := exec.LookPath("go")
	return `-toolexec="` + self + `" ` + recordName, err == nil && !strings.Contains(self, `"`)
}

// shimRecord runs a tool for the go command, and notes how if it is one of a cell's two steps.
func shimRecord(command []string) int {
	if s, name, ok := newStep(command); ok {
		if data, err := json.Marshal(s); err == nil {
			_ = atomicfile.Write(name, data) // if it fails, the next cell takes longer
		}
	}
	tool, err := exec.LookPath(command[0]) // the C compiler comes as a name
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return become(tool, command)
}

// newStep returns a command of the go command as a step, and the name of its file. ok is false if the command is
// neither the compiler for a cell's program nor the linker, or if it names files that will not be there any more.
func newStep(command []string) (s step, name string, ok bool) {
	tool := filepath.Base(command[0])
	list := argument(command, "-importcfg")
	if list == "" || tool != "link" && (tool != "compile" || argument(command, "-p") != "main") {
		return s, "", false
	}
	s = step{State: os.Getenv(stateEnv), Settings: goSettings(), Command: command, Folder: filepath.Dir(list)}
	packages, err := os.ReadFile(list)
	s.Packages = string(packages)
	rest := strings.ReplaceAll(s.Packages, s.Folder+string(filepath.Separator), "")
	compiled := tool != "link" || command[len(command)-1] == filepath.Join(s.Folder, compiledName) // and not kept from before
	return s, stepFile(tool), err == nil && compiled && !strings.Contains(rest, filepath.Dir(s.Folder))
}

const (
	compiledName = "_pkg_.a"      // of the file that the compiler makes
	packageWord  = "packagefile " // begins a line of a list of packages
)

func stepFile(tool string) string { return "gradcamnb-" + tool + ".json" }

// argument returns the value of a flag of a tool; empty if it is not there.
func argument(command []string, flag string) string {
	if at := slices.Index(command, flag); at >= 0 && at+1 < len(command) {
		return command[at+1]
	}
	return ""
}

// buildAgain builds a cell's program as the one before was built. It returns false if it cannot; then nothing is lost
// but a moment.
func buildAgain(state string, imports []string, program string) bool {
	compile, link := readStep("compile"), readStep("link")
	if compile.State != state || link.State != state || slices.ContainsFunc(imports, func(path string) bool {
		return path != "unsafe" && !strings.Contains(link.Packages, packageWord+path+"=")
	}) {
		return false
	}
	compile.Packages = "" // those of everything that is linked, so that the program may import other ones than that before
	for line := range strings.Lines(link.Packages) {
		if strings.HasPrefix(line, packageWord) {
			compile.Packages += line
		}
	}
	here, err := os.Getwd()
	if err != nil {
		return false
	}
	dir, err := os.MkdirTemp(here, "again-") // a folder of the kernel, which goes with it if this process is killed
	if err != nil {
		return false
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	return compile.run(dir, filepath.Join(dir, compiledName)) == nil && link.run(dir, program) == nil
}

// readStep returns a step that was noted, or one without a state.
func readStep(tool string) (s step) {
	data, err := os.ReadFile(stepFile(tool))
	if err != nil || json.Unmarshal(data, &s) != nil {
		return step{}
	}
	return s
}

// run runs the tool once more, for another program and in another folder.
func (s step) run(dir, output string) error {
	command := slices.Clone(s.Command)
	for i, arg := range command {
		switch {
		case strings.HasPrefix(arg, "-buildid="): // that of another program: the go command would take it for this one
			command[i] = "-buildid="
		case i > 0 && command[i-1] == "-o":
			command[i] = output
		default:
			command[i] = strings.ReplaceAll(arg, s.Folder, dir)
		}
	}
	list := strings.ReplaceAll(s.Packages, s.Folder, dir)
	if err := os.WriteFile(argument(command, "-importcfg"), []byte(list), 0o600); err != nil {
		return err
	}
	c := exec.Command(command[0], command[1:]...)
	c.Env = append(os.Environ(), s.Settings...)
	return c.Run()
}

// goSettings returns the environment variables that steer the go command and its tools.
func goSettings() []string {
	var settings []string
	for _, v := range os.Environ() {
		if strings.HasPrefix(v, "GO") || strings.HasPrefix(v, "CGO_") || strings.HasPrefix(v, "CC=") {
			settings = append(settings, v)
		}
	}
	slices.Sort(settings)
	return settings
}

// buildState returns a text that changes with everything that a cell's program is built from, besides the program's
// text, and packages that cannot change. The program is in the working folder. The text is empty if that is not known.
func buildState(imports []string) string {
	src := os.Getenv(sourceEnv)
	for _, path := range imports {
		inside, ours := strings.CutPrefix(path, module+"/")
		looked := inside == "gradcamnb" || strings.HasPrefix(inside, "gradcamnb/")
		if isPrivate(path) || ours && !looked || path == "embed" {
			return "" // the go command refuses it, or the source of the library's other packages is not looked at, nor are files
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil || !slices.Equal(files, []string{"main.go"}) {
		return ""
	}
	var texts []string
	for _, name := range []string{"main.go", "go.mod", "go.work"} {
		text, err := os.ReadFile(name)
		if err != nil {
			return ""
		}
		texts = append(texts, string(text))
	}
	program, mod, work := texts[0], texts[1], texts[2]
	others := strings.Replace(mod, "replace "+module+" => "+src+"\n", "", 1) // as GoNB writes it
	if strings.Contains(program, "//go:") || strings.Contains(others, "replace") || !usesOnly(work, src) {
		return "" // there are orders to the go command, or modules whose source may change
	}
	source, err := sourceState(src)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q", mod, work, source, goSettings()))
	return hex.EncodeToString(sum[:])
}

// isPrivate tells whether only some packages may import a package.
func isPrivate(path string) bool {
	parts := strings.Split(path, "/")
	return slices.Contains(parts, "internal") || slices.Contains(parts, "vendor")
}

// usesOnly tells whether a workspace has the modules of the working folder and of src, and no others.
func usesOnly(work, src string) bool {
	known := []string{"go", "toolchain", "use", "(", ")", ".", src}
	return !slices.ContainsFunc(strings.Fields(work), func(word string) bool {
		return !slices.Contains(known, word) && !versionWord.MatchString(word)
	})
}

var versionWord = regexp.MustCompile(`^(go)?\d[\d.]*$`)
