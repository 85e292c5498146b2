package notebooks

import (
	"encoding/json"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/testing/pixels"
)

// many are two pictures, each with two targets, layers and methods: all sixteen maps differ.
func many() []*heatmap.Result {
	var out []*heatmap.Result
	for p := range 2 {
		r := played("tabby")
		pic := image.NewNRGBA(r.Picture.Bounds())
		copy(pic.Pix, r.Picture.(*image.NRGBA).Pix)
		for i := 0; i < len(pic.Pix); i += 4 {
			pic.Pix[i+2] = uint8(120 + 80*p)
		}
		r.Picture = pic
		plain := r.Maps
		r.Maps = nil
		for target := range 2 {
			for layer := range 2 {
				for method := range 2 {
					m := *plain[layer]
					m.Box = heatmap.Box{}
					m.Raw = heatmap.NewGrid(m.Raw.W, m.Raw.H)
					m.Raw.Values[p+2*target+4*method] = 1
					m.Raw.Values[0] = 0.5
					m.Grid = (&heatmap.Map{Grid: heatmap.Grid{W: 60, H: 60}, Raw: m.Raw}).Signed()
					m.Target, m.Index, m.Class = fmt.Sprintf("class %d", 7-5*target), 7-5*target, []string{"tabby", "other"}[target]
					m.Method = []string{"Grad-CAM", "LayerCAM"}[method]
					r.Maps = append(r.Maps, &m)
				}
			}
		}
		out = append(out, r)
	}
	return out
}

// Every switch of a card of many results leads to the map that it names: what the canvas
// shows is what render.Overlay draws.
func TestGridInBrowser(t *testing.T) {
	needLab(t)
	results, dir := many(), t.ArtifactDir()
	html, err := render.Page(results, nil)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "grid.html")
	if err := os.WriteFile(file, []byte(html), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("python3", filepath.Join("testdata", "grid.py"), file, dir).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr(err))
	}
	var seen struct {
		Titles map[string]string
		Errors []string
	}
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if len(seen.Titles) != 16 || len(seen.Errors) > 0 {
		t.Fatalf("%d choices, want 16; errors %q", len(seen.Titles), seen.Errors)
	}
	for p, r := range results {
		for i, m := range r.Maps {
			key := fmt.Sprintf("%d-%d-%d-%d", p, i/4, i/2%2, i%2)
			for _, want := range []string{m.Method + " at " + m.Layer, m.Class} {
				if !strings.Contains(seen.Titles[key], want) {
					t.Errorf("choice %s is titled %q, without %q", key, seen.Titles[key], want)
				}
			}
			got, err := imgio.Open(filepath.Join(dir, key+".png"))
			if err != nil {
				t.Fatal(err)
			}
			if d := pixels.Difference(got, render.Overlay(r, m, nil)); d > 8 { // JPEG may change a channel by 8
				t.Errorf("choice %s: a pixel is off by %d of 255 from what Go draws", key, d)
			}
		}
	}
}
