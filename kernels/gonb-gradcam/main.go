// Command gonb-gradcam is the Jupyter kernel "Go (Grad-CAM)": its installer, its
// launcher, a doctor and a demo.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// usage is an error in how the command was called; it ends with exit code 2.
type usage struct{ error }

func main() { os.Exit(run(os.Args[1:])) }

// run is the command: 0, or 1 where it failed, or 2 where it was called wrongly.
// The launcher ends as the kernel ended.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := command()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var kernel *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &kernel) && kernel.ExitCode() > 0:
		return kernel.ExitCode()
	}
	fmt.Fprintln(os.Stderr, "gonb-gradcam:", err)
	if errors.As(err, &usage{}) {
		return 2
	}
	return 1
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:           "gonb-gradcam",
		Short:         `The Jupyter kernel "Go (Grad-CAM)"`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(demoCommand(), installCommand(), uninstallCommand(), doctorCommand(), launchCommand())
	return root
}

func noArguments(c *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case c.HasSubCommands():
		return usage{fmt.Errorf("there is no command %q; see gonb-gradcam --help", args[0])}
	}
	return usage{fmt.Errorf("%s takes no argument %q; see gonb-gradcam %s --help", c.Name(), args[0], c.Name())}
}
