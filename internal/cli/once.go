package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// errTwice is the error of a flag that is given two different values and has room for one.
var errTwice = errors.New("is given twice, with different values: give it once")

// errFlag is the error of a flag whose value was forgotten, so that the flag behind it was taken for the value.
var errFlag = errors.New("is a flag")

// several is the annotation of a flag that has room for one value, with words on how to get several.
const several = "several"

// SaySeveral sets what the error says of a flag that is given two values and has room for one: how to get both.
func SaySeveral(flags *pflag.FlagSet, name, words string) {
	_ = flags.SetAnnotation(name, several, []string{"; " + words}) // it fails if there is no such flag
}

// once is the value of a flag that has room for one. Without it the last value would count, and the others would be
// ignored without a word.
type once struct {
	pflag.Value
	given *string
	known func(flag string) bool
}

func (o *once) Set(text string) error {
	switch {
	case o.known(text):
		return errFlag
	case o.given != nil && *o.given != text:
		return errTwice
	}
	o.given = &text
	return o.Value.Set(text)
}

// list is the value of a flag that may be repeated. The help calls each of its values what it is, and not stringArray.
type list struct {
	pflag.Value
	pflag.SliceValue
	known func(flag string) bool
}

// Type returns the word for a value in the help.
func (*list) Type() string { return "string" }

func (l *list) Set(text string) error {
	if l.known(text) {
		return errFlag
	}
	return l.Value.Set(text)
}

// takeOnce makes all flags of a command and of those below it refuse a second value, but for lists, and the name of
// another flag as a value.
func takeOnce(c *cobra.Command) {
	known := func(text string) bool {
		name, isFlag := strings.CutPrefix(text, "--")
		return isFlag && c.Flags().Lookup(name) != nil
	}
	wrap := func(f *pflag.Flag) {
		if all, isList := f.Value.(pflag.SliceValue); isList {
			if f.Value.Type() == "stringArray" {
				f.Value = &list{f.Value, all, known}
				f.DefValue = "" // "[]", which pflag's help leaves out for its own type only
			}
			return
		}
		if _, done := f.Value.(*once); !done {
			f.Value = &once{Value: f.Value, known: known}
			if f.DefValue == "0s" { // which pflag's help leaves out for its own type only
				f.DefValue = ""
			}
		}
	}
	c.Flags().VisitAll(wrap)
	c.PersistentFlags().VisitAll(wrap)
	for _, sub := range c.Commands() {
		takeOnce(sub)
	}
}
