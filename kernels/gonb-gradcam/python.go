package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

var errNoPython = errors.New("no Python 3 is installed")

// findPython is a Python 3 that runs.
func findPython() (string, error) {
	for _, name := range []string{"python3", "python"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if exec.Command(path, "-c", "import sys; sys.exit(sys.version_info < (3, 9))").Run() == nil {
			return path, nil
		}
	}
	return "", errNoPython
}

// jupyter is a Python that has Jupyter, and how to call it.
type jupyter struct{ python string }

// findJupyter is the user's own Jupyter, if it can execute notebooks.
func findJupyter() (jupyter, bool) {
	if _, err := exec.LookPath("jupyter"); err != nil {
		return jupyter{}, false
	}
	python, err := findPython()
	if err != nil {
		return jupyter{}, false
	}
	if exec.Command(python, "-c", "import jupyterlab, nbclient, nbconvert").Run() != nil {
		return jupyter{}, false
	}
	return jupyter{python}, true
}

// privateJupyter makes a virtual environment with the pinned Jupyter.
func privateJupyter(ctx context.Context, s *steps, h home, src string) (jupyter, error) {
	python, err := findPython()
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
	err = h.once("venv", string(pins)+python, []string{j.python}, func() error {
		if err := os.RemoveAll(venv); err != nil {
			return err
		}
		if err := s.run(ctx, nil, "", python, "-m", "venv", venv); err != nil {
			return err
		}
		return s.run(ctx, nil, "", j.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", list)
	})
	return j, err
}
