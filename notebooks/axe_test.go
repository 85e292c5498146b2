package notebooks

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// axe reports no fault of cards and of the pages of the site that people read (GRADCAM_SITE, as mkdocs builds it),
// narrow and wide, light and dark. The pages fetch nothing from elsewhere, and none is wider than the window.
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
