// Command gradcam explains vision models from the command line.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	_ "github.com/gradcam-go/gradcam/gradcamnb/engine"
)

// usage is an error in how the command was called; it ends with exit code 2.
type usage struct{ error }

func usagef(format string, args ...any) error { return usage{fmt.Errorf(format, args...)} }

func main() { os.Exit(run(os.Args[1:])) }

// run is the command: 0, or 1 where it failed, or 2 where it was called wrongly.
func run(args []string) int {
	root := command()
	root.SetArgs(args)
	called, err := root.ExecuteC()
	if err == nil {
		return 0
	}
	if debug, _ := called.Flags().GetBool("debug"); debug {
		for e := err; e != nil; e = errors.Unwrap(e) {
			fmt.Fprintf(os.Stderr, "%+v\n", e)
		}
	}
	fmt.Fprintln(os.Stderr, "gradcam:", err)
	if errors.As(err, &usage{}) {
		return 2
	}
	return 1
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:           "gradcam",
		Short:         "Show why a vision model said what it said",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.PersistentFlags().Bool("debug", false, "print errors with everything behind them")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(explainCommand(), layersCommand(), benchCommand())
	return root
}

func noArguments(c *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case c.HasSubCommands():
		return usagef("there is no command %q; see gradcam --help", args[0])
	}
	return usagef("%s takes no argument %q; see gradcam %s --help", c.Name(), args[0], c.Name())
}
