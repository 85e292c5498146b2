package wildcard

import (
	"fmt"
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

// If the folder of a pattern is missing, the error says so, and which one is like it.
func TestFindInMissingFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "photos"), 0o700); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("there is no such picture; there is no folder %q, did you mean \"photos\"?", filepath.Join(dir, "photo"))
	if _, err := Find(filepath.Join(dir, "photo", "*.png")); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
