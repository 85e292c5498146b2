package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gradcam-go/gradcam/internal/atomicfile"
)

// stamped does work once for everything that the key names: a stamp in the
// private folder remembers it.
func (h home) stamped(name, key string, work func() error) error {
	path := h.join(name + ".stamp")
	sum := sha256.Sum256([]byte(key))
	want := hex.EncodeToString(sum[:])
	if have, err := os.ReadFile(path); err == nil && string(have) == want {
		return nil
	}
	if err := work(); err != nil {
		return err
	}
	return atomicfile.Write(path, []byte(want))
}

// buildTools builds gonb and goimports, pinned in tools/go.mod, and this program
// itself, which is what Jupyter launches.
func buildTools(s *steps, h home, src string) error {
	tools := filepath.Join(src, "kernels", "gonb-gradcam", "tools")
	pins, err := os.ReadFile(filepath.Join(tools, "go.mod"))
	if err != nil {
		return fmt.Errorf("reading the pinned versions: %w", err)
	}
	err = h.stamped("tools", string(pins)+runtime.Version(), func() error {
		return s.run([]string{"GOWORK=off", "GOFLAGS="}, tools, "go", "build", "-o", h.join("bin")+string(filepath.Separator),
			"github.com/janpfeifer/gonb", "golang.org/x/tools/cmd/goimports")
	})
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return copyProgram(self, h.bin("gonb-gradcam"))
}

func copyProgram(from, to string) error {
	if from == to {
		return nil
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("copying the launcher: %w", err)
	}
	if err := atomicfile.Write(to, data); err != nil {
		return err
	}
	return os.Chmod(to, 0o755)
}

// warm compiles once what every cell links, with the flags that cells use, so
// that the first cell is as quick as the next.
func warm(s *steps, h home, src string) error {
	return s.run([]string{"GOFLAGS=" + cellFlags(os.Getenv("GOFLAGS"))}, src, "go", "build", "-o", h.join("warm.out"), "./kernels/gonb-gradcam/warm")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
