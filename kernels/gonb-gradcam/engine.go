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

// buildEngine builds the command gradcam, which as "gradcam serve" is the resident
// engine of the kernel, unless it was built from the same source already.
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

// vectors has pure Go multiply matrices with the processor's vector instructions, which is an experiment of Go 1.26 for
// amd64: ResNet-50 takes a quarter of the time. It is nothing if the go command does not know the experiment, or if the
// user chose experiments of their own.
func vectors(src string) []string {
	env := []string{"GOEXPERIMENT=simd"}
	if runtime.GOARCH != "amd64" || os.Getenv("GOEXPERIMENT") != "" || quietly(env, src, "go", "version") != nil {
		return nil
	}
	return env
}

// sourceState changes with the source that the engine is built from. It looks at sizes
// and times, not into the files: a kernel does it every time that it starts.
func sourceState(src string) (string, error) {
	h := sha256.New()
	for _, part := range []string{"go.mod", "go.sum", "gradcamnb", "internal"} {
		err := filepath.WalkDir(filepath.Join(src, part), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
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

// quietly runs a program whose output is only looked at when it fails.
func quietly(env []string, dir, name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Env, c.Dir = append(os.Environ(), env...), dir
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(c.Args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
