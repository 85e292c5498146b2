package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestSharesOfREADME: the shares of files that are right, which the README begins with, are those of the pages
// that the measurements wrote.
func TestSharesOfREADME(t *testing.T) {
	read := func(name string) string {
		data, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	var want []string
	for _, page := range []string{"docs/operators.md", "docs/population.md"} {
		for _, bold := range regexp.MustCompile(`\*\*\d+ of \d+ [^*]*\*\*`).FindAllString(read(page), -1) {
			want = append(want, regexp.MustCompile(`[\d.]+ %`).FindString(bold))
		}
	}
	first, _, _ := strings.Cut(read("README.md"), "\n## ")
	got := regexp.MustCompile(`\d+\.\d %`).FindAllString(first, -1)
	if len(want) != 3 || !slices.Equal(got, want) {
		t.Errorf("the README says %q, the pages %q", got, want)
	}
}
