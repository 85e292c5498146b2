package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/onnxruntime"
	"github.com/gradcam-go/gradcam/internal/cli"
	privatehome "github.com/gradcam-go/gradcam/internal/home"
)

// finding is one line of the doctor's report.
type finding struct {
	What     string `json:"what"`
	Found    string `json:"found"`                // where it is or which version; empty if it is missing
	Required bool   `json:"required"`             // nothing works without it
	Get      string `json:"how_to_get,omitempty"` // what to do if it is missing
}

func doctorCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Show what is installed and what is missing, and how to get it",
		Args:  cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			h, err := findHome()
			if err != nil {
				return err
			}
			findings := examine(h)
			if asJSON {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetIndent("", "  ")
				if err := e.Encode(findings); err != nil {
					return err
				}
			} else {
				w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
				for _, f := range findings {
					fmt.Fprintln(w, f.line())
				}
				if err := w.Flush(); err != nil {
					return err
				}
			}
			for _, f := range findings {
				if f.Required && f.Found == "" {
					return errors.New("something that is required is missing")
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (f finding) line() string {
	if f.Found != "" {
		return fmt.Sprintf("ok\t%s\t%s", f.What, f.Found)
	}
	return fmt.Sprintf("missing\t%s\t%s", f.What, f.Get)
}

func examine(h home) []finding {
	plugins := findPlugins(h, os.LookupEnv)
	getPlugin := "go run ./kernels/gonb-gradcam install --xla; without one everything runs in pure Go"
	if path, set := os.LookupEnv(privatehome.PluginEnv); set { // what is installed is not looked at
		getPlugin = fmt.Sprintf("there is none in %q, which %s names: name its folder there, or unset the variable", path, privatehome.PluginEnv)
	}
	ort, err := onnxruntime.Library()
	getORT := "go run ./kernels/gonb-gradcam install --onnxruntime; all other files need none"
	if err != nil && os.Getenv(onnxruntime.LibraryEnv) != "" {
		getORT = err.Error() // what is installed is not looked at
	}
	build := "go run ./kernels/gonb-gradcam install builds it"
	return []finding{
		{What: "go", Found: version("go", "version"), Required: true, Get: "install Go 1.26 or newer"},
		{What: "C compiler (for XLA)", Found: firstProgram(os.Getenv("CC"), "gcc", "clang", "cc"),
			Get: "install gcc or clang; without one everything runs in pure Go"},
		{What: "gonb", Found: findProgram(h, "gonb"), Get: build},
		{What: "goimports", Found: findProgram(h, "goimports"), Get: build},
		{What: "gopls (completion and hover in cells)", Found: findProgram(h, "gopls"),
			Get: "go run ./kernels/gonb-gradcam install --gopls"},
		{What: "python", Found: version("python3", "--version"), Get: "install Python 3.9 or newer; Jupyter needs it"},
		{What: "jupyter", Found: jupyterFound(h),
			Get: "pip install jupyterlab; go run ./kernels/gonb-gradcam demo does it privately"},
		{What: `kernel "Go (Grad-CAM)"`, Found: installedSpec(h), Get: "go run ./kernels/gonb-gradcam install"},
		{What: "PJRT plugin (XLA)", Found: strings.Join(plugins, ", "), Get: getPlugin},
		{What: "onnxruntime (files without a graph)", Found: ort, Get: getORT},
		{What: "GPU", Found: gpu(),
			Get: "no NVIDIA device; with one, the PJRT plugin of jax-cuda13-pjrt serves the backend xla:cuda"},
	}
}

// version returns the first line of a program's words about its version.
func version(name string, args ...string) string {
	c := exec.Command(name, args...)
	c.Dir = string(filepath.Separator) // so that nothing in the current folder is run
	out, err := c.Output()
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
}

func firstProgram(names ...string) string {
	for _, n := range names {
		if path, err := exec.LookPath(n); n != "" && err == nil {
			return path
		}
	}
	return ""
}

// findProgram returns a program in the private folder, or else on PATH.
func findProgram(h home, name string) string {
	if exists(h.bin(name)) {
		return h.bin(name)
	}
	return firstProgram(name)
}

func jupyterFound(h home) string {
	if j, ok := findJupyter(); ok {
		return "with " + j.python
	}
	if exists(h.join("stamps", "venv")) {
		return "private, in " + h.join("venv")
	}
	return ""
}

// installedSpec returns the kernelspec's folder, if the program that it names exists.
func installedSpec(h home) string {
	user, err := userData()
	if err != nil {
		return ""
	}
	places := []string{user, h.join("jupyter")}
	if env := os.Getenv("VIRTUAL_ENV"); env != "" {
		places = append(places, filepath.Join(env, "share", "jupyter"))
	}
	if j, ok := findJupyter(); ok {
		places = append(places, filepath.Join(filepath.Dir(filepath.Dir(j.python)), "share", "jupyter"))
	}
	for _, data := range places {
		text, err := os.ReadFile(filepath.Join(specDir(data), "kernel.json"))
		if err != nil {
			continue
		}
		var s kernelspec
		if json.Unmarshal(text, &s) == nil && len(s.Argv) > 0 && exists(s.Argv[0]) {
			return specDir(data)
		}
	}
	return ""
}

func gpu() string {
	if exists("/dev/nvidia0") {
		if v := version("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"); v != "" {
			return v
		}
		return "/dev/nvidia0"
	}
	return ""
}
