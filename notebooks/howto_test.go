package notebooks

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// isDefinition matches a block of variables for the blocks that follow: a cell without %%.
var isDefinition = regexp.MustCompile(`^(var \w+ = .*\n)+$`)

var manyPasses = regexp.MustCompile(`Trusted\(\)|"RISE"|"insertion"`)

const module = "github.com/gradcam-go/gradcam/gradcamnb"

// The blocks of docs/how-do-i.md are run as they stand, each in a scope of its own as in a cell: what does not compile,
// or panics, is an error. A block of variables alone is a definition for the blocks that follow. Blocks that take
// many passes of the model are only compiled, unless -slow is given.
func TestHowDoI(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "how-do-i.md"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(page), "\n## "); n < 20 {
		t.Errorf("the page has %d tasks, and 20 are promised", n)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 20 {
		t.Fatalf("%d blocks", len(blocks))
	}
	var defined, body strings.Builder
	for _, block := range blocks {
		if lines := strings.Count(block[1], "\n") + 1; lines > 10 { // with %%
			t.Errorf("a cell of %d lines is too long:\n%s", lines, block[1])
		}
		switch {
		case isDefinition.MatchString(block[1]):
			defined.WriteString(block[1])
		default:
			fmt.Fprintf(&body, "if %t {\n%s}\n", require.IsSlow() || !manyPasses.MatchString(block[1]), block[1])
		}
	}
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n")
	for _, pkg := range []string{"context", "fmt", "image", module, module + "/heatmap", module + "/imgio", module + "/nb",
		module + "/study"} {
		fmt.Fprintf(&b, "\t%q\n", pkg)
	}
	fmt.Fprintf(&b, "\t_ %q\n)\n\n%s\nfunc main() {\n%s}\n", module+"/engine", defined.String(), body.String())
	dir, err := os.MkdirTemp(".", "howto")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // a temporary folder
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "howto")
	if out, err := exec.Command("go", "build", "-o", program, "./"+dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// The program runs in a folder of its own, since it writes its figures to the working folder.
	run := exec.Command(program)
	run.Dir = t.TempDir()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(root, "testdata"), filepath.Join(run.Dir, "testdata")); err != nil {
		t.Skipf("links cannot be made here: %v", err)
	}
	run.Env = append(os.Environ(), "GOMLX_BACKEND=go")
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	wanted := []string{"heatmap written to", "| Egyptian cat | 285 |", "the region is", "suggested",
		"EfficientNet-Lite0: input", "EfficientNet-Lite0: espresso"}
	if require.IsSlow() {
		wanted = append(wanted, "page written to", "random weights")
	}
	for _, want := range wanted {
		if !strings.Contains(string(out), want) {
			t.Errorf("the blocks do not print %q:\n%s", want, out)
		}
	}
}
