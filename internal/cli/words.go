package cli

import (
	"cmp"
	"errors"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
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

// values are how the values of a flag are written, by the name that pflag has for their type.
var values = map[string]string{"int": "a whole number", "uint64": "a whole number from 0", "float64": "a number",
	"duration": "a time, as in 30s or 2m", "bool": "true or false", "intSlice": "whole numbers with commas, as in 1,2",
	"stringSlice": "names with commas, and no quotation marks"}

// flagError returns an error about the flags in our own words. For an unknown flag it names the nearest ones.
func flagError(c *cobra.Command, err error) error {
	var (
		wrong   *pflag.InvalidValueError
		none    *pflag.ValueRequiredError
		unknown *pflag.NotExistError
		odd     *pflag.InvalidSyntaxError
	)
	switch {
	case errors.As(err, &wrong):
		return valueError(c, wrong)
	case errors.As(err, &none):
		return Usagef("--%s has no value: write one behind it; see %s --help", none.GetSpecifiedName(), c.CommandPath())
	case errors.As(err, &unknown):
		return unknownError(c, unknown)
	case errors.As(err, &odd):
		return Usagef("%q is no flag: flags are written --name or --name=value; see %s --help", odd.GetSpecifiedFlag(),
			c.CommandPath())
	}
	return usage{err}
}

// valueError returns the error for a value that a flag does not take.
func valueError(c *cobra.Command, wrong *pflag.InvalidValueError) error {
	name, said := wrong.GetFlag().Name, values[wrong.GetFlag().Value.Type()]
	switch {
	case errors.Is(wrong, errTwice):
		return Usagef("--%s %w%s", name, errTwice, strings.Join(wrong.GetFlag().Annotations[several], ""))
	case errors.Is(wrong, errFlag):
		return Usagef("--%s has no value: %s behind it is a flag itself; see %s --help", name, wrong.GetValue(), c.CommandPath())
	case said == "":
		return Usagef("--%s: %w", name, wrong.Unwrap())
	}
	return Usagef("--%s %q: write %s", name, wrong.GetValue(), said)
}

// unknownError returns the error for a flag that the command does not have. A whole word behind one dash is taken for a
// flag that lacks the other.
func unknownError(c *cobra.Command, unknown *pflag.NotExistError) error {
	dashes, name := "--", unknown.GetSpecifiedName()
	if letters := unknown.GetSpecifiedShortnames(); letters != "" {
		dashes = "-"
		name, _, _ = strings.Cut(letters, "=")
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		// a letter stands for any flag that begins with it
		if !f.Hidden && (len(name) > 1 || strings.HasPrefix(f.Name, name)) {
			names = append(names, "--"+f.Name)
		}
	})
	if flag, value, both := strings.Cut(name, " "); both && c.Flags().Lookup(flag) != nil {
		return Usagef("the flag --%s and its value %q stand in one pair of quotation marks: leave these out, or put them around the value alone", flag, nearest.Shorten(value))
	}
	called := askWhether(c, func(f *pflag.Flag) bool { return slices.Contains(f.Annotations[also], name) })
	return Usagef("%s has no flag %s%s%s; see %s --help", c.CommandPath(), dashes, nearest.Shorten(name),
		cmp.Or(called, nearest.DidYouMean("--"+name, names), flagMeant(c, name)), c.CommandPath())
}

// flagMeant returns a hint for a flag that is near no other: flags whose name is within it, such as --out of
// --output-dir, or else the other commands that have such a flag. It is empty if there is none.
func flagMeant(c *cobra.Command, name string) string {
	parts := strings.Split(strings.ToLower(name), "-")
	near := askWhether(c, func(f *pflag.Flag) bool {
		isWithin := func(part string) bool { return strings.HasPrefix(part, f.Name) }
		return len(f.Name) > 2 && slices.ContainsFunc(parts, isWithin)
	})
	if near != "" || len(name) < 2 {
		return near
	}
	var others []string
	for _, other := range c.Root().Commands() {
		if f := other.Flags().Lookup(name); f != nil && !f.Hidden && !other.Hidden {
			others = append(others, other.CommandPath())
		}
	}
	if len(others) == 0 {
		return ""
	}
	return ", which belongs to " + strings.Join(others, ", ")
}

// askWhether returns a question that names the flags of a command that may be meant, or nothing if there are none.
func askWhether(c *cobra.Command, meant func(f *pflag.Flag) bool) string {
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && meant(f) {
			names = append(names, strconv.Quote("--"+f.Name))
		}
	})
	if len(names) == 0 {
		return ""
	}
	return ", did you mean " + strings.Join(names, " or ") + "?"
}

// also is the annotation of a flag that holds what people call it who do not know its name.
const also = "also"

// Also says what people may call the flags of a program's commands who do not know their names, for the error that they
// get. Commands that lack a flag are left out.
func Also(root *cobra.Command, called map[string][]string) {
	for _, c := range root.Commands() {
		for name, words := range called {
			_ = c.Flags().SetAnnotation(name, also, words) // it fails if the command has no such flag
		}
	}
}
