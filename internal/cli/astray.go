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

// checkFirst returns an error if a flag that belongs to a command stands before any command. If no command followed,
// cobra would print the help as if all were well.
func checkFirst(root *cobra.Command, args []string) error {
	if !root.HasSubCommands() {
		return nil
	}
	root.InitDefaultHelpFlag()
	root.InitDefaultVersionFlag()
	for _, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			break
		}
		if name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "="); !hasFlag(root, name) {
			return Usagef("there is no command before %s: name one first; see %s --help", arg, root.Name())
		}
	}
	return nil
}

// hasFlag tells whether the root itself has a flag of this name, or letter, or whether there is no name, as in --.
func hasFlag(root *cobra.Command, name string) bool {
	return name == "" || root.Flags().Lookup(name) != nil || root.PersistentFlags().Lookup(name) != nil ||
		len(name) == 1 && root.Flags().ShorthandLookup(name) != nil
}
