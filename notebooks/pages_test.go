package notebooks

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// far is what a page would fetch from elsewhere.
var far = regexp.MustCompile(`(?i)(src|href)="(https?:)?//[^"]*\.(js|css|png|jpg)[^"]*"|@import|url\(['"]?(https?:)?//`)

// The exported pages are those of the notebooks as they are now, are small, fetch
// nothing, and the gallery leads to them. A notebook without a page has not been
// exported yet.
func TestPages(t *testing.T) {
	pages, err := filepath.Glob("../docs/notebooks/*.html")
	if err != nil || len(pages) == 0 {
		t.Fatalf("there are no pages (%v): go run ./notebooks/export", err)
	}
	gallery, err := os.ReadFile("../docs/gallery.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range pages {
		name := strings.TrimSuffix(filepath.Base(file), ".html")
		page, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		shown := 0
		for _, pictures := range read(t, name+".ipynb").pictures(t) {
			shown += len(pictures)
		}
		again := "go run ./notebooks/export notebooks/" + name + ".ipynb"
		if got := strings.Count(string(page), `src="data:image/jpeg;base64,`); got < shown || shown == 0 {
			t.Errorf("%s shows %d pictures and the notebook %d: %s", name, got, shown, again)
		}
		if cards := strings.Count(string(page), `class="gradcam-card"`); cards == 0 {
			t.Errorf("%s has no card: %s", name, again)
		}
		if len(page) > 1_000_000 {
			t.Errorf("%s has %d bytes", name, len(page))
		}
		if found := far.FindString(string(page)); found != "" {
			t.Errorf("%s fetches %s", name, found)
		}
		if !strings.Contains(string(gallery), "(notebooks/"+name+".html)") {
			t.Errorf("the gallery does not lead to %s: go run ./notebooks/export", name)
		}
		if _, err := os.Stat("../docs/notebooks/" + name + ".jpg"); err != nil {
			t.Error(err)
		}
	}
}
