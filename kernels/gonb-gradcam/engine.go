package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// buildEngine builds the command gradcam, unless it was already built from the same source. "gradcam serve" is the
// resident engine of the kernel.
func buildEngine(h home, src string, run func(env []string, dir, name string, args ...string) error) error {
	source, err := sourceState(src)
	if err != nil {
		return err
	}
	env := vectors(src)
	made := source + runtime.Version() + strings.Join(env, " ")
	return h.doOnce("engine", made, []string{h.bin("gradcam")}, func() error {
		return run(append(env, "GOWORK=off"), src, "go", "build", "-ldflags=-s", "-o", h.bin("gradcam"),
			"./gradcamnb/cmd/gradcam")
	})
}

// vectors returns the environment that makes pure Go multiply matrices with the processor's vector instructions, an
// experiment of Go 1.26 for amd64: ResNet-50 takes a quarter of the time. It returns nothing if the go command does not
// know the experiment, or if the user has chosen experiments.
func vectors(src string) []string {
	env := []string{"GOEXPERIMENT=simd"}
	if runtime.GOARCH != "amd64" || os.Getenv("GOEXPERIMENT") != "" || quietly(env, src, "go", "version") != nil {
		return nil
	}
	return env
}

// sourceState returns a text that changes with the source of the engine. It looks at the sizes and times of files and
// does not read them, because a kernel calls it at every start.
func sourceState(src string) (string, error) {
	h := sha256.New()
	for _, part := range []string{"go.mod", "go.sum", "gradcamnb", "internal"} {
		err := filepath.WalkDir(filepath.Join(src, part), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err == nil && d.IsDir() && d.Name() == "__pycache__": // Python writes it while tests run
				return filepath.SkipDir
			case err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go"):
				return err
			}
			info, err := d.Info()
			if err == nil {
				fmt.Fprintln(h, path, info.Size(), info.ModTime().UnixNano())
			}
			return err
		})
		if err != nil {
			return "", fmt.Errorf("looking at the source of the library: %w", err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// quietly runs a program, and shows its output only if it fails.
func quietly(env []string, dir, name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Env, c.Dir = append(os.Environ(), env...), dir
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(c.Args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
