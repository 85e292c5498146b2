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
	"github.com/gradcam-go/gradcam/internal/private"
)

// module is this repository's module path.
const module = "github.com/gradcam-go/gradcam"

// home is the private folder of everything that we build or download:
//
//	bin/            gonb, goimports, gopls, gradcam and this program
//	shim/           this program as the go command and goimports of cells
//	pjrt/           the PJRT plugin of install --xla
//	onnxruntime/    the library of install --onnxruntime
//	venv/           the demo's Jupyter
//	jupyter/        the demo's Jupyter data, configuration and run-time files
//	demo/           what the demo made
//	log/, stamps/   what the programs printed, and what needs not be done again
//	programs/       what XLA compiled, by the engine
type home string

// findHome returns the path of the private folder, which need not exist.
func findHome() (home, error) {
	dir, err := privatehome.Dir()
	return home(dir), err
}

// openHome returns the private folder, and makes and marks it if it does not exist. A folder that exists must have been
// made by us, and nobody else may be able to change it.
func openHome() (home, error) {
	closeUmask() // programs that are built and downloaded will be run
	f, err := privatehome.Open()
	if err != nil {
		return "", err
	}
	if err := errors.Join(f.Make("bin", "demo", "log", "stamps"), f.Close()); err != nil {
		return "", fmt.Errorf("making the private folder: %w; name another one in GRADCAMNB_HOME", err)
	}
	return home(f.Path()), nil
}

// checkTrusted returns an error if somebody else could have put one of the named files into the private folder, or
// could change it. A missing file is reported by whoever needs it.
func (h home) checkTrusted(names ...string) error {
	for _, name := range names {
		if err := private.Check(h.join(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("what the kernel runs is not safe: %w", err)
		}
	}
	return nil
}

func (h home) join(elem ...string) string {
	return filepath.Join(append([]string{string(h)}, elem...)...)
}

// bin returns the path of a program of ours.
func (h home) bin(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return h.join("bin", name)
}

// doOnce does work that makes the named files, unless they exist and a stamp says that they were made for the same key.
func (h home) doOnce(name, key string, makes []string, work func() error) error {
	stamp := h.join("stamps", name)
	sum := sha256.Sum256([]byte(key))
	want := hex.EncodeToString(sum[:])
	if err := h.checkTrusted(filepath.Join("stamps", name)); err != nil {
		return err
	}
	have, err := os.ReadFile(stamp)
	if err == nil && string(have) == want && !slices.ContainsFunc(makes, isMissing) {
		return nil
	}
	if err := work(); err != nil {
		return err
	}
	for _, made := range makes { // whatever the umask is now
		if err := closeToOthers(made); err != nil {
			return err
		}
	}
	if err := atomicfile.Write(stamp, []byte(want)); err != nil {
		return err
	}
	return closeToOthers(stamp)
}

// closeToOthers removes everybody's right to write to a file, except the user's.
func closeToOthers(file string) error {
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm()&0o022 == 0 {
		return err
	}
	return os.Chmod(file, info.Mode().Perm()&^0o022)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func isMissing(path string) bool { return !exists(path) }

// checkout returns the folder of this module's source. Cells use it, since no release of the module has been published
// yet.
func checkout(ctx context.Context) (string, error) {
	c := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module)
	c.Env = append(os.Environ(), "GOPROXY=off") // it is not looked for elsewhere
	out, err := c.Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		return "", fmt.Errorf("the source of %s is not here: run this in a checkout of it", module)
	}
	if strings.Contains(dir, ",") {
		return "", fmt.Errorf("the folder %q has a comma in its name, which gonb takes for two folders: move the checkout",
			dir)
	}
	return dir, nil
}
