// Command gonb-gradcam is the Jupyter kernel "Go (Grad-CAM)": its installer, its launcher, a doctor and a demo.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/gradcam-go/gradcam/internal/cli"
)

func main() {
	if isShim() {
		os.Exit(shim())
	}
	os.Exit(run(os.Args[1:]))
}

// run runs the command and returns its exit code. The launcher returns the kernel's own exit code.
func run(args []string) int {
	ctx, stop := cli.Signals()
	if len(args) > 0 && args[0] == launchName { // the launcher ends when the kernel does, and not at a signal
		stop()
		ctx, stop = signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	}
	defer stop()
	root := cli.Root("gonb-gradcam", `The Jupyter kernel "Go (Grad-CAM)"`,
		demoCommand(), installCommand(), uninstallCommand(), doctorCommand(), launchCommand())
	var kernel exitError
	code := cli.Execute(ctx, root, args, func(err error) error {
		if errors.As(err, &kernel) {
			return nil
		}
		return err
	})
	if kernel.code != 0 {
		return kernel.code
	}
	return code
}
