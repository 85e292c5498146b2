package notebooks

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Long work in JupyterLab says in one line how far it is, which is renewed in place, and
// of which nothing stays, neither in the page nor in the saved notebook.
func TestProgressInJupyterLab(t *testing.T) {
	needJupyter(t)
	needLab(t)
	file, dir := exploring(t, `gradcamnb.MustOpen("TESTDATA/models/efficientnet-lite0.onnx")
nb.MustShow(model.MustExplain(imgio.MustOpen("TESTDATA/images/cat.png"), gradcamnb.Methods("RISE"), gradcamnb.Sampled(gradcamnb.Sampling{Masks: 400})))`), t.ArtifactDir()
	out, err := exec.Command("python3", filepath.Join("testdata", "progress.py"), file, dir).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr(err))
	}
	t.Logf("%s", out)
	var seen struct {
		Lines, Left []string
		Together    int
		Gap         float64
	}
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatal(err)
	}
	passes := 0
	for _, l := range seen.Lines {
		if strings.Contains(l, " of 400 (") {
			passes++
		}
	}
	if passes < 2 || seen.Together != 1 {
		t.Errorf("%d lines said how many passes are done, %d at once: %q", passes, seen.Together, seen.Lines)
	}
	if len(seen.Left) > 0 || seen.Gap > 10 {
		t.Errorf("left are %q and %.0f pixels of nothing", seen.Left, seen.Gap)
	}
	saved, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, outputs, _ := strings.Cut(string(saved), `"outputs"`)
	outputs, _, _ = strings.Cut(outputs, `"source"`)
	if !strings.Contains(outputs, "image/png") || strings.Contains(outputs, "pass ") ||
		strings.Contains(outputs, "explaining EfficientNet") {
		t.Error("the saved notebook has no picture, or a line of progress")
	}
}
