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
	codeSpan  = regexp.MustCompile("`([^`]+)`")
	className = regexp.MustCompile(`^[A-Z]\w+$`)
	quoted    = regexp.MustCompile(`"([^"]+)"`)
)

// What coming-from.md tells people of other libraries to write compiles as it stands, the names of their classes are
// names of our methods, and every method and metric is one that we have.
func TestComingFrom(t *testing.T) {
	rows := tableRow.FindAllStringSubmatch(page(t, "coming-from.md"), -1)
	var body strings.Builder
	lines := 0
	for _, row := range rows {
		there, here := row[1], row[2]
		for _, span := range codeSpan.FindAllStringSubmatch(here, -1) {
			switch code := span[1]; {
			case strings.HasPrefix(code, "gradcamnb."):
				fmt.Fprintf(&body, "\t_ = net.MustExplain(picture, %s)\n", code)
			case strings.HasPrefix(code, "nb."):
				fmt.Fprintf(&body, "\t%s\n", code)
			case strings.HasPrefix(code, "net."), strings.HasPrefix(code, "result."):
				fmt.Fprintf(&body, "\t_ = %s\n", code)
			default:
				continue
			}
			lines++
		}
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
	if len(rows) < 30 || lines < 30 {
		t.Fatalf("%d rows with %d lines of code", len(rows), lines)
	}
	build(t, body.String())
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
)

func main() {
	var (
		net           *gradcamnb.Model
		picture, mask image.Image
		pictures      []image.Image
		result        *heatmap.Result
		results       []*heatmap.Result
	)
%s}
`, module, module+"/heatmap", module+"/nb", lines)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("go", "build", "-o", filepath.Join(t.TempDir(), "program"), "./"+dir)
	if said, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, said, program)
	}
}
