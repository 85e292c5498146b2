package notebooks

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// codeOf returns the Go blocks of a page, and the indented definitions with var, in the page's order.
func codeOf(t *testing.T, page string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(page)))
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, m := range regexp.MustCompile("(?sm)^```go\n(.*?)```|^    (var .*?\n)").FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, m[1]+m[2])
	}
	return blocks
}

// atTop is a folder that looks like the top of the checkout to a notebook: it has testdata, and notebooks.
func atTop(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "notebooks"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(root, "testdata"), filepath.Join(dir, "testdata")); err != nil {
		t.Skipf("links cannot be made here: %v", err)
	}
	return dir
}

// executeCells executes cells in a notebook and returns what it became.
func executeCells(t *testing.T, file string, cells ...string) notebook {
	t.Helper()
	writeNotebook(t, file, cells...)
	out := t.TempDir()
	script := filepath.Join("..", "kernels", "gonb-gradcam", "execute.py")
	if said, err := exec.Command("python3", script, file, out).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return read(t, filepath.Join(out, filepath.Base(file)))
}

// The cells of five-minutes.md run on the kernel word for word: the first picture, and a variable that a later cell
// uses.
func TestFiveMinutes(t *testing.T) {
	needJupyter(t)
	blocks := codeOf(t, "docs/five-minutes.md")
	if len(blocks) != 2 || !strings.HasPrefix(blocks[0], "%%\n") || !strings.HasPrefix(blocks[1], "var net = ") {
		t.Fatalf("the page has the blocks %q", blocks)
	}
	nb := executeCells(t, filepath.Join(atTop(t), "five.ipynb"), append(blocks, "%%\nfmt.Println(net)")...)
	if pictures := nb.pictures(t); len(pictures[0]) != 1 {
		t.Errorf("the first cell shows %d pictures", len(pictures[0]))
	}
	if said := nb.text(2); !strings.Contains(said, "EfficientNet-Lite0: input") {
		t.Errorf("a later cell prints of net: %q", said)
	}
}

// The cells of README.md run on the kernel word for word, in the folder that it names.
func TestCellsOfREADME(t *testing.T) {
	needJupyter(t)
	blocks := codeOf(t, "README.md")
	if len(blocks) != 3 || !strings.HasPrefix(blocks[0], "%%\n") || !strings.HasPrefix(blocks[2], "package main\n") {
		t.Fatalf("the page has %d blocks", len(blocks))
	}
	opened, _, _ := strings.Cut(blocks[0], "nb.MustShow(")
	nb := executeCells(t, filepath.Join(atTop(t), "notebooks", "readme.ipynb"), blocks[0], opened+blocks[1])
	if pictures := nb.pictures(t); len(pictures[0]) != 1 || len(pictures[1]) != 3 {
		t.Errorf("the cells show %d and %d pictures, want one, and a result, a sheet and what explores", len(pictures[0]),
			len(pictures[1]))
	}
}

// The program of README.md builds and runs as it stands. It prints one line of what was found, and the figure's file.
func TestProgramOfREADME(t *testing.T) {
	blocks := codeOf(t, "README.md")
	dir, err := os.MkdirTemp(".", "readme")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // a temporary folder
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(blocks[len(blocks)-1]), 0o600); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "readme")
	if out, err := exec.Command("go", "build", "-o", program, "./"+dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := exec.Command(program)
	run.Dir, run.Env = atTop(t), append(os.Environ(), "GOMLX_BACKEND=go")
	out, err := run.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr(err))
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "cat.png: EfficientNet-Lite0: Egyptian cat 38.9 %, ") ||
		!strings.Contains(lines[0], "(tiger cat)") || !strings.HasPrefix(lines[1], "heatmap written to ") {
		t.Errorf("it prints %q", lines)
	}
}

// The first cells of how-do-i.md run on the kernel word for word: the definitions, and the first task, which uses only
// one of them.
func TestFirstCellsOfHowDoI(t *testing.T) {
	needJupyter(t)
	blocks := codeOf(t, "docs/how-do-i.md")
	nb := executeCells(t, filepath.Join(atTop(t), "how.ipynb"), blocks[0], "%%\n"+blocks[1])
	if pictures := nb.pictures(t); len(pictures[1]) != 1 {
		t.Errorf("the first task shows %d pictures", len(pictures[1]))
	}
}

// The command that how-do-i.md gives for people without a notebook prints the line that the page promises.
func TestCommandOfHowDoI(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "how-do-i.md"))
	if err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile("(?m)^    go run (\\./gradcamnb/cmd/gradcam) (explain .*) --out out\n\nprints `(.*)`\\.").
		FindStringSubmatch(string(text))
	if said == nil {
		t.Fatal("the page has no such command")
	}
	program := filepath.Join(t.TempDir(), "gradcam")
	if out, err := exec.Command("go", "build", "-o", program, "../"+said[1]).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := exec.Command(program, append(strings.Fields(said[2]), "--out", "out")...)
	run.Dir, run.Env = atTop(t), append(os.Environ(), "GOMLX_BACKEND=go")
	out, err := run.Output()
	if got := strings.TrimSpace(filepath.ToSlash(string(out))); err != nil || got != said[3] {
		t.Errorf("it prints %q (%v), and the page says %q", got, err, said[3])
	}
}
