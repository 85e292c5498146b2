package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// module is this repository's module path.
const module = "github.com/gradcam-go/gradcam"

// home is the private folder that everything we build or download goes to.
type home string

// openHome is $GRADCAMNB_HOME, or gradcamnb in the user's cache folder.
func openHome() (home, error) {
	dir := os.Getenv("GRADCAMNB_HOME")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("finding a private folder: %w; name one in GRADCAMNB_HOME", err)
		}
		dir = filepath.Join(cache, "gradcamnb")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for _, d := range []string{dir, filepath.Join(dir, "bin"), filepath.Join(dir, "log")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return "", fmt.Errorf("making the private folder: %w", err)
		}
	}
	return home(dir), nil
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

// checkout is the folder of this module's source: cells use it, since no release
// of the module is published yet.
func checkout() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		return "", fmt.Errorf("the source of %s is not here: run this in a checkout of it", module)
	}
	return dir, nil
}
