package place

import (
	"runtime"
	"strings"
)

// Argument returns a text, such as a path, as one argument of a command that is pasted into a shell: in quotes if a
// shell would not take it as it is.
func Argument(text string) string {
	if runtime.GOOS == "windows" {
		return windowsArgument(text)
	}
	if text != "" && !strings.ContainsFunc(text, isSpecial) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// windowsArgument is [Argument] for Windows. Programs there read a backslash before a quote as that quote.
func windowsArgument(text string) string {
	plain := strings.ReplaceAll(text, `\`, "")
	if text != "" && !strings.ContainsFunc(plain, isSpecial) {
		return text
	}
	ending := text[len(strings.TrimRight(text, `\`)):]
	return `"` + text + ending + `"`
}

// isSpecial tells whether a letter may mean something to a shell.
func isSpecial(r rune) bool {
	isPlain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	return !isPlain && !strings.ContainsRune(`_-./:,@%+`, r)
}
