//go:build unix

package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// These environment variables tell the shim which programs it replaces, and where the library's checkout is.
const (
	realGoEnv        = "GRADCAMNB_GO"
	realGoimportsEnv = "GRADCAMNB_GOIMPORTS"
	sourceEnv        = "GRADCAMNB_SOURCE"
)

// putShim puts this program into the private folder, under the names of the programs that GoNB runs for every cell; see
// [shim].
func putShim(h home) error {
	if err := os.MkdirAll(h.join("shim"), 0o700); err != nil {
		return fmt.Errorf("making the private folder: %w", err)
	}
	for _, name := range []string{"go", "goimports"} {
		link := h.join("shim", name)
		if to, err := os.Readlink(link); err == nil && to == h.bin("gonb-gradcam") {
			continue
		}
		_ = os.Remove(link) // it fails if there is none
		if err := os.Symlink(h.bin("gonb-gradcam"), link); err != nil {
			return fmt.Errorf("putting the shim of %s: %w", name, err)
		}
	}
	return nil
}

// addShim returns the environment of cells, with the shim first in PATH.
func addShim(h home, src string, env []string) ([]string, error) {
	if !exists(h.join("shim", "go")) {
		return env, nil
	}
	goBin, err := exec.LookPath("go")
	if err != nil {
		return nil, fmt.Errorf("finding the go command: %w", err)
	}
	path := h.join("shim") + string(os.PathListSeparator) + os.Getenv("PATH")
	return append(env, realGoEnv+"="+goBin, realGoimportsEnv+"="+h.bin("goimports"), sourceEnv+"="+src, "PATH="+path), nil
}

// isShim tells whether this program was called by the name of one that GoNB runs.
func isShim() bool {
	name := filepath.Base(os.Args[0])
	return (name == "go" || name == "goimports") && os.Getenv(realGoEnv) != ""
}

// shim runs the go command or goimports, without steps that cost a cell time and change nothing. It returns the exit
// code.
func shim() int {
	if filepath.Base(os.Args[0]) == "goimports" {
		return shimGoimports(os.Args[1:])
	}
	return shimGo(os.Args[1:])
}

// shimGo runs the go command. GoNB runs "go get" for every cell, which takes 0.3 s and is only of use for a new import.
// The linker collects garbage that would be freed at the end of its process anyway, so it is told not to.
func shimGo(args []string) int {
	switch {
	case len(args) > 1 && args[0] == recordName:
		return shimRecord(args[1:])
	case len(args) == 1 && args[0] == "get" && isSatisfied("main.go"):
		return 0
	case len(args) > 0 && args[0] == "build":
		if os.Getenv("GOGC") == "" {
			_ = os.Setenv("GOGC", "off") // the name and the value are valid
		}
		if linksItself(args) {
			if out, linked := buildWithin(args); linked {
				return 0
			} else if !strings.Contains(out, "/link:") {
				fmt.Fprint(os.Stderr, out)
				return 1
			}
		}
	}
	return become(os.Getenv(realGoEnv), append([]string{"go"}, args...))
}

// linksItself tells whether Go's own linker may link a cell's program. By default Go leaves a program with cgo to the C
// compiler, which takes 0.2 s longer. The flags must be ours, and nothing but the library may bring cgo.
func linksItself(args []string) bool {
	flagged := slices.ContainsFunc(args, func(a string) bool { return strings.Contains(a, "-ldflags") })
	return runtime.GOOS == "linux" && !flagged && slices.Contains(strings.Fields(os.Getenv("GOFLAGS")), linkerFlags) &&
		isSatisfied("main.go")
}

// buildWithin builds a cell's program with Go's own linker, and returns what the go command printed and whether it
// worked. If the program before was built from the same packages, the go command is not needed.
func buildWithin(args []string) (said string, built bool) {
	flags := []string{linkerFlags + " -linkmode=internal"}
	imports, err := importsOf("main.go")
	if program := argument(args, "-o"); err == nil && program != "" && len(args) == 3 {
		state := buildState(imports)
		if state != "" && buildAgain(state, imports, program) {
			return "", true
		}
		if flag, ok := recorder(); ok && state != "" {
			flags = append(flags, flag)
			_ = os.Setenv(stateEnv, state) // the name and the value are valid
		}
	}
	c := exec.Command(os.Getenv(realGoEnv), slices.Concat([]string{"build"}, flags, args[1:])...)
	out, err := c.CombinedOutput()
	return string(out), err == nil
}

// become runs a program in place of this one.
func become(program string, args []string) int {
	err := syscall.Exec(program, args, os.Environ())
	fmt.Fprintf(os.Stderr, "running %s: %v\n", program, err)
	return 1
}

// isSatisfied tells whether a cell's program imports only the standard library and packages that the library itself is
// built with, so that there is nothing to get.
func isSatisfied(file string) bool {
	imports, err := importsOf(file)
	return err == nil && !slices.ContainsFunc(imports, func(path string) bool {
		first, _, _ := strings.Cut(path, "/")
		ours := path == "github.com/janpfeifer/gonb/gonbui" || strings.HasPrefix(path, module+"/")
		return strings.Contains(first, ".") && !ours || path == "C"
	})
}

// importsOf returns the paths that a program imports.
func importsOf(file string) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, spec := range f.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}
