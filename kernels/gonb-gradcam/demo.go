package main

import (
	"context"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/cli"
)

// executePy executes a notebook, and writes it, its page and its picture.
//
//go:embed execute.py
var executePy string

func demoCommand() *cobra.Command {
	var open bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Explain a real picture by a real model in a notebook; everything stays in a private folder",
		Args:  cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			start := time.Now()
			d, err := newDemo(c.Context())
			if err != nil {
				return err
			}
			if _, err := findPython(); errors.Is(err, errNoPython) {
				return d.drawWithoutPython()
			}
			if err := d.runNotebook(); err != nil {
				return err
			}
			fmt.Fprintf(d.s.out, "\nDone in %.0f s.\n", time.Since(start).Seconds())
			if open {
				return d.openLab()
			}
			return nil
		},
	}
	c.Flags().BoolVar(&open, "open", false, "open the notebook in JupyterLab at the end")
	return c
}

// demo makes the quickstart's picture in the private folder.
type demo struct {
	ctx     context.Context
	s       *steps
	h       home
	src     string
	jupyter jupyter
}

func newDemo(ctx context.Context) (*demo, error) {
	h, err := openHome()
	if err != nil {
		return nil, err
	}
	s, err := newSteps(h, "demo")
	if err != nil {
		return nil, err
	}
	src, err := checkout(ctx)
	return &demo{ctx: ctx, s: s, h: h, src: src}, err
}

// environment makes Jupyter find the kernel in the private folder.
func (d *demo) environment() []string { return []string{"JUPYTER_PATH=" + d.h.join("jupyter")} }

// runNotebook executes the quickstart with the kernel, which is installed privately.
func (d *demo) runNotebook() (err error) {
	var found bool
	if d.jupyter, found = findJupyter(); !found {
		err = d.s.do("installing JupyterLab privately", func() (err error) {
			d.jupyter, err = privateJupyter(d.ctx, d.s, d.h, d.src)
			return err
		})
		if err != nil {
			return err
		}
	}
	if _, err := install(d.ctx, d.s, d.h, d.h.join("jupyter"), ""); err != nil {
		return err
	}
	folder := d.h.join("demo")
	err = d.s.do("executing notebooks/quickstart.ipynb", func() error {
		return d.s.run(d.ctx, d.environment(), folder, d.jupyter.python, "-c", executePy,
			filepath.Join(d.src, "notebooks", "quickstart.ipynb"), folder, "absolute")
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(d.s.out, `
  picture    %s
  notebook   %s
  HTML       %s

To open it in JupyterLab:   go run ./kernels/gonb-gradcam demo --open
To keep the kernel:         go run ./kernels/gonb-gradcam install
`, filepath.Join(folder, "quickstart.png"), filepath.Join(folder, "quickstart.ipynb"),
		filepath.Join(folder, "quickstart.html"))
	return nil
}

// drawWithoutPython makes the same picture with the command line, and a page with it.
func (d *demo) drawWithoutPython() error {
	out := d.h.join("demo", "explain")
	err := d.s.do("explaining the picture", func() error {
		return d.s.run(d.ctx, nil, d.src, "go", "run", "./gradcamnb/cmd/gradcam", "explain",
			"--model", filepath.Join("testdata", "models", "efficientnet-lite0.onnx"),
			"--image", filepath.Join("testdata", "images", "cat.png"), "--out", out)
	})
	if err != nil {
		return err
	}
	picture, page := filepath.Join(out, "overlay.png"), d.h.join("demo", "quickstart.html")
	png, err := os.ReadFile(picture)
	if err != nil {
		return fmt.Errorf("reading the picture: %w", err)
	}
	const text = `<!doctype html><meta charset="utf-8"><title>Grad-CAM</title><img alt="heatmap on the picture" src="data:image/png;base64,%s">
`
	if err := atomicfile.Write(page, fmt.Appendf(nil, text, base64.StdEncoding.EncodeToString(png))); err != nil {
		return err
	}
	fmt.Fprintf(d.s.out, `
  picture    %s
  HTML       %s

Left out: the notebook. Python 3 is not installed, and Jupyter needs it.
`, picture, page)
	return nil
}

// openLab shows the notebook in JupyterLab and waits until that is closed. It shows the copy in the private folder,
// where Jupyter may save it. Python runs in the private folder, too; see [python].
func (d *demo) openLab() error {
	args := []string{"-m", "jupyter", "lab", d.h.join("demo", "quickstart.ipynb")}
	if os.Geteuid() == 0 { // in a container; JupyterLab refuses root unless a flag allows it
		args = append(args, "--allow-root")
	}
	c := exec.CommandContext(d.ctx, d.jupyter.python, args...)
	c.Env, c.Dir = append(os.Environ(), d.environment()...), string(d.h)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 10 * time.Second
	if err := c.Run(); err != nil && d.ctx.Err() == nil { // Ctrl-C is the usual way to leave it
		return fmt.Errorf("JupyterLab: %w", err)
	}
	return nil
}
