//go:build unix

package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// realGoEnv tells the shim where the go command is.
const realGoEnv = "GRADCAMNB_GO"

// putShim puts this program into the private folder under the name go, which cells' builds
// then go through; see [shim].
func putShim(h home) error {
	if err := os.MkdirAll(h.join("shim"), 0o700); err != nil {
		return fmt.Errorf("making the private folder: %w", err)
	}
	link := h.join("shim", "go")
	if to, err := os.Readlink(link); err == nil && to == h.bin("gonb-gradcam") {
		return nil
	}
	_ = os.Remove(link) // fails where there is none
	if err := os.Symlink(h.bin("gonb-gradcam"), link); err != nil {
		return fmt.Errorf("putting the shim of the go command: %w", err)
	}
	return nil
}

// shimmed is the environment of cells with the shim first in PATH.
func shimmed(h home, env []string) ([]string, error) {
	if !exists(h.join("shim", "go")) {
		return env, nil
	}
	goBin, err := exec.LookPath("go")
	if err != nil {
		return nil, fmt.Errorf("finding the go command: %w", err)
	}
	path := h.join("shim") + string(os.PathListSeparator) + os.Getenv("PATH")
	return append(env, realGoEnv+"="+goBin, "PATH="+path), nil
}

// isShim tells whether this program was called as the go command.
func isShim() bool { return filepath.Base(os.Args[0]) == "go" && os.Getenv(realGoEnv) != "" }

// shim is the go command without what costs a cell time and changes nothing: GoNB runs
// "go get" for every cell, 0.3 s that are only of use where an import is new, and the
// linker collects garbage that the end of its process frees.
func shim() int {
	args := os.Args[1:]
	if len(args) == 1 && args[0] == "get" && satisfied("main.go") {
		return 0
	}
	env := os.Environ()
	if len(args) > 0 && args[0] == "build" && os.Getenv("GOGC") == "" {
		env = append(env, "GOGC=off")
	}
	err := syscall.Exec(os.Getenv(realGoEnv), append([]string{"go"}, args...), env)
	fmt.Fprintf(os.Stderr, "running the go command, %s: %v\n", os.Getenv(realGoEnv), err)
	return 1
}

// satisfied tells whether a cell's program imports nothing but the standard library and
// packages that the library itself is built with, so that there is nothing to get.
func satisfied(file string) bool {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return false
	}
	for _, spec := range f.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return false
		}
		first, _, _ := strings.Cut(path, "/")
		ours := path == "github.com/janpfeifer/gonb/gonbui" || strings.HasPrefix(path, module+"/")
		if strings.Contains(first, ".") && !ours {
			return false
		}
	}
	return true
}
