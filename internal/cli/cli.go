// Package cli holds what our commands have in common: errors are one line, and wrong use has another exit code than
// failure.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/internal/border"
	"github.com/gradcam-go/gradcam/internal/printable"
)

// usage is an error in how the command was called.
type usage struct{ error }

func (u usage) Unwrap() error { return u.error }

// Usage marks an error as an error in how the command was called.
func Usage(err error) error { return usage{err} }

// Usagef is fmt.Errorf for an error in how the command was called.
func Usagef(format string, args ...any) error { return usage{fmt.Errorf(format, args...)} }

// Code returns the exit code of a command: 0, or 1 if it failed, or 2 if it was called wrongly.
func Code(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage{}):
		return 2
	}
	return 1
}

// Execute runs a command and returns its exit code: 0, or 1 if it failed, or 2 if it was called wrongly. What the
// command prints cannot steer the terminal. A panic becomes an error of one line; its stack is printed with --debug, if
// the command has that flag. told turns an error into the one that the user is told.
func Execute(ctx context.Context, root *cobra.Command, args []string, told func(error) error) int {
	say := printable.Writer(os.Stderr)
	root.SetArgs(args)
	root.SetOut(printable.Writer(os.Stdout))
	root.SetErr(say)
	refuseAstray(root)
	takeOnce(root)
	called, err := execute(ctx, root, args)
	if err == nil {
		return 0
	}
	if debug, _ := called.Flags().GetBool("debug"); debug {
		for e := err; e != nil; e = errors.Unwrap(e) {
			fmt.Fprintf(say, "%+v\n", e)
		}
	}
	if err = told(err); err != nil {
		fmt.Fprintf(say, "%s: %v\n", root.Name(), err)
	}
	return Code(err)
}

func execute(ctx context.Context, root *cobra.Command, args []string) (called *cobra.Command, err error) {
	called = root
	defer border.Recover(&err)
	if err := checkFirst(root, args); err != nil {
		return root, err
	}
	for _, c := range root.Commands() {
		noteCommand(c, &called)
	}
	return root.ExecuteContextC(ctx)
}

// noteCommand stores the command that runs, for the case that it panics.
func noteCommand(c *cobra.Command, called **cobra.Command) {
	if run := c.RunE; run != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			*called = c
			return run(c, args)
		}
	}
	for _, sub := range c.Commands() {
		noteCommand(sub, called)
	}
}

// Root returns a command that consists of commands. It prints no error itself, and prints its help if it is called
// alone.
func Root(use, short string, commands ...*cobra.Command) *cobra.Command {
	root := MakeStandalone(&cobra.Command{
		Use:   use,
		Short: short,
		Args:  NoArguments,
		// A word that is no command is reported before the flags after it, which are not the root's.
		FParseErrWhitelist: cobra.FParseErrWhitelist{UnknownFlags: true},
		RunE:               func(c *cobra.Command, _ []string) error { return c.Help() },
	})
	root.AddCommand(commands...)
	return root
}

// MakeStandalone turns a command into a whole program. It prints no error itself, reports an unknown flag with the
// nearest ones, and prints with --version what it was built from.
func MakeStandalone(c *cobra.Command) *cobra.Command {
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetFlagErrorFunc(flagError)
	c.Version = version()
	c.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	return c
}

// NoArguments is a cobra.Command's Args that allows only flags.
func NoArguments(c *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case c.HasSubCommands():
		return noCommand(c, args[0])
	}
	how := ""
	if name := strings.TrimLeft(args[0], "-–—−"); name != args[0] {
		how = fmt.Sprintf(": if it is a flag, write it with two hyphens, --%s", name)
	} else if strings.Contains(c.Use, " --") {
		how = ": give it by a flag, as in " + strings.TrimSuffix(c.UseLine(), " [flags]")
	}
	return Usagef("%s takes no argument %q%s; see %s --help", c.CommandPath(), args[0], how, c.CommandPath())
}
