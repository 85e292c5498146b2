package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

var errNoPython = errors.New("no Python 3 is installed")

// findPython returns the path of a Python 3 that runs.
func findPython() (string, error) {
	for _, name := range []string{"python3", "python"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if python(path, "-c", "import sys; sys.exit(sys.version_info < (3, 9))").Run() == nil {
			return path, nil
		}
	}
	return "", errNoPython
}

// python returns a command that runs Python in the root folder and not in the user's current one. There Python would
// run any file that has the name of an imported module. Its option -I would prevent that, too, but would not find a
// Jupyter that the user has installed for herself.
func python(path string, args ...string) *exec.Cmd {
	c := exec.Command(path, args...)
	c.Dir = string(filepath.Separator)
	return c
}

// jupyter is a Python that has Jupyter, and the way to call it.
type jupyter struct{ python string }

// findJupyter returns the user's own Jupyter, if it can execute notebooks.
func findJupyter() (jupyter, bool) {
	if _, err := exec.LookPath("jupyter"); err != nil {
		return jupyter{}, false
	}
	path, err := findPython()
	if err != nil {
		return jupyter{}, false
	}
	// The modules are looked for and not imported, which would take seconds.
	const look = "import sys, importlib.util as u; sys.exit(not all(u.find_spec(m) for m in ('jupyterlab', 'nbclient', 'nbconvert')))"
	if python(path, "-c", look).Run() != nil {
		return jupyter{}, false
	}
	return jupyter{path}, true
}

// privateJupyter makes a virtual environment with the pinned Jupyter.
func privateJupyter(ctx context.Context, s *steps, h home, src string) (jupyter, error) {
	system, err := findPython()
	if err != nil {
		return jupyter{}, err
	}
	list := filepath.Join(src, "kernels", "gonb-gradcam", "requirements.txt")
	pins, err := os.ReadFile(list)
	if err != nil {
		return jupyter{}, fmt.Errorf("reading the pinned versions: %w", err)
	}
	venv := h.join("venv")
	j := jupyter{filepath.Join(venv, "bin", "python")}
	if runtime.GOOS == "windows" {
		j.python = filepath.Join(venv, "Scripts", "python.exe")
	}
	if err := h.checkTrusted(strings.TrimPrefix(j.python, string(h))); err != nil {
		return jupyter{}, err
	}
	err = h.doOnce("venv", string(pins)+system, []string{j.python}, func() error {
		if err := os.RemoveAll(venv); err != nil {
			return err
		}
		if err := s.run(ctx, nil, string(h), system, "-I", "-m", "venv", venv); err != nil {
			return err
		}
		return s.run(ctx, nil, string(h), j.python, "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
			"-r", list)
	})
	return j, err
}
