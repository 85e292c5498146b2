package notebooks

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	_ "github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/gradcamnb/study"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// studied is the report of a study of two layers on two pictures.
func studied(t *testing.T) []byte {
	t.Helper()
	prep := imgio.Prep{Width: 64, Height: 64, Fit: imgio.Stretch, Mean: [3]float32{127, 127, 127},
		Scale: [3]float32{64, 64, 64}, Order: "RGB"}
	s := study.Study{
		Model:    gradcamnb.MustOpen(golden.Path("models", "resnet-basic.dyn.onnx")),
		Pictures: study.MustFiles(golden.Path("images", "*_224.png")), Out: t.TempDir(), Steps: 4,
		Choices: []gradcamnb.Choice{gradcamnb.Prepared(prep), gradcamnb.Layers("layer2", "layer3")},
		Metrics: []string{"insertion"},
	}
	summary, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	page, err := study.Report(summary, s.Pictures)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// axe reports no fault of cards, of a study's report and of the pages of the site that people read (GRADCAM_SITE, as
// mkdocs builds it), narrow and wide, light and dark. The pages fetch nothing from elsewhere, and none is wider than
// the window.
func TestAxe(t *testing.T) {
	needLab(t)
	if out, err := exec.Command("python3", "-c", "import axe_playwright_python").CombinedOutput(); err != nil {
		require.Missing(t, "chromium", lastLine(out)+"; pip install -r .ci/requirements.txt")
	}
	dir := t.ArtifactDir()
	args := []string{filepath.Join("testdata", "axe.py"), dir}
	for name, results := range map[string][]*heatmap.Result{"card": {played("tabby")}, "many": many(), "film": filmed(),
		"panorama": {stretched(2940, 483)}} {
		html, err := render.Page(results, &render.Options{Film: name == "film"})
		if err != nil {
			t.Fatal(err)
		}
		card := filepath.Join(dir, name+".html")
		if err := os.WriteFile(card, []byte(html), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, card)
	}
	report := filepath.Join(dir, "report.html")
	if err := os.WriteFile(report, studied(t), 0o600); err != nil {
		t.Fatal(err)
	}
	args = append(args, report)
	if site := os.Getenv("GRADCAM_SITE"); site != "" {
		for _, page := range []string{"index", "five-minutes", "how-do-i", "my-model", "messages", "gallery", "choose",
			"onnx", "other-notebooks", "coming-from", "platforms", "api", "showing", "methods", "detectors"} {
			args = append(args, filepath.Join(site, page+".html"))
		}
	} else {
		t.Log("without the site's pages: GRADCAM_SITE names no folder that mkdocs has built")
	}
	out, err := exec.Command("python3", args...).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr(err))
	}
	var seen map[string][]string
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 4*(len(args)-2) {
		t.Errorf("%d pages were looked at, of %d", len(seen), 4*(len(args)-2))
	}
	for page, found := range seen {
		for _, f := range found {
			t.Errorf("%s: %s", page, f)
		}
	}
}
