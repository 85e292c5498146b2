package main

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"

	"github.com/gradcam-go/gradcam/internal/atomicfile"
)

// buildTools builds gonb and goimports, and copies this program, which Jupyter starts, into the same folder.
func buildTools(ctx context.Context, s *steps, h home, src string) error {
	if err := s.buildPinned(ctx, h, src, "tools", "github.com/janpfeifer/gonb",
		"golang.org/x/tools/cmd/goimports"); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	if err := copyProgram(self, h.bin("gonb-gradcam")); err != nil {
		return err
	}
	return putShim(h)
}

// buildGopls builds gopls, which GoNB uses for completion and for the text shown on hover.
func buildGopls(ctx context.Context, s *steps, h home) error {
	src, err := checkout(ctx)
	if err != nil {
		return err
	}
	return s.buildPinned(ctx, h, src, "gopls", "golang.org/x/tools/gopls")
}

// buildPinned builds programs at the versions of tools/go.mod, unless that has been done before.
func (s *steps) buildPinned(ctx context.Context, h home, src, stamp string, packages ...string) error {
	tools := filepath.Join(src, "kernels", "gonb-gradcam", "tools")
	pins, err := os.ReadFile(filepath.Join(tools, "go.mod"))
	if err != nil {
		return fmt.Errorf("reading the pinned versions: %w", err)
	}
	var makes []string
	for _, p := range packages {
		makes = append(makes, h.bin(path.Base(p)))
	}
	return h.doOnce(stamp, string(pins)+runtime.Version(), makes, func() error {
		return s.run(ctx, []string{"GOWORK=off"}, tools, "go",
			append([]string{"build", "-o", h.join("bin") + string(filepath.Separator)}, packages...)...)
	})
}

// copyProgram puts a program in its place as a whole. A running old program keeps running.
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

// warm compiles what every cell links, with the flags that cells use, so that the first cell is about as quick as the
// next. Go's build cache keeps it.
func warm(ctx context.Context, s *steps, src string) error {
	flags, err := userFlags(ctx)
	if err != nil {
		return err
	}
	return s.run(ctx, []string{"GOWORK=off", "GOFLAGS=" + cellFlags(flags)}, src, "go", "build", "-o", os.DevNull,
		"./kernels/gonb-gradcam/warm")
}
