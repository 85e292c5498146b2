package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/internal/nearest"
)

// refuseAstray makes cobra's own commands, help and completion, refuse words that they do not know. They would print
// the help of something else otherwise, and end as if all were well.
func refuseAstray(root *cobra.Command) {
	if !root.HasSubCommands() {
		return
	}
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "completion":
			c.Args, c.RunE = NoArguments, func(c *cobra.Command, _ []string) error { return c.Help() }
		case "help":
			c.RunE = help
		}
	}
}

// help prints the help of the command that the arguments name.
func help(c *cobra.Command, args []string) error {
	of, _, err := c.Root().Find(args)
	if err != nil || of == c.Root() && len(args) > 0 {
		return noCommand(c.Root(), args[0])
	}
	of.InitDefaultHelpFlag()
	return of.Help()
}

func noCommand(c *cobra.Command, name string) error {
	return Usagef("there is no command %q%s; see %s --help", name, nearest.DidYouMean(name, commandNames(c)), c.CommandPath())
}

// checkFirst returns an error if the arguments begin with a flag that belongs to a command, before any command. It
// would be ignored.
func checkFirst(root *cobra.Command, args []string) error {
	if !root.HasSubCommands() || len(args) == 0 || !strings.HasPrefix(args[0], "-") {
		return nil
	}
	root.InitDefaultHelpFlag()
	root.InitDefaultVersionFlag()
	name, _, _ := strings.Cut(strings.TrimLeft(args[0], "-"), "=")
	known := name == "" || root.Flags().Lookup(name) != nil || root.PersistentFlags().Lookup(name) != nil ||
		len(name) == 1 && root.Flags().ShorthandLookup(name) != nil
	if known {
		return nil
	}
	return Usagef("there is no command before %s: name one first; see %s --help", args[0], root.Name())
}
