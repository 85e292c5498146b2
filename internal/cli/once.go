package cli

import (
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// errTwice is the error of a flag that is given two different values and has room for one.
var errTwice = errors.New("is given twice, with different values: give it once")

// once is the value of a flag that has room for one. Without it the last value would count, and the others would be
// ignored without a word.
type once struct {
	pflag.Value
	given *string
}

func (o *once) Set(text string) error {
	if o.given != nil && *o.given != text {
		return errTwice
	}
	o.given = &text
	return o.Value.Set(text)
}

// list is the value of a flag that may be repeated. The help calls each of its values what it is, and not stringArray.
type list struct {
	pflag.Value
	pflag.SliceValue
}

// Type returns the word for a value in the help.
func (*list) Type() string { return "string" }

// takeOnce makes all flags of a command and of those below it refuse a second value, but for lists.
func takeOnce(c *cobra.Command) {
	wrap := func(f *pflag.Flag) {
		if all, isList := f.Value.(pflag.SliceValue); isList {
			if f.Value.Type() == "stringArray" {
				f.Value = &list{f.Value, all}
				f.DefValue = "" // "[]", which pflag's help leaves out for its own type only
			}
			return
		}
		if _, done := f.Value.(*once); !done {
			f.Value = &once{Value: f.Value}
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
