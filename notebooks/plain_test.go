package notebooks

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// A cell of numbers alone, which does not import package nb, says within seconds what it does, too, and nothing of it
// is seen at the end.
func TestPlainCellSaysWhatItDoes(t *testing.T) {
	require.Slow(t, "it starts JupyterLab")
	needJupyter(t)
	needLab(t)
	file := exploring(t, `gradcamnb.MustOpen("TESTDATA/models/efficientnet-lite0.onnx")
r := model.MustExplain(imgio.MustOpen("TESTDATA/images/cat.png"), gradcamnb.Methods("RISE"), gradcamnb.Sampled(gradcamnb.Sampling{Masks: 600}))
fmt.Println("maps:", len(r.Maps))`)
	out, err := exec.Command("python3", filepath.Join("testdata", "plain.py"), file).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr(err))
	}
	var seen struct {
		Lines []string
		Left  string
	}
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatal(err)
	}
	passes := 0
	for _, l := range seen.Lines {
		if strings.Contains(l, " of 600 (") {
			passes++
		}
	}
	if passes < 2 {
		t.Errorf("%d lines said how far it is: %q", passes, seen.Lines)
	}
	if strings.Contains(seen.Left, "explaining EfficientNet") || !strings.Contains(seen.Left, "maps: 1") {
		t.Errorf("at the end it says %q", seen.Left)
	}
	if saved, err := os.ReadFile(file); err != nil || !strings.Contains(string(saved), "maps: 1") {
		t.Errorf("the saved notebook lacks what the cell said: %v", err)
	}
}
