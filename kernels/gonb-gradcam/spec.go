package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gradcam-go/gradcam/internal/atomicfile"
)

// kernelName is the name of the kernel in notebooks.
const kernelName = "gonb-gradcam"

var (
	//go:embed logo-svg.svg
	logoSVG []byte
	//go:embed logo-64x64.png
	logoPNG []byte
)

// kernelspec is Jupyter's kernel.json.
type kernelspec struct {
	Argv          []string          `json:"argv"`
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode"`
	Env           map[string]string `json:"env"`
}

// newSpec returns the kernelspec: Jupyter starts our launcher, which runs gonb. The launcher gets all that it must know
// as arguments, since Jupyter may be started from anywhere, and with another environment than today's.
func newSpec(h home, src, goBin, backend string) kernelspec {
	argv := []string{h.bin("gonb-gradcam"), "launch", "--home", string(h), "--source", src, "--go", goBin}
	if backend != "" {
		argv = append(argv, "--backend", backend)
	}
	return kernelspec{
		Argv:          append(argv, "--kernel", "{connection_file}"),
		DisplayName:   "Go (Grad-CAM)",
		Language:      "go",
		InterruptMode: "message",
		Env:           map[string]string{},
	}
}

// writeSpec installs the kernelspec into a Jupyter data folder.
func writeSpec(data string, s kernelspec) (string, error) {
	dir := specDir(data)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("installing the kernel: %w", err)
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return "", err
	}
	return dir, errors.Join(
		atomicfile.Write(filepath.Join(dir, "kernel.json"), append(text, '\n')),
		atomicfile.Write(filepath.Join(dir, "logo-svg.svg"), logoSVG),
		atomicfile.Write(filepath.Join(dir, "logo-64x64.png"), logoPNG),
	)
}

// removeSpec removes the files that writeSpec wrote, and the folder if it holds nothing else.
func removeSpec(dir string) error {
	for _, name := range []string{"kernel.json", "logo-svg.svg", "logo-64x64.png"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return os.Remove(dir)
}

func specDir(data string) string { return filepath.Join(data, "kernels", kernelName) }

// userData returns the user's data folder of Jupyter (jupyter_core, jupyter_data_dir).
func userData() (string, error) {
	if dir := os.Getenv("JUPYTER_DATA_DIR"); dir != "" {
		return dir, nil
	}
	user, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("finding Jupyter's folder: %w; name it in JUPYTER_DATA_DIR", err)
	}
	switch runtime.GOOS {
	case "darwin":
		return filepath.Join(user, "Library", "Jupyter"), nil
	case "windows":
		if dir := os.Getenv("APPDATA"); dir != "" {
			return filepath.Join(dir, "jupyter"), nil
		}
	}
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "jupyter"), nil
	}
	return filepath.Join(user, ".local", "share", "jupyter"), nil
}

// dataFolder returns the data folder to install into: the user's, or that of a prefix.
func dataFolder(prefix string) (string, error) {
	if prefix != "" {
		return filepath.Join(prefix, "share", "jupyter"), nil
	}
	return userData()
}
