// Package cli is what our commands have in common: errors are one line, and wrong use
// ends with another exit code than failure.
package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// usage is an error in how the command was called.
type usage struct{ error }

func (u usage) Unwrap() error { return u.error }

// Usage marks an error as one in how the command was called.
func Usage(err error) error { return usage{err} }

// Usagef is fmt.Errorf for an error in how the command was called.
func Usagef(format string, args ...any) error { return usage{fmt.Errorf(format, args...)} }

// Code is the exit code of a command: 0, or 1 where it failed, or 2 where it was
// called wrongly.
func Code(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage{}):
		return 2
	}
	return 1
}

// Root is a command that has commands: it prints no error itself, and its help when it
// is called alone.
func Root(use, short string, commands ...*cobra.Command) *cobra.Command {
	root := &cobra.Command{
		Use:           use,
		Short:         short,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          NoArguments,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(commands...)
	return root
}

// NoArguments is a cobra.Command's Args that allows flags only.
func NoArguments(c *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case c.HasSubCommands():
		return Usagef("there is no command %q; see %s --help", args[0], c.CommandPath())
	}
	return Usagef("%s takes no argument %q; see %s --help", c.Name(), args[0], c.CommandPath())
}
