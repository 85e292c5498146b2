package notebooks

import (
	"encoding/base64"
	"encoding/json"
	"image"
	"image/color"
	"math"
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

const hostileLabel = `<script>alert(1)</script><img src=x onerror=alert(2)> "'& ` + "\u202e" + `مرحبا 🐈`

// What the page shows of it: the character that turns the direction is gone.
const hostileText = `<script>alert(1)</script><img src=x onerror=alert(2)> "'& مرحبا 🐈`

// played is a result with two layers on a smooth picture of 440 x 300 pixels, which the
// model sees through a centre crop of 300 x 300. The first layer's map is 2 on the
// cells of a square of 2 x 2 and 0 elsewhere.
func played(label string) *heatmap.Result {
	pic := image.NewNRGBA(image.Rect(0, 0, 440, 300))
	for i := range 440 * 300 {
		pic.SetNRGBA(i%440, i/440, color.NRGBA{uint8(40 + i%440/4), uint8(60 + i/440/4), 120, 255})
	}
	one := func(layer string, n int, at func(x, y int) float32) *heatmap.Map {
		raw := heatmap.NewGrid(n, n)
		for i := range raw.Values {
			raw.Values[i] = at(i%n, i/n)
		}
		m := &heatmap.Map{Raw: raw, Layer: layer, Method: "Grad-CAM", Target: "class 7", Class: label, Index: 7, Score: 9.125,
			ScoreUnit: "logits", Unit: "logits",
			Field: &heatmap.Field{Lo: [2]float64{-10, -10}, Hi: [2]float64{20, 20}, Step: [2]float64{10, 10}}}
		positive := &heatmap.Map{Grid: heatmap.Grid{W: 60, H: 60}, Raw: heatmap.NewGrid(n, n)}
		for i, v := range raw.Values {
			positive.Raw.Values[i] = max(v, 0)
		}
		m.Grid = positive.Signed() // nothing else than the bilinear resize of it
		return m
	}
	r := &heatmap.Result{
		Picture: pic, Frame: imgio.Frame{PictureW: 440, PictureH: 300, ModelW: 60, ModelH: 60, X0: 70, ScaleX: 5, ScaleY: 5},
		Truth: heatmap.Box{170, 100, 270, 200}, Model: "net", Backend: "go",
		Top: []heatmap.Prediction{{Index: 7, Label: label, Score: 9.125, Probability: 0.75},
			{Index: 2, Label: "other", Score: 8, Probability: 0.25}},
		Maps: []*heatmap.Map{
			one("layer3", 6, func(x, y int) float32 {
				if x >= 2 && x <= 3 && y >= 2 && y <= 3 {
					return 2
				}
				return 0
			}),
			one("layer4", 3, func(x, y int) float32 { return float32(x - y) }),
		},
	}
	r.Maps[1].Box = heatmap.Box{100, 50, 200, 150}
	return r
}

// shown is a notebook with what nb.Show sends for each result.
func shown(t *testing.T, results ...*heatmap.Result) string {
	t.Helper()
	var outputs []any
	display := func(kind string, data any) {
		outputs = append(outputs, map[string]any{"output_type": "display_data", "metadata": map[string]any{"alt": "a figure"},
			"data": map[string]any{kind: data}})
	}
	for i, r := range results {
		png, err := render.EncodePNG(render.Card(r, r.Maps[0], nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		card, err := render.HTML("card-"+string(rune('a'+i)), []*heatmap.Result{r}, nil)
		if err != nil {
			t.Fatal(err)
		}
		display("image/png", base64.StdEncoding.EncodeToString(png))
		display("text/markdown", "| class | |\n|---|---|\n| one | 1 |\n") // which JupyterLab draws after the card runs
		display("text/html", render.CoverOutputs(card, 2))
	}
	text, err := json.Marshal(map[string]any{
		"nbformat": 4, "nbformat_minor": 5, "metadata": map[string]any{"title": hostileLabel},
		"cells": []any{map[string]any{"cell_type": "code", "id": "a", "execution_count": 1, "metadata": map[string]any{},
			"source": "nb.MustShow(results...)", "outputs": outputs}},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "cards.ipynb")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// seenCard is what testdata/cards.py reports of a page.
type seenCard struct {
	Title, Diagnosis, Readout, Hover string
	Contrast                         float64
	Explained, Keys                  []string
	Region, Box                      []float64
	Marks                            map[string]int
	Left                             int
	OpacityByKey                     string `json:"opacity by key"`
	Covered                          []int  // figures that are seen: at first, with the button pressed, and pressed again
	PageKeys                         struct {
		Kept, Ran bool
		Added     int
	} `json:"page keys"`
	Second  string `json:"second layer"`
	Back    string `json:"back by thumbnail"`
	Unnamed int
	Hostile struct {
		Title, Bar string
		Elements   int
		Wide       bool
	}
	Alerts, Errors, Far []string
	PageTitle           string `json:"page title"`

	Live, Controls, Pictures int
	Stills                   int
	WithoutText              int `json:"without text"`
	Text                     []string
}

// The card in JupyterLab, trusted and not, light and dark, and in the pages of
// nbconvert, whole and sanitised: what it draws is what render.Overlay draws, all of it
// works by pointer and by key, and a hostile label is text.
func TestCardsInBrowser(t *testing.T) {
	needLab(t)
	good, bad := played("tabby"), played(hostileLabel)
	bad.Maps[0].Diagnosis = "The map is made up: " + hostileLabel
	bad.Maps[1].Layer, bad.Top[1].Label = strings.Repeat("W", 10_000), strings.Repeat("W", 10_000)
	good.Maps[0].Diagnosis = "The map is made up."
	file, dir := shown(t, good, bad), t.ArtifactDir()
	out, err := exec.Command("python3", filepath.Join("testdata", "cards.py"), file, dir).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr(err))
	}
	var seen map[string]seenCard
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for page, name := range map[string]string{"lab Light": "lab-Light", "lab Dark": "lab-Dark", "page": "page"} {
		t.Run(page, func(t *testing.T) {
			checkPlayed(t, seen[page])
			checkDrawn(t, good, dir, name)
		})
	}
	if k := seen["lab Light"].PageKeys; !k.Kept || k.Added != 1 || !k.Ran {
		t.Errorf("with the focus in the card the notebook's keys do %+v: an arrow key must change no cell, b add one, Shift+Enter run it", k)
	}
	t.Run("untrusted", func(t *testing.T) {
		checkStill(t, seen["lab untrusted"], 2, filepath.Join(dir, "lab-untrusted-still.png"))
	})
	t.Run("sanitised", func(t *testing.T) { checkStill(t, seen["sanitised"], 0, "") })
	if got := seen["page"].PageTitle; !strings.Contains(got, "<script>") {
		t.Errorf("the page's title is %q", got)
	}
}

func checkPlayed(t *testing.T, s seenCard) {
	t.Helper()
	for what, got := range map[string][2]string{
		"title": {s.Title, "net: Grad-CAM at layer3"}, "diagnosis": {s.Diagnosis, "The map is made up."},
		"second layer": {s.Second, "net: Grad-CAM at layer4"}, "thumbnail": {s.Back, "net: Grad-CAM at layer3"},
		"opacity": {s.OpacityByKey, "74"}, "hostile title": {s.Hostile.Title, "net: Grad-CAM at layer3"},
		"hostile bar": {s.Hostile.Bar, hostileText},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %q, want %q", what, got[0], got[1])
		}
	}
	if len(s.Explained) != 1 || s.Explained[0] != "tabby" {
		t.Errorf("explained classes %q", s.Explained)
	}
	if !slices.Equal(s.Covered, []int{0, 1, 0}) {
		t.Errorf("beside the two playing cards %v figures are seen, want none, one at the button of the first card, none",
			s.Covered)
	}
	if s.Contrast < 4.5 { // WCAG 2.2, 1.4.3
		t.Errorf("the faintest text has the contrast %.2f", s.Contrast)
	}
	// The value 2 lies in cells 2 and 3, that is 20 to 40 of 60 pixels. Bilinearly it falls
	// to half within half a cell, so the box of 50 % is 20 to 40, in the picture
	// 70 + 5*20 = 170 to 270 and 100 to 200: the true box.
	if len(s.Region) != 4 {
		t.Fatalf("region %v", s.Region)
	}
	for i, want := range []float64{170, 100, 100, 100} {
		if !(math.Abs(s.Region[i]-want) <= 0.01) {
			t.Errorf("region %v, want 100 x 100 at (170, 100)", s.Region)
			break
		}
	}
	if !slices.Equal(s.Box, []float64{100, 50, 100, 100}) {
		t.Errorf("the box of the second layer's map is drawn at %v", s.Box)
	}
	if !strings.Contains(s.Readout, "IoU with the true box 1.00") {
		t.Errorf("with a threshold it reads %q", s.Readout)
	}
	// The middle of the stage is the picture's pixel (220, 150), the model's (30, 30) and
	// the corner of cell (3, 3).
	for _, want := range []string{"2 logits at pixel (220, 150)", "cell (3, 3) of 6 × 6",
		"receptive field 30 × 30 pixels"} {
		if !strings.Contains(s.Hover, want) {
			t.Errorf("under the pointer it reads %q, not %q", s.Hover, want)
		}
	}
	if s.Marks["cell"] != 1 || s.Marks["field"] != 1 || s.Marks["region"] != 0 || s.Left != 0 {
		t.Errorf("marks %v under the pointer, %d without", s.Marks, s.Left)
	}
	if len(s.Keys) != 2 || !strings.Contains(s.Keys[0], "cell (3, 3)") || !strings.Contains(s.Keys[1], "cell (4, 4)") {
		t.Errorf("the keys read %q", s.Keys)
	}
	if s.Hostile.Elements != 0 || s.Hostile.Wide || len(s.Alerts)+len(s.Errors)+len(s.Far)+s.Unnamed > 0 {
		t.Errorf("hostile %+v, alerts %q, errors %q, requests %q, %d elements without a name", s.Hostile, s.Alerts, s.Errors,
			s.Far, s.Unnamed)
	}
}

// checkDrawn compares the canvas with what Go draws. JPEG may change a channel by 8.
func checkDrawn(t *testing.T, r *heatmap.Result, dir, name string) {
	t.Helper()
	for file, c := range map[string]struct {
		m int
		o *render.Options
	}{
		"overlay": {0, nil}, "jet": {0, &render.Options{Colors: render.Jet}}, "second": {1, nil},
		"transparent": {0, &render.Options{Opacity: 1e-9}},
	} {
		m := *r.Maps[c.m]
		m.Box = heatmap.Box{} // the card draws it above the canvas
		got, err := imgio.Open(filepath.Join(dir, name+"-"+file+".png"))
		if err != nil {
			t.Error(err)
			continue
		}
		if d := pixels.Difference(got, render.Overlay(r, &m, c.o)); d > 8 {
			t.Errorf("%s: a pixel is off by %d of 255 from what Go draws", file, d)
		}
	}
}

// checkStill looks at what is left without scripts: pictures, with their text, and labels
// as text.
func checkStill(t *testing.T, s seenCard, stills int, still string) {
	t.Helper()
	text := strings.Join(s.Text, "\n")
	if s.Live != 0 || s.Controls != 0 || s.Pictures != 2 || s.Stills != stills || len(s.Alerts)+len(s.Far) > 0 {
		t.Errorf("%d live cards, %d controls, %d figures, %d stills (want %d), alerts %q, requests %q", s.Live, s.Controls,
			s.Pictures, s.Stills, stills, s.Alerts, s.Far)
	}
	if !strings.Contains(text, "The map is made up: "+hostileText) || !strings.Contains(text, "net: Grad-CAM at layer3") {
		t.Errorf("the text is %q", text)
	}
	if still == "" && s.WithoutText > 0 { // JupyterLab 4.6 gives picture outputs no text
		t.Errorf("%d of %d figures have no text", s.WithoutText, s.Pictures)
	}
	if len(text) > 2000 {
		t.Errorf("the page holds %d bytes of text, among them a script: %.500q", len(text), text)
	}
	if still == "" {
		return
	}
	img, err := imgio.Open(still)
	if err != nil {
		t.Fatal(err)
	}
	// Hot at the square, the picture itself beside it, grey where the model never saw.
	b := img.Bounds()
	at := func(x, y float64) color.NRGBA {
		return color.NRGBAModel.Convert(img.At(b.Min.X+int(x*float64(b.Dx())), b.Min.Y+int(y*float64(b.Dy())))).(color.NRGBA)
	}
	hot, cold, grey := at(0.5, 0.5), at(0.25, 0.2), at(0.05, 0.5)
	if hot.R < 200 || cold.B < cold.R+20 || max(grey.R, grey.G, grey.B)-min(grey.R, grey.G, grey.B) > 60 || grey.R < 120 {
		t.Errorf("the still picture is %v where the map is hot, %v where it is zero, %v outside", hot, cold, grey)
	}
}
