package docs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/metrics"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
)

var (
	tableRow  = regexp.MustCompile(`(?m)^\| (.*[^-]) \| (.*) \|$`)
	codeSpan  = regexp.MustCompile("`([^`\n]+)`")
	className = regexp.MustCompile(`^[A-Z]\w+$`)
	goCell    = regexp.MustCompile("(?s)```go\n%%\n(.*?)```")
	quoted    = regexp.MustCompile(`"([^"]+)"`)
)

// In coming-from.md the names of other libraries' classes are names of our methods, and every method and metric is one
// that we have.
func TestComingFrom(t *testing.T) {
	rows := tableRow.FindAllStringSubmatch(page(t, "coming-from.md"), -1)
	for _, row := range rows {
		there, here := row[1], row[2]
		if of, ok := cutCall(here, "gradcamnb.Methods("); ok {
			for _, span := range codeSpan.FindAllStringSubmatch(there, -1) {
				if className.MatchString(span[1]) {
					checkMethod(t, span[1])
				}
			}
			for _, name := range quoted.FindAllStringSubmatch(of, -1) {
				checkMethod(t, name[1])
			}
		}
		if of, ok := cutCall(here, "Metrics: []string{"); ok {
			for _, name := range quoted.FindAllStringSubmatch(of, -1) {
				if _, err := metrics.ByName(name[1]); err != nil {
					t.Error(err)
				}
			}
		}
	}
	if len(rows) < 30 {
		t.Fatalf("%d rows", len(rows))
	}
}

// What these pages tell people to write in a line compiles as it stands.
func TestLinesOfCode(t *testing.T) {
	var body strings.Builder
	lines := 0
	for _, name := range []string{"coming-from.md", "choose.md", "messages.md", "which-layer.md", "onnx.md"} {
		text := page(t, name)
		for _, block := range goCell.FindAllStringSubmatch(text, -1) {
			fmt.Fprintf(&body, "\t{\n%s\t}\n", block[1])
			lines++
		}
		for _, span := range codeSpan.FindAllStringSubmatch(text, -1) {
			if line := statementOf(span[1]); line != "" {
				fmt.Fprintf(&body, "\t%s\n", line)
				lines++
			}
		}
	}
	if lines < 50 {
		t.Fatalf("%d lines of code", lines)
	}
	build(t, body.String())
}

// statementOf returns the statement that a piece of code of a page is, or stands in; empty if it is no call of ours.
func statementOf(code string) string {
	switch ours := strings.HasSuffix(code, ")"); {
	case strings.HasPrefix(code, "gradcamnb.MustOpen("), ours && strings.HasPrefix(code, "net."),
		strings.HasPrefix(code, "result.Maps"):
		return "_ = " + code
	case ours && strings.HasPrefix(code, "gradcamnb."):
		return "_ = net.MustExplain(picture, " + code + ")"
	case ours && strings.HasPrefix(code, "nb."):
		return code
	}
	return ""
}

// cutCall returns what stands behind the beginning of a call, up to its end.
func cutCall(text, begin string) (string, bool) {
	_, rest, ok := strings.Cut(text, begin)
	end := strings.IndexAny(rest, ")}")
	return rest[:max(0, end)], ok
}

func checkMethod(t *testing.T, name string) {
	t.Helper()
	_, err := cam.ByName(name)
	if _, masks := perturb.ByName(name); err != nil && masks != nil {
		t.Error(err)
	}
}

// build compiles a program of these lines, which may use a model, its pictures and its results.
func build(t *testing.T, lines string) {
	t.Helper()
	dir, err := os.MkdirTemp(".", "comingfrom")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // a temporary folder
	const module = "github.com/gradcam-go/gradcam/gradcamnb"
	program := fmt.Sprintf(`package main

import (
	"image"

	%q
	%q
	%q
	%q
)

func main() {
	var (
		net           *gradcamnb.Model
		picture, mask image.Image
		cat           = imgio.MustOpen("cat.png")
		pictures      []image.Image
		result        *heatmap.Result
		results       []*heatmap.Result
	)
%s}
`, module, module+"/heatmap", module+"/imgio", module+"/nb", lines)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("go", "build", "-o", filepath.Join(t.TempDir(), "program"), "./"+dir)
	if said, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, said, program)
	}
}
