package notebooks

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// The blocks of docs/how-do-i.md are run as they stand, each in a scope of its own as in a cell: what does not compile,
// or panics, is an error.
func TestHowDoI(t *testing.T) {
	require.Slow(t, "it compiles a program and explains a dozen times")
	page, err := os.ReadFile(filepath.Join("..", "docs", "how-do-i.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 9 {
		t.Fatalf("%d blocks", len(blocks))
	}
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n\t\"fmt\"\n\t\"image\"\n\n\t\"github.com/gradcam-go/gradcam/gradcamnb\"\n" +
		"\t_ \"github.com/gradcam-go/gradcam/gradcamnb/engine\"\n\t\"github.com/gradcam-go/gradcam/gradcamnb/heatmap\"\n" +
		"\t\"github.com/gradcam-go/gradcam/gradcamnb/imgio\"\n\t\"github.com/gradcam-go/gradcam/gradcamnb/nb\"\n)\n\nfunc main() {\n" + blocks[0][1])
	for _, block := range blocks[1:] {
		b.WriteString("{\n" + block[1] + "}\n")
	}
	b.WriteString("}\n")
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
	// In a folder of its own, since the figures go to the working folder.
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
	for _, want := range []string{"heatmap written to", "| Egyptian cat | 285 |", "pixels reach half", "suggested"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the blocks do not print %q:\n%s", want, out)
		}
	}
}
