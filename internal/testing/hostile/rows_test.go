package hostile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// row is an attack that was tried once, and the test that holds the answer today.
type row struct {
	id, what, answer string
	tests            []string // package, then the names of its tests; empty if the answer is a reason
}

const root = "../../.."

// Every test that a row names exists, and the page has these rows. With -slow all of the tests run, each package in a
// process of its own. -update writes the page, with the results if they ran.
func TestRows(t *testing.T) {
	names := map[string][]string{} // by package
	for _, r := range slices.Concat(failures, tried) {
		for _, of := range r.tests {
			fields := strings.Fields(of)
			for _, name := range fields[1:] {
				if !has(t, fields[0], name) {
					t.Errorf("%s: the package %s has no %s", r.id, fields[0], name)
				}
				if !slices.Contains(names[fields[0]], name) {
					names[fields[0]] = append(names[fields[0]], name)
				}
			}
		}
		if len(r.tests) == 0 && r.answer == "" {
			t.Errorf("%s has neither a test nor a reason", r.id)
		}
	}
	ended := map[string]string{}
	for pkg, of := range names {
		if require.IsSlow() {
			run(t, pkg, of, ended)
		}
	}
	path := filepath.Join(root, "docs", "hostile-rows.md")
	if require.Update() {
		if err := os.WriteFile(path, []byte(page(ended)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if results.ReplaceAllString(string(text), "") != page(nil) {
		t.Errorf("%s has other rows than this test: write it with -update", path)
	}
}

// results are the parts of the page that say how the tests ended.
var results = regexp.MustCompile(`(?m)^On .* tests passed, .*\n\n| \(skipped\)`)

// has tells whether a package's tests have a function of the name.
func has(t *testing.T, pkg, name string) bool {
	t.Helper()
	return contains(t, pkg, "\nfunc "+name+"(")
}

// contains tells whether a test file of the package has the text.
func contains(t *testing.T, pkg, part string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pkg), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte(part)) {
			return true
		}
	}
	return false
}

// run runs tests of one package, also those that take minutes, and writes how each ended.
func run(t *testing.T, pkg string, names []string, ended map[string]string) {
	t.Helper()
	c := exec.Command("go", "test", "-count=1", "-vet=off", "-json", "-timeout", "20m", "-run",
		"^("+strings.Join(names, "|")+")$", "./"+pkg)
	if contains(t, pkg, "internal/testing/require\"") { // then the package's tests have the flag
		c.Args = append(c.Args, "-slow")
	}
	c.Dir = root
	begun := time.Now()
	out, err := c.Output()
	if len(out) == 0 {
		t.Fatalf("%s: %v", pkg, err)
	}
	t.Logf("%s: %s", pkg, time.Since(begun).Round(time.Second))
	said := map[string]string{} // by each test and its subtests
	for lines := json.NewDecoder(bytes.NewReader(out)); ; {
		var event struct {
			Action, Test, Output string
		}
		if err := lines.Decode(&event); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%s: %v", pkg, err)
		}
		test, _, _ := strings.Cut(event.Test, "/")
		said[test] += event.Output
		if slices.Contains(names, event.Test) && slices.Contains([]string{"pass", "fail", "skip"}, event.Action) {
			ended[pkg+" "+event.Test] = event.Action
		}
	}
	for _, name := range names {
		switch ended[pkg+" "+name] {
		case "pass":
		case "skip":
			t.Logf("%s of %s was skipped: %s", name, pkg, said[name])
		case "fail":
			t.Errorf("%s of %s failed: %s", name, pkg, said[name])
		default:
			ended[pkg+" "+name] = "none"
			t.Errorf("%s of %s did not end: %s", name, pkg, said[name])
		}
	}
}

func page(ended map[string]string) string {
	var b strings.Builder
	count := map[string]int{}
	for _, how := range ended {
		count[how]++
	}
	b.WriteString(`# Every attack, and the test that holds its answer

In November 2026 a review attacked this project at the commit 051f0d5. The first table has what failed then, the worst
first. The second has everything that was tried. [What strangers may hand over](hostile.md) lists the attempts with
files one by one. A test fails if a row names a test that does not exist.
` + "`go test ./internal/testing/hostile -slow -update -timeout 60m`" + ` runs the tests of all rows and writes here how they ended.

`)
	if len(ended) > 0 {
		fmt.Fprintf(&b, "On %s %d tests passed, %d were skipped, since they need what that machine lacks, %d failed, and "+
			"%d did not end.\n\n", time.Now().Format("2 January 2006"), count["pass"], count["skip"], count["fail"],
			count["none"])
	}
	table(&b, "What failed", failures, ended)
	table(&b, "Everything that was tried", tried, ended)
	return b.String()
}

func table(b *strings.Builder, title string, rows []row, ended map[string]string) {
	fmt.Fprintf(b, "## %s\n\n| | what | what became of it | tests |\n|---|---|---|---|\n", title)
	for _, r := range rows {
		var tests []string
		for _, of := range r.tests {
			fields := strings.Fields(of)
			for i, name := range fields[1:] {
				fields[i+1] = "`" + name + "`"
				if ended[fields[0]+" "+name] == "skip" {
					fields[i+1] += " (skipped)"
				}
			}
			tests = append(tests, fields[0]+": "+strings.Join(fields[1:], ", "))
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", r.id, r.what, r.answer, strings.Join(tests, "; "))
	}
	b.WriteString("\n")
}
