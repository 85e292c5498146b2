package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/internal/atomicfile"
)

func demoCommand() *cobra.Command {
	var open bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Explain a real picture by a real model in a notebook; everything stays in a private folder",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			start := time.Now()
			h, err := openHome()
			if err != nil {
				return err
			}
			s, err := newSteps(h, "demo")
			if err != nil {
				return err
			}
			src, err := checkout()
			if err != nil {
				return err
			}
			if err := os.MkdirAll(h.join("demo"), 0o700); err != nil {
				return err
			}
			_, err = findPython()
			if errors.Is(err, errNoPython) {
				return demoWithoutPython(s, h, src)
			}
			j, err := demoInNotebook(s, h, src)
			if err != nil {
				return err
			}
			fmt.Printf("\nDone in %.0f s.\n", time.Since(start).Seconds())
			if open {
				return openLab(j, h, src)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&open, "open", false, "open the notebook in JupyterLab at the end")
	return c
}

// demoInNotebook executes the quickstart on the kernel, installed privately.
func demoInNotebook(s *steps, h home, src string) (jupyter, error) {
	j, found := findJupyter()
	if !found {
		err := s.do("installing JupyterLab privately", func() (err error) {
			j, err = privateJupyter(s, h, src)
			return err
		})
		if err != nil {
			return j, err
		}
	}
	if _, err := install(s, h, h.join("share", "jupyter"), ""); err != nil {
		return j, err
	}
	notebook, page, picture := h.join("demo", "quickstart.ipynb"), h.join("demo", "quickstart.html"), h.join("demo", "quickstart.png")
	env := []string{"JUPYTER_PATH=" + h.join("share", "jupyter")}
	err := s.do("executing notebooks/quickstart.ipynb", func() error {
		return s.run(env, src, j.python, "-m", "nbconvert", "--to", "notebook", "--execute", filepath.Join("notebooks", "quickstart.ipynb"), "--output-dir", h.join("demo"), "--output", "quickstart.ipynb")
	})
	if err != nil {
		return j, err
	}
	err = s.do("exporting it as HTML", func() error {
		return s.run(env, src, j.python, "-m", "nbconvert", "--to", "html", notebook, "--output-dir", h.join("demo"))
	})
	if err != nil {
		return j, err
	}
	if err := extractPicture(notebook, picture); err != nil {
		return j, err
	}
	fmt.Fprintf(s.out, `
  picture    %s
  notebook   %s
  HTML       %s

To open it in JupyterLab:   go run ./kernels/gonb-gradcam demo --open
To keep the kernel:         go run ./kernels/gonb-gradcam install
`, picture, notebook, page)
	return j, nil
}

// extractPicture takes the first picture out of an executed notebook.
func extractPicture(notebook, to string) error {
	data, err := os.ReadFile(notebook)
	if err != nil {
		return err
	}
	var nb struct {
		Cells []struct {
			Outputs []struct {
				Data map[string]any
			}
		}
	}
	if err := json.Unmarshal(data, &nb); err != nil {
		return fmt.Errorf("reading the executed notebook %s: %w", notebook, err)
	}
	for _, c := range nb.Cells {
		for _, o := range c.Outputs {
			if text, ok := o.Data["image/png"].(string); ok {
				png, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(text, "\n", ""))
				if err != nil {
					return fmt.Errorf("the picture in %s is damaged: %w", notebook, err)
				}
				return atomicfile.Write(to, png)
			}
		}
	}
	return fmt.Errorf("the executed notebook %s holds no picture", notebook)
}

// demoWithoutPython makes the same picture with the command line, and a page of it.
func demoWithoutPython(s *steps, h home, src string) error {
	out := h.join("demo", "explain")
	err := s.do("explaining the picture", func() error {
		return s.run(nil, src, "go", "run", "./gradcamnb/cmd/gradcam", "explain",
			"--model", filepath.Join("testdata", "models", "efficientnet-lite0.onnx"),
			"--image", filepath.Join("testdata", "images", "cat.png"), "--out", out)
	})
	if err != nil {
		return err
	}
	picture, page := filepath.Join(out, "overlay.png"), h.join("demo", "quickstart.html")
	png, err := os.ReadFile(picture)
	if err != nil {
		return err
	}
	title := "Why the model said \"Egyptian cat\""
	text := fmt.Sprintf("<!doctype html><meta charset=\"utf-8\"><title>%s</title><h1>%[1]s</h1><img alt=\"heatmap on the picture\" src=\"data:image/png;base64,%s\">\n",
		html.EscapeString(title), base64.StdEncoding.EncodeToString(png))
	if err := atomicfile.Write(page, []byte(text)); err != nil {
		return err
	}
	fmt.Fprintf(s.out, `
  picture    %s
  HTML       %s

Left out: the notebook. Python 3 is not installed, and Jupyter needs it.
`, picture, page)
	return nil
}

// openLab shows the executed notebook in JupyterLab and stays until it is closed.
func openLab(j jupyter, h home, src string) error {
	// The notebook names the model relative to notebooks/, so it is opened there.
	c := command(j.python, "-m", "jupyter", "lab", filepath.Join(src, "notebooks", "quickstart.ipynb"))
	c.Env = append(os.Environ(), "JUPYTER_PATH="+h.join("share", "jupyter"))
	if err := c.Run(); err != nil {
		return fmt.Errorf("JupyterLab: %w", err)
	}
	return nil
}
