package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/internal/atomicfile"
	privatehome "github.com/gradcam-go/gradcam/internal/home"
)

// module is this repository's module path.
const module = "github.com/gradcam-go/gradcam"

// home is the private folder that everything we build or download goes to:
//
//	bin/            gonb, goimports, gopls, gradcam and this program
//	shim/           this program as the go command and goimports of cells
//	pjrt/           the PJRT plugin of install --xla
//	venv/           the demo's Jupyter
//	jupyter/        the demo's Jupyter data, configuration and run-time files
//	demo/           what the demo made
//	log/, stamps/   what the programs printed, and what needs not be done again
//	programs/       what XLA compiled, by the engine
type home string

// parts of the private folder; nothing else in it is ours.
var parts = []string{"bin", "shim", "pjrt", "venv", "jupyter", "demo", "log", "stamps", "programs"}

// findHome is where the private folder is, or would be.
func findHome() (home, error) {
	dir, err := privatehome.Dir()
	return home(dir), err
}

// openHome is findHome with the folder made.
func openHome() (home, error) {
	h, err := findHome()
	if err != nil {
		return "", err
	}
	for _, part := range []string{"bin", "demo", "log", "stamps"} {
		if err := os.MkdirAll(h.join(part), 0o700); err != nil {
			return "", fmt.Errorf("making the private folder: %w; name another one in GRADCAMNB_HOME", err)
		}
	}
	return h, nil
}

// remove removes the private folder, but nothing in it that is not ours.
func (h home) remove() error {
	for _, part := range parts {
		if err := os.RemoveAll(h.join(part)); err != nil {
			return fmt.Errorf("removing the private folder: %w", err)
		}
	}
	if err := os.Remove(string(h)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the private folder holds something else and stays: %w", err)
	}
	return nil
}

func (h home) join(elem ...string) string {
	return filepath.Join(append([]string{string(h)}, elem...)...)
}

// bin is the path of a program of ours.
func (h home) bin(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return h.join("bin", name)
}

// once does work that makes the given files, unless they are there and a stamp
// says that they were made for the same key.
func (h home) once(name, key string, makes []string, work func() error) error {
	stamp := h.join("stamps", name)
	sum := sha256.Sum256([]byte(key))
	want := hex.EncodeToString(sum[:])
	have, err := os.ReadFile(stamp)
	if err == nil && string(have) == want && !slices.ContainsFunc(makes, missing) {
		return nil
	}
	if err := work(); err != nil {
		return err
	}
	return atomicfile.Write(stamp, []byte(want))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func missing(path string) bool { return !exists(path) }

// checkout is the folder of this module's source: cells use it, since no release
// of the module is published yet.
func checkout(ctx context.Context) (string, error) {
	c := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module)
	c.Env = append(os.Environ(), "GOPROXY=off") // what is not here is not looked for elsewhere
	out, err := c.Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		return "", fmt.Errorf("the source of %s is not here: run this in a checkout of it", module)
	}
	if strings.Contains(dir, ",") {
		return "", fmt.Errorf("the folder %q has a comma in its name, which gonb takes for two folders: move the checkout", dir)
	}
	return dir, nil
}
