// Package printable makes text from other people safe to print: it escapes control sequences, newlines within a line,
// and marks that change the direction of text.
package printable

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns a text as one printable line. Characters that steer a terminal are written as \x1b, \n or \u202e.
func Line(s string) string { return escape(s, "") }

// Text is like [Line], but keeps newlines and tabs.
func Text(s string) string { return escape(s, "\n\t") }

func escape(s, keep string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return steers(r) && !strings.ContainsRune(keep, r) }) &&
		utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && isBroken(s[i:]):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !steers(r) || strings.ContainsRune(keep, r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// isBroken tells whether a text begins with a byte that is no UTF-8.
func isBroken(s string) bool {
	_, size := utf8.DecodeRuneInString(s)
	return size == 1
}

// steers tells whether a terminal may do anything but draw a rune.
func steers(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// Writer returns a writer that writes text to w in the form of [Text].
func Writer(w io.Writer) io.Writer { return &writer{w: w} }

type writer struct {
	w    io.Writer
	rest []byte // the beginning of a character whose end has not come yet
}

func (w *writer) Write(p []byte) (int, error) {
	data := slices.Concat(w.rest, p)
	end := len(data)
	for back := 1; back < utf8.UTFMax && back <= len(data); back++ {
		if utf8.RuneStart(data[len(data)-back]) {
			if !utf8.FullRune(data[len(data)-back:]) {
				end = len(data) - back
			}
			break
		}
	}
	w.rest = append([]byte(nil), data[end:]...)
	if _, err := io.WriteString(w.w, Text(string(data[:end]))); err != nil {
		return 0, err
	}
	return len(p), nil
}
