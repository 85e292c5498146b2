// Command gonb-gradcam is the Jupyter kernel "Go (Grad-CAM)": its installer, its
// launcher, a doctor and a demo.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

func main() {
	root := &cobra.Command{
		Use:           "gonb-gradcam",
		Short:         `The Jupyter kernel "Go (Grad-CAM)"`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(demoCommand(), installCommand(), uninstallCommand(), doctorCommand(), launchCommand())
	if err := root.Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "gonb-gradcam:", err)
		os.Exit(1)
	}
}
