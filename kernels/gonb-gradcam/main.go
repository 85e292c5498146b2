// Command gonb-gradcam is the Jupyter kernel "Go (Grad-CAM)": its installer, its
// launcher, a doctor and a demo.
package main

import (
	"context"
	"errors"
	"fmt"
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

// run is the command. The launcher ends with the kernel's own exit code.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := cli.Root("gonb-gradcam", `The Jupyter kernel "Go (Grad-CAM)"`,
		demoCommand(), installCommand(), uninstallCommand(), doctorCommand(), launchCommand())
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var kernel ended
	if errors.As(err, &kernel) {
		return kernel.code
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gonb-gradcam:", err)
	}
	return cli.Code(err)
}
