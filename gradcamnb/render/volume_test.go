package render

import (
	"encoding/json"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// volume is a map of a volume of 3 slices of 2 x 2, whose last slice alone is hot, on a picture whose slices are red,
// green and blue.
func volume() (*heatmap.Result, *heatmap.Map) {
	g := heatmap.Grid{W: 2, H: 6, Slices: 3, Values: []float32{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1}}
	img := image.NewNRGBA(image.Rect(0, 0, 2, 6))
	for i := range 12 {
		c := color.NRGBA{A: 255}
		*[]*uint8{&c.R, &c.G, &c.B}[i/4] = 255
		img.SetNRGBA(i%2, i/2, c)
	}
	m := &heatmap.Map{Grid: g, Raw: g, Method: "Grad-CAM", Layer: "conv", Unit: "logits", Index: -1}
	return &heatmap.Result{Picture: img, Frame: imgio.WholeFrame(2, 6), Model: "net", Maps: []*heatmap.Map{m}}, m
}

// The slices lie side by side with a white line between them, the first at the left. What is not hot
// shows the picture.
func TestOverlayOfVolume(t *testing.T) {
	r, m := volume()
	got := Overlay(r, m, nil)
	if b := got.Bounds(); b.Dx() != 3*2+2 || b.Dy() != 2 {
		t.Fatalf("the strip is %v, want 8 x 2 pixels", b)
	}
	white, red, green := color.NRGBA{255, 255, 255, 255}, color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 255, 0, 255}
	for x, want := range []color.NRGBA{red, red, white, green, green, white} {
		if c := got.NRGBAAt(x, 1); c != want {
			t.Errorf("pixel %d is %v, want %v", x, c, want)
		}
	}
	if c := got.NRGBAAt(6, 0); c == (color.NRGBA{0, 0, 255, 255}) {
		t.Error("the hot slice is not drawn")
	}
}

// The card's script has every slice by itself, and the figure keeps its words.
func TestCardOfVolume(t *testing.T) {
	r, m := volume()
	c, still, err := newCardResult(r)
	if err != nil {
		t.Fatal(err)
	}
	if c.Slices != 3 || c.Frame.PictureW != 2 || c.Frame.PictureH != 2 || c.Picture == "" || c.Picture == still {
		t.Errorf("the card has %d slices of %d x %d, and its pictures are the same: %v", c.Slices, c.Frame.PictureW,
			c.Frame.PictureH, c.Picture == still)
	}
	got := c.Maps[0]
	if got.Size != [2]int{2, 2} || got.Grid != [2]int{2, 2} || got.Kept != [2]int{2, 2} || *got.Slices != [2]int{3, 3} {
		text, _ := json.Marshal(got)
		t.Errorf("the map is %s", text)
	}
	if said := cellWords(r, m); said != "2 x 2 x 3 cells" {
		t.Errorf("the figure says %q", said)
	}
	page, err := Page([]*heatmap.Result{r}, nil)
	if err != nil || !strings.Contains(page, `"slices":3`) {
		t.Errorf("the page does not say that there are slices: %v", err)
	}
	if c := Card(r, m, nil); c.Bounds().Empty() {
		t.Error("the figure is empty")
	}
}

// A large volume is averaged slice by slice: means of 2 x 2 blocks, where the rows of two slices never meet.
func TestAveragedSlices(t *testing.T) {
	const side, count = 256, 2
	g := heatmap.Grid{W: side, H: side * count, Slices: count, Values: make([]float32, side*side*count)}
	for i := range g.Values {
		g.Values[i] = float32(i / (side * side))
	}
	out := averageCells(g)
	if out.Slices != count || out.W*out.H > 8*cardCells || out.H%count != 0 {
		t.Fatalf("%d x %d cells of %d slices", out.W, out.H, out.Slices)
	}
	half := len(out.Values) / count
	if slices.Max(out.Values[:half]) != 0 || slices.Min(out.Values[half:]) != 1 {
		t.Error("slices were mixed")
	}
}
