package render

import (
	"fmt"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// drawable is the regular Go font, whose letters are those of the bold one: Latin, Greek
// and Cyrillic ones, and common signs.
var drawable = sync.OnceValue(func() *sfnt.Font {
	f, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		panic(err) // the font is part of the program
	}
	return f
})

// spelled makes one line of a text and writes characters that the fonts do not have, and
// those that would not be seen, by their numbers: a panda's face as ‹U+1F43C›, two letters
// as ‹U+05D0 U+05D1›. Boxes in their place would all look alike, and the fonts of a machine
// would make another picture on the next one.
func spelled(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0 {
		return oneLine(s)
	}
	var b strings.Builder
	within := false // a group of numbers
	for _, r := range oneLine(s) {
		glyph, err := drawable().GlyphIndex(nil, r)
		missing := err != nil || glyph == 0 || unicode.IsControl(r)
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
