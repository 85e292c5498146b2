package ask

import (
	"strings"
	"testing"
)

// What is printed of a model and of a layer is one line, whatever names a stranger has chosen, and steers no terminal.
func TestPrinted(t *testing.T) {
	const name = "\x1b[2Ja\nb\u202e"
	for _, said := range []string{Info{Name: name, Outputs: []string{name}}.String(),
		Layer{Name: name, Path: name + "/", Op: name, Suggested: true, Why: name}.String()} {
		if strings.ContainsAny(said, "\x1b\u202e\n") {
			t.Errorf("%q", said)
		}
	}
}
