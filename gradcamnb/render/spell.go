package render

import (
	"fmt"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// drawable returns the regular Go font. It has the same characters as the bold one: Latin, Greek and Cyrillic letters,
// and common signs.
var drawable = sync.OnceValue(func() *sfnt.Font {
	f, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		panic(err) // the font is part of the program
	}
	return f
})

// spellOut returns a text as one line. It writes the numbers of characters that the fonts do not have and of those that
// cannot be seen: a panda's face as ‹U+1F43C›, two letters as ‹U+05D0 U+05D1›. Boxes in their place would all look
// alike, and with a machine's own fonts the picture would differ from machine to machine, unless the user names one.
func spellOut(s string) string { return spell(s, userFont()) }

// spell is like [spellOut], with a font of the user's, or nil.
func spell(s string, user *sfnt.Font) string {
	if strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0 {
		return oneLine(s)
	}
	var b strings.Builder
	within := false // a group of numbers
	for _, r := range oneLine(s) {
		missing := !hasGlyph(drawable(), r) && !isExtra(user, r) || unicode.IsControl(r)
		switch {
		case missing && within:
			b.WriteByte(' ')
		case missing:
			b.WriteRune('‹')
		case within:
			b.WriteRune('›')
		}
		if within = missing; missing {
			fmt.Fprintf(&b, "%U", r)
		} else {
			b.WriteRune(r)
		}
	}
	if within {
		b.WriteRune('›')
	}
	return b.String()
}
