package nb

import (
	"os"
	"strings"
	"testing"
)

// Outside a notebook a page becomes a file, and a second one does not overwrite it.
func TestShowPageOutside(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, text := range []string{"<p>one", "<p>two"} {
		if err := ShowPage("a report", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"page-1.html": "<p>one", "page-2.html": "<p>two"} {
		if got, err := os.ReadFile(name); err != nil || !strings.Contains(string(got), want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
