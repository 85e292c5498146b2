// Package marked finds lines of test files that are marked with a name.
package marked

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Line returns the line of a file in the test's folder whose comment "// at: " has a name, alone or among several
// between semicolons, as an error names it: "engine/some_test.go:34".
func Line(t testing.TB, file, name string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		if _, names, ok := strings.Cut(line, "// at: "); ok && slices.Contains(strings.Split(names, "; "), name) {
			return fmt.Sprintf("%s/%s:%d", filepath.Base(dir), file, i+1)
		}
	}
	t.Fatalf("no line is marked as that of %q", name)
	return ""
}
