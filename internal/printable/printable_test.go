package printable

import (
	"bytes"
	"testing"
)

func TestTexts(t *testing.T) {
	for in, want := range map[string][2]string{ // as a line, and as a text
		"cat":             {"cat", "cat"},
		"größe 猫 🐈":       {"größe 猫 🐈", "größe 猫 🐈"},
		"\x1b[2Jcat":      {`\x1b[2Jcat`, `\x1b[2Jcat`},
		"a\nb\tc\rd":      {`a\nb\tc\x0dd`, "a\nb\tc\\x0dd"},
		"\u009b31m\x7f":   {`\u009b31m\x7f`, `\u009b31m\x7f`},
		"abc\u202edef":    {`abc\u202edef`, `abc\u202edef`},
		"\x9b31m":         {`\x9b31m`, `\x9b31m`}, // no UTF-8
		"a\u2028b\u2066c": {`a\u2028b\u2066c`, `a\u2028b\u2066c`},
		"\ufffd":          {"\ufffd", "\ufffd"},
	} {
		if got := Line(in); got != want[0] {
			t.Errorf("line %q, want %q", got, want[0])
		}
		if got := Text(in); got != want[1] {
			t.Errorf("text %q, want %q", got, want[1])
		}
	}
}

// Characters may be cut between two writes.
func TestWriter(t *testing.T) {
	const text = "größe 猫 🐈\n\x1b[1m\u009b\n"
	for step := 1; step < len(text); step++ {
		var out bytes.Buffer
		w := Writer(&out)
		for rest := text; rest != ""; {
			n := min(step, len(rest))
			if wrote, err := w.Write([]byte(rest[:n])); wrote != n || err != nil {
				t.Fatalf("%d, %v", wrote, err)
			}
			rest = rest[n:]
		}
		if want := "größe 猫 🐈\n\\x1b[1m\\u009b\n"; out.String() != want {
			t.Errorf("by %d bytes: %q, want %q", step, out.String(), want)
		}
	}
}
