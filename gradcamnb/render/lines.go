package render

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/image/font"
)

func textWidth(s string, face font.Face) int { return font.MeasureString(face, s).Ceil() }

// longest is the most characters of a label that are drawn. No line has room for more.
const longest = 300

// shorten returns a text as one line. If it is wider than the width, it is cut and ends in an ellipsis.
func shorten(s string, width int, face font.Face) string {
	runes := []rune(oneLine(s))
	if len(runes) > longest {
		runes = append(runes[:longest], '…')
	}
	if textWidth(string(runes), face) <= width {
		return string(runes)
	}
	for n := len(runes); n > 0; n-- {
		if short := strings.TrimRight(string(runes[:n]), " …") + "…"; textWidth(short, face) <= width {
			return short
		}
	}
	return ""
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// wrapText breaks a text into lines of at most the width. A word that is wider, such as a layer's path, is broken too.
func wrapText(s string, width int, face font.Face) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(spellOut(s)) {
		if runes := []rune(word); len(runes) > longest {
			word = string(runes[:longest]) + "…"
		}
		longer := strings.TrimSpace(line + " " + word)
		if line != "" && textWidth(longer, face) > width {
			lines = append(lines, line)
			longer = word
		}
		for textWidth(longer, face) > width {
			n := breakAt(longer, width, face)
			if n == len(longer) {
				break
			}
			lines = append(lines, longer[:n])
			longer = longer[n:]
		}
		line = longer
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// breakAt returns the number of bytes of a word that stand on its first line: as many as fit, but at least one
// character, and if there is one of the signs that divide a path, up to the last of these.
func breakAt(word string, width int, face font.Face) int {
	fits := 0
	for i, r := range word {
		end := i + utf8.RuneLen(r)
		if fits > 0 && textWidth(word[:end], face) > width {
			break
		}
		fits = end
	}
	if n := strings.LastIndexAny(word[:fits], "/._-:"); n > 0 && fits < len(word) {
		return n + 1
	}
	return fits
}

// firstLines returns the first n lines, at least one. If there are more, the last one ends in an ellipsis.
func firstLines(lines []string, n int) []string {
	n = max(n, 1)
	if len(lines) <= n {
		return lines
	}
	return append(slices.Clone(lines[:n-1]), lines[n-1]+" …")
}

// lastLines returns the last n lines. If there are more, the first one begins with an ellipsis.
func lastLines(lines []string, n int) []string {
	if len(lines) <= n {
		return lines
	}
	kept := slices.Clone(lines[len(lines)-n:])
	kept[0] = "… " + kept[0]
	return kept
}
