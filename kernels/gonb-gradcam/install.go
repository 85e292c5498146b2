package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/internal/cli"
)

func installCommand() *cobra.Command {
	var prefix, backend string
	var xla, ort, gopls bool
	c := &cobra.Command{
		Use:   "install",
		Short: "Install the kernel for your Jupyter, or into a prefix",
		Args:  cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			h, err := openHome()
			if err != nil {
				return err
			}
			data, err := dataFolder(prefix)
			if err != nil {
				return err
			}
			s, err := newSteps(h, "install")
			if err != nil {
				return err
			}
			if xla {
				if err := s.do("fetching the PJRT plugin for XLA on CPU",
					func() error { return pjrtWheel.fetch(c.Context(), s, h) }); err != nil {
					return err
				}
			}
			if ort {
				if err := s.do("fetching onnxruntime's library",
					func() error { return ortWheel.fetch(c.Context(), s, h) }); err != nil {
					return err
				}
			}
			if gopls {
				if err := s.do("building gopls, which takes a minute or two",
					func() error { return buildGopls(c.Context(), s, h) }); err != nil {
					return err
				}
			}
			dir, err := install(c.Context(), s, h, data, backend)
			if err != nil {
				return err
			}
			fmt.Fprintf(s.out, "\nThe kernel \"Go (Grad-CAM)\" is installed in %s.\n%s\n", dir, nextSteps())
			return nil
		},
	}
	c.Flags().Bool("user", true, "install for you alone (the default)")
	c.Flags().StringVar(&prefix, "prefix", "", "install into PREFIX/share/jupyter, e.g. of a virtual environment")
	c.Flags().StringVar(&backend, "backend", "",
		"backend that notebooks compute on (default: XLA if a PJRT plugin is installed, else pure Go)")
	c.Flags().BoolVar(&xla, "xla", false, "also download the pinned PJRT plugin for XLA on CPU (60 MB, with pip)")
	c.Flags().BoolVar(&ort, "onnxruntime", false,
		"also download the pinned library of onnxruntime, for files whose graph cannot be written (28 MB, with pip)")
	c.Flags().BoolVar(&gopls, "gopls", false, "also build the pinned gopls, for completion and hover in cells")
	return c
}

// nextSteps returns words that say how to open a notebook.
func nextSteps() string {
	if _, found := findJupyter(); found {
		return "Try it: jupyter lab notebooks/quickstart.ipynb"
	}
	return "No JupyterLab was found on the PATH. Install it (pip install jupyterlab), or take a private one:\n" +
		"go run ./kernels/gonb-gradcam demo --open"
}

// install builds what the kernel needs, and writes the kernelspec into a data folder of Jupyter.
func install(ctx context.Context, s *steps, h home, data, backend string) (string, error) {
	src, err := checkout(ctx)
	if err != nil {
		return "", err
	}
	goBin, err := exec.LookPath("go")
	if err != nil {
		return "", fmt.Errorf("finding the go command: %w", err)
	}
	if err := s.do("building gonb and goimports", func() error { return buildTools(ctx, s, h, src) }); err != nil {
		return "", err
	}
	err = s.do("building the engine", func() error {
		return buildEngine(h, src, func(env []string, dir, name string, args ...string) error {
			return s.run(ctx, env, dir, name, args...)
		})
	})
	if err != nil {
		return "", err
	}
	if err := s.do("compiling the library once, so that cells are quick",
		func() error { return warm(ctx, s, src) }); err != nil {
		return "", err
	}
	var dir string
	err = s.do("installing the kernel", func() (err error) {
		dir, err = writeSpec(data, newSpec(h, src, filepath.Dir(goBin), backend))
		return err
	})
	return dir, err
}

func uninstallCommand() *cobra.Command {
	var prefix string
	var all bool
	c := &cobra.Command{
		Use:   "uninstall",
		Short: "Remove the kernel",
		Args:  cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			data, err := dataFolder(prefix)
			if err != nil {
				return err
			}
			dir := specDir(data)
			if !exists(dir) {
				return fmt.Errorf("the kernel is not installed in %s", dir)
			}
			if err := removeSpec(dir); err != nil {
				return fmt.Errorf("removing the kernel: %w", err)
			}
			fmt.Fprintln(c.OutOrStdout(), "removed", dir)
			if !all {
				return nil
			}
			h, err := findHome()
			if err != nil {
				return err
			}
			if err := h.remove(); err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), "removed", h)
			return nil
		},
	}
	c.Flags().StringVar(&prefix, "prefix", "", "the prefix that it was installed into")
	c.Flags().BoolVar(&all, "all", false, "also remove the private folder with what was built and downloaded")
	return c
}
