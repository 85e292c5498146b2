package cli

import (
	"errors"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gradcam-go/gradcam/internal/nearest"
)

// version returns the version of the program's module, with the commit if it was built from a checkout, and the Go
// version and system that it was built for.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown, " + runtime.Version()
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && v == "(devel)" {
			v = s.Value
		}
	}
	return v + ", " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
}

func commandNames(c *cobra.Command) []string {
	var names []string
	for _, sub := range c.Commands() {
		if !sub.Hidden {
			names = append(names, sub.Name())
		}
	}
	return names
}

var unknownFlag = regexp.MustCompile(`^unknown (?:flag: |shorthand flag: '.' in )(-{1,2})([^\s=]+)\S*$`)

// values are how the values of a flag are written, by the name that pflag has for their type.
var values = map[string]string{"int": "a whole number", "uint64": "a whole number from 0", "float64": "a number",
	"duration": "a time, as in 30s or 2m", "bool": "true or false", "intSlice": "whole numbers with commas, as in 1,2"}

// flagError returns an error about the flags. For an unknown flag it names the nearest ones.
func flagError(c *cobra.Command, err error) error {
	var (
		wrong *pflag.InvalidValueError
		none  *pflag.ValueRequiredError
	)
	switch {
	case errors.As(err, &wrong) && errors.Is(err, errTwice):
		return Usagef("--%s %w", wrong.GetFlag().Name, errTwice)
	case errors.As(err, &wrong):
		said := values[wrong.GetFlag().Value.Type()]
		if said == "" {
			return Usagef("--%s: %w", wrong.GetFlag().Name, wrong.Unwrap())
		}
		return Usagef("--%s %q: write %s", wrong.GetFlag().Name, wrong.GetValue(), said)
	case errors.As(err, &none):
		return Usagef("--%s has no value: write one behind it; see %s --help", none.GetSpecifiedName(), c.CommandPath())
	}
	m := unknownFlag.FindStringSubmatch(err.Error())
	if m == nil {
		return usage{err}
	}
	dashes, name := m[1], m[2]
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		// a letter stands for any flag that begins with it
		if !f.Hidden && (len(name) > 1 || strings.HasPrefix(f.Name, name)) {
			names = append(names, "--"+f.Name)
		}
	})
	return Usagef("%s has no flag %s%s%s; see %s --help", c.CommandPath(), dashes, name,
		nearest.DidYouMean("--"+name, names), c.CommandPath())
}
