package notebooks

import (
	"encoding/json"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/testing/pixels"
)

// filmed are four frames of a film of one picture, whose maps are high at another cell each.
func filmed() []*heatmap.Result {
	var out []*heatmap.Result
	for i := range 4 {
		r := played("tabby")
		m := r.Maps[0]
		m.Raw = heatmap.NewGrid(6, 6)
		m.Raw.Values[7*i] = 1
		m.Grid = (&heatmap.Map{Grid: heatmap.Grid{W: 60, H: 60}, Raw: m.Raw}).Signed()
		m.Score = float32(i) + 0.25
		r.Maps, r.Name = r.Maps[:1], fmt.Sprintf("step %d", 20*i)
		out = append(out, r)
	}
	return out
}

// The card of a film has a slider that leads to the map of every frame, by the mouse and by keys, and begins where it
// is opened. What the canvas shows is what render.Overlay draws.
func TestFilmInBrowser(t *testing.T) {
	needLab(t)
	frames, dir := filmed(), t.ArtifactDir()
	html, err := render.Page(frames, &render.Options{Film: true, Open: frames[3].Maps[0]})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "film.html")
	if err := os.WriteFile(file, []byte(html), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("python3", filepath.Join("testdata", "film.py"), file, dir).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr(err))
	}
	var seen struct {
		Opened, Focused string
		Frames          [][2]string
		Keys, Errors    []string
		Pictures        int
	}
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	checkPageErrors(t, seen.Errors)
	if seen.Opened != "step 60" || seen.Pictures != 0 || len(seen.Frames) != 4 {
		t.Fatalf("the card opens at %q and offers %d frames, and %d other choices", seen.Opened, len(seen.Frames), seen.Pictures)
	}
	if want := []string{"step 0", "step 20", "step 40", "step 20", "step 60"}; !slices.Equal(seen.Keys, want) || seen.Focused != "frame" {
		t.Errorf("keys lead to %q, want %q; then the focus is on %q", seen.Keys, want, seen.Focused)
	}
	var drawn []image.Image
	for i, r := range frames {
		if seen.Frames[i][0] != r.Name {
			t.Errorf("frame %d is called %q, want %q", i, seen.Frames[i][0], r.Name)
		}
		if score := fmt.Sprintf("score %d.25 ", i); !strings.Contains(seen.Frames[i][1], score) {
			t.Errorf("frame %d says %q, and its %s", i, seen.Frames[i][1], score)
		}
		got, err := imgio.Open(filepath.Join(dir, fmt.Sprintf("%d.png", i)))
		if err != nil {
			t.Fatal(err)
		}
		if d := pixels.Difference(got, render.Overlay(r, r.Maps[0], nil)); d > 8 { // JPEG may change a channel by 8
			t.Errorf("%s: a pixel is off by %d of 255 from what Go draws", r.Name, d)
		}
		for _, other := range drawn {
			if pixels.Difference(got, other) < 50 {
				t.Errorf("%s looks like an earlier frame", r.Name)
			}
		}
		drawn = append(drawn, got)
	}
}
