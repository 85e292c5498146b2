package wildcard

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A pattern finds files in the order of their names; a file of that very name comes first of all.
func TestFind(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a [1]")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"2.png", "1.png", "[x].png"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for pattern, want := range map[string][]string{
		"*.png": {"1.png", "2.png", "[x].png"}, "?.png": {"1.png", "2.png"}, "[x].png": {"[x].png"},
	} {
		found, err := Find(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for i, path := range found {
			found[i] = filepath.Base(path)
		}
		if !slices.Equal(found, want) {
			t.Errorf("%s: %q, want %q", pattern, found, want)
		}
	}
	for pattern, want := range map[string]string{"*.jpg": "no such picture", "[.png": "the pattern is wrong",
		"**.png": "one pattern for each depth"} {
		if found, err := Find(filepath.Join(dir, pattern)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v, want %q", pattern, found, err, want)
		}
	}
}
