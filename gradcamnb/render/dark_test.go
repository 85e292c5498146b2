package render

import (
	"image"
	"image/color"
	"math"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// contrast is that of WCAG 2.2, from 1 to 21.
func contrast(a, b color.NRGBA) float64 {
	light := func(c color.NRGBA) float64 {
		sum := 0.0
		for weight, v := range map[float64]uint8{0.2126: c.R, 0.7152: c.G, 0.0722: c.B} {
			s := float64(v) / 255
			if s <= 0.04045 {
				s /= 12.92
			} else {
				s = math.Pow((s+0.055)/1.055, 2.4)
			}
			sum += weight * s
		}
		return sum
	}
	x, y := light(a), light(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// Text stands off its ground, light and dark, as WCAG asks of small text: 4.5 to 1.
func TestContrast(t *testing.T) {
	if c := contrast(color.NRGBA{A: 255}, white); !(math.Abs(c-21) <= 1e-9) {
		t.Fatalf("black on white has a contrast of %g", c)
	}
	for _, c := range []color.NRGBA{ink, faint, mark} {
		if got := contrast(c, white); got < 4.5 {
			t.Errorf("%v on white: %.2f", c, got)
		}
		if got := contrast(night[c], night[white]); got < 4.5 {
			t.Errorf("%v on the dark ground: %.2f", night[c], got)
		}
	}
}

// A dark figure differs from the light one in its ground and text, and nowhere on the picture; so do figures put
// together.
func TestDark(t *testing.T) {
	m := &heatmap.Map{Grid: heatmap.Grid{W: 2, H: 2, Values: []float32{0, 1, 4, 4}}, Method: "Grad-CAM", Layer: "x",
		Raw: heatmap.NewGrid(2, 2)}
	r := &heatmap.Result{Model: "m", Picture: uniform(300, 200, color.NRGBA{100, 0, 0, 255}), Maps: []*heatmap.Map{m},
		Frame: imgio.Frame{PictureW: 300, PictureH: 200, ModelW: 2, ModelH: 2, ScaleX: 150, ScaleY: 100}}
	light, dark := Card(r, m, nil), Card(r, m, &Options{Dark: true})
	if light.Bounds() != dark.Bounds() || light.NRGBAAt(0, 0) != white || dark.NRGBAAt(0, 0) != night[white] {
		t.Fatalf("grounds %v, %v", light.NRGBAAt(0, 0), dark.NRGBAAt(0, 0))
	}
	same := 0
	for y := range light.Bounds().Dy() {
		for x := range light.Bounds().Dx() {
			if c := dark.NRGBAAt(x, y); c == light.NRGBAAt(x, y) {
				same++
			} else if light.NRGBAAt(x, y) == white && c != night[white] {
				t.Fatalf("(%d, %d) is %v", x, y, c)
			}
		}
	}
	if same < 2*300*200*9/10 { // the picture, and the map on it
		t.Errorf("%d pixels are the same", same)
	}
	wide := Stack([]*image.NRGBA{dark, Card(r, m, &Options{Dark: true})})
	if b := wide.Bounds(); wide.NRGBAAt(b.Max.X-1, b.Max.Y-1) != night[white] {
		t.Error("figures put together have a light ground")
	}
	boxed, alone := *m, *r
	boxed.Box, boxed.W, boxed.H, boxed.Values = heatmap.Box{10, 10, 50, 50}, 4, 1, m.Values
	alone.Picture, alone.Maps = nil, []*heatmap.Map{&boxed}
	detected := Detected(&alone, &Options{Dark: true})
	if c := detected.NRGBAAt(margin, margin+14+lineH); c != night[white] {
		t.Errorf("the place of a picture that there is not is %v", c)
	}
	for name, figure := range map[string]*image.NRGBA{
		"detected":   detected,
		"grid":       Grid([]*heatmap.Result{r}, &Options{Dark: true}),
		"detections": DetectionSheet(r, &Options{Dark: true}),
	} {
		if figure.NRGBAAt(0, 0) != night[white] {
			t.Errorf("%s: the ground is %v", name, figure.NRGBAAt(0, 0))
		}
	}
}
