package render

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"gonum.org/v1/plot/palette"
	"gonum.org/v1/plot/palette/moreland"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/pixels"
)

func uniform(w, h int, c color.NRGBA) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.SetNRGBA(i%w, i/w, c)
	}
	return img
}

// greys is a colour map whose colours can be worked by hand.
var greys = ColorMap{Name: "greys", At: func(t float64) color.NRGBA {
	v := uint8(255*t + 0.5)
	return color.NRGBA{v, v, v, 255}
}}

// A picture 4 x 2 of (100, 0, 0); the model saw its middle 2 x 2 as 2 x 2; the map
// is 0, 1 / 4, 4, so the range is [0, 4]. By hand, with opacity 1:
//
//	seen (1, 0): t = 0, nothing covers the picture           -> (100, 0, 0)
//	seen (2, 0): t = 1/4, colour 64, covers with sqrt = 1/2  -> (82, 32, 32)
//	seen (1, 1), (2, 1): t = 1, colour 255, covers all       -> (255, 255, 255)
//	unseen: luma 0.299 * 100 = 29, halfway to 200            -> (114, 114, 114)
func TestOverlayByHand(t *testing.T) {
	m := &heatmap.Map{Grid: heatmap.Grid{W: 2, H: 2, Values: []float32{0, 1, 4, 4}}}
	r := &heatmap.Result{
		Picture: uniform(4, 2, color.NRGBA{100, 0, 0, 255}),
		Frame:   imgio.Frame{PictureW: 4, PictureH: 2, ModelW: 2, ModelH: 2, X0: 1, ScaleX: 1, ScaleY: 1},
	}
	got := Overlay(r, m, &Options{Colors: greys, Opacity: 1})
	grey, under, white := color.NRGBA{114, 114, 114, 255}, color.NRGBA{100, 0, 0, 255}, color.NRGBA{255, 255, 255, 255}
	for i, want := range []color.NRGBA{grey, under, {82, 32, 32, 255}, grey, grey, white, white, grey} {
		if c := got.NRGBAAt(i%4, i/4); c != want {
			t.Errorf("pixel (%d, %d) is %v, want %v", i%4, i/4, c, want)
		}
	}
}

// A map of 2 x 1 cells, 0 and 1, on a picture 4 pixels wide: bilinear with half-pixel
// centres reads 0, 1/4, 3/4, 1 at the pixels' middles.
func TestOverlayInterpolates(t *testing.T) {
	m := heatmap.Grid{W: 2, H: 1, Values: []float32{0, 1}}
	f := imgio.Frame{PictureW: 4, PictureH: 1, ModelW: 2, ModelH: 1, ScaleX: 2, ScaleY: 1}
	for x, want := range []float32{0, 0.25, 0.75, 1} {
		if got := m.AtPixel(f, x, 0); got != want {
			t.Errorf("pixel %d reads %g, want %g", x, got, want)
		}
	}
}

// A signed map of -2, 0, 1, 2 on a picture of (100, 0, 0), from -2 to 2, with opacity 1:
//
//	-2: t = 0, colour 0, distance from zero 1, covers all    -> (0, 0, 0)
//	 0: t = 1/2, distance 0, nothing covers the picture      -> (100, 0, 0)
//	 1: t = 3/4, colour 191, distance 1/2, covers 0.707      -> (164, 135, 135)
//	 2: t = 1, colour 255, covers all                        -> (255, 255, 255)
func TestSignedOverlayByHand(t *testing.T) {
	m := &heatmap.Map{Grid: heatmap.NewGrid(4, 1), Raw: heatmap.Grid{W: 4, H: 1, Values: []float32{-2, 0, 1, 2}}}
	r := &heatmap.Result{
		Picture: uniform(4, 1, color.NRGBA{100, 0, 0, 255}),
		Frame:   imgio.Frame{PictureW: 4, PictureH: 1, ModelW: 4, ModelH: 1, ScaleX: 1, ScaleY: 1},
	}
	got := Overlay(r, m, &Options{Colors: greys, Opacity: 1, Signed: true})
	for i, want := range []color.NRGBA{{0, 0, 0, 255}, {100, 0, 0, 255}, {164, 135, 135, 255}, {255, 255, 255, 255}} {
		if c := got.NRGBAAt(i, 0); c != want {
			t.Errorf("pixel %d is %v, want %v", i, c, want)
		}
	}
	m.Raw.Values = make([]float32, 4)
	if c := Overlay(r, m, &Options{Signed: true}).NRGBAAt(2, 0); c != (color.NRGBA{100, 0, 0, 255}) {
		t.Errorf("a map of zeros covers the picture: %v", c)
	}
}

// The bars of a letterbox are no part of the picture, so a map that is hot in the bars alone leaves the picture as it
// is.
func TestLetterboxBarsAreNotDrawn(t *testing.T) {
	m := &heatmap.Map{Grid: heatmap.Grid{W: 4, H: 4, Values: []float32{9, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9}}}
	red := color.NRGBA{200, 0, 0, 255}
	r := &heatmap.Result{
		Picture: uniform(4, 2, red),
		Frame:   imgio.Frame{PictureW: 4, PictureH: 2, ModelW: 4, ModelH: 4, Y0: -1, ScaleX: 1, ScaleY: 1},
	}
	got := Overlay(r, m, &Options{Colors: greys})
	for i := range 8 {
		if c := got.NRGBAAt(i%4, i/4); c != red {
			t.Errorf("pixel (%d, %d) is %v", i%4, i/4, c)
		}
	}
}

// Values that are not numbers get a colour that no colour map has.
func TestNaNHasItsOwnColour(t *testing.T) {
	m := &heatmap.Map{Grid: heatmap.Grid{W: 2, H: 1, Values: []float32{float32(math.NaN()), 1}}}
	got := Overlay(&heatmap.Result{}, m, nil)
	if c := got.NRGBAAt(0, 0); c != nanColor {
		t.Errorf("NaN is %v", c)
	}
	for i := range 101 {
		if BlackBody.At(float64(i)/100) == nanColor {
			t.Errorf("black body has the colour of NaN at %d %%", i)
		}
	}
}

// luminance is CIE 1931 Y of an sRGB colour, and lightness its L* (CIE 1976).
func lightness(c color.NRGBA) float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	y := 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
	if y <= 216.0/24389 {
		return y * 24389 / 27
	}
	return 116*math.Cbrt(y) - 16
}

// Perceptually uniform: over 20 equal steps the default's lightness rises by 5 of
// 100 each, to within 1.
func TestDefaultColoursRiseEvenly(t *testing.T) {
	const steps = 20
	for i := range steps {
		rise := lightness(BlackBody.At(float64(i+1)/steps)) - lightness(BlackBody.At(float64(i)/steps))
		if !(math.Abs(rise-100.0/steps) <= 1) {
			t.Errorf("step %d rises by %.2f, want %d", i, rise, 100/steps)
		}
	}
}

// Jet by its formula: blue 0.5 at 0, cyan-green-yellow in the middle, red 0.5 at 1.
func TestJetByHand(t *testing.T) {
	for at, want := range map[float64]color.NRGBA{
		0: {0, 0, 128, 255}, 0.25: {0, 128, 255, 255}, 0.5: {128, 255, 128, 255}, 0.75: {255, 128, 0, 255},
		1:  {128, 0, 0, 255},
		-3: {0, 0, 128, 255}, 7: {128, 0, 0, 255},
	} {
		if got := Jet.At(at); got != want {
			t.Errorf("jet(%g) = %v, want %v", at, got, want)
		}
	}
}

func TestColorMapByName(t *testing.T) {
	for _, name := range []string{"black body", "Black-Body", "blackbody", "JET", "blue-red"} {
		if _, err := ColorMapByName(name); err != nil {
			t.Error(err)
		}
	}
	if _, err := ColorMapByName("rainbows"); err == nil || !strings.Contains(err.Error(), `no colour map "rainbows"`) ||
		!strings.Contains(err.Error(), "black body") {
		t.Errorf("error %v", err)
	}
}

func TestShared(t *testing.T) {
	a := &heatmap.Map{Grid: heatmap.Grid{W: 2, H: 1, Values: []float32{0, 3}}}
	b := &heatmap.Map{Grid: heatmap.Grid{W: 2, H: 1, Values: []float32{-1, 5}}}
	if got := ShareRange(a, b); *got != (Range{0, 5}) {
		t.Errorf("%v", got)
	}
}

// A figure says what made it, also when the text is not ASCII, and is still a PNG.
func TestEncodePNGKeepsText(t *testing.T) {
	data, err := EncodePNG(uniform(2, 2, white), map[string]string{"Title": "Schäferhund <b>"})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte("iTXtTitle\x00\x00\x00\x00\x00Schäferhund <b>")) {
		t.Error("the text is not in the file")
	}
	if img, err := png.Decode(bytes.NewReader(data)); err != nil || img.Bounds().Dx() != 2 {
		t.Errorf("not a PNG any more: %v", err)
	}
	if _, err := EncodePNG(uniform(1, 1, white), map[string]string{"": "x"}); err == nil {
		t.Error("an empty keyword was written")
	}
}

func scene(label string) (*heatmap.Result, *heatmap.Map) {
	pic := image.NewNRGBA(image.Rect(0, 0, 300, 200))
	for i := range 300 * 200 {
		pic.SetNRGBA(i%300, i/300, color.NRGBA{uint8(i % 300 / 2), uint8(i / 300), 120, 255})
	}
	full := heatmap.NewGrid(20, 20)
	for i := range full.Values {
		x, y := float64(i%20)-14, float64(i/20)-8
		full.Values[i] = float32(2.5 * math.Exp(-(x*x+y*y)/20))
	}
	m := &heatmap.Map{Grid: full, Raw: heatmap.NewGrid(5, 5), Layer: "layer4.2", Method: "Grad-CAM", Target: "class 7",
		Class: label, Index: 7, Score: 9.12, ScoreUnit: "logits", Unit: "logits"}
	r := &heatmap.Result{
		Picture: pic, Frame: imgio.Frame{PictureW: 300, PictureH: 200, ModelW: 20, ModelH: 20, X0: 50, ScaleX: 10,
			ScaleY: 10},
		Model: "net", Maps: []*heatmap.Map{m},
		Top: []heatmap.Prediction{{Index: 7, Label: label, Score: 9.12, Probability: 0.75},
			{Index: 2, Label: "other", Score: 8, Probability: 0.25}},
	}
	return r, m
}

// The whole figure against a golden picture that a person has looked at: no
// channel of any pixel further off than 8, which is what other versions of the
// font rasteriser may change.
func TestCardAgainstGolden(t *testing.T) {
	r, m := scene("tabby")
	diagnosed, d := scene("tabby")
	d.Diagnosis = "The map is nowhere positive: what the layer sees speaks against the target everywhere. Look at the signed map, or at another target."
	bare, b := scene("")
	bare.Picture, bare.Top = nil, nil
	for file, got := range map[string]*image.NRGBA{
		"card.png":           Card(r, m, nil),
		"card-jet.png":       Card(r, m, &Options{Colors: Jet, Range: &Range{0, 5}}),
		"card-diagnosed.png": Card(diagnosed, d, nil),
		"card-tensor.png":    Card(bare, b, nil),
		"stack.png":          Stack([]*image.NRGBA{Card(r, m, nil), Card(bare, b, nil)}),
	} {
		pixels.Golden(t, got, 8, "render", file)
	}
}

// A colour bar's numbers, from end to end, among them the zero in between; of a map that is zero everywhere there is
// one.
func TestTicks(t *testing.T) {
	for _, c := range []struct {
		Range
		n    int
		want []tick
	}{
		{Range{0, 4}, 2, []tick{{0, "0"}, {1, "4"}}},
		{Range{-2, 2}, 2, []tick{{0, "-2"}, {0.5, "0"}, {1, "2"}}},
		{Range{-2, 2}, 4, []tick{{0, "-2"}, {0.25, "-1"}, {0.5, "0"}, {0.75, "1"}, {1, "2"}}},
		{Range{-1, 3}, 3, []tick{{0, "-1"}, {0.25, "0"}, {1, "3"}}},                           // the one in the middle gives way
		{Range{-1, 7}, 5, []tick{{0, "-1"}, {0.125, "0"}, {0.5, "3"}, {0.75, "5"}, {1, "7"}}}, // so does the second
		{Range{-1, 99}, 3, []tick{{0, "-1"}, {0.5, "49"}, {1, "99"}}},                         // zero would lie on the end
		{Range{}, 5, []tick{{0, "0"}}},
	} {
		if got := c.ticks(c.n); !slices.Equal(got, c.want) {
			t.Errorf("%v has %v, want %v", c.Range, got, c.want)
		}
	}
}

// sheet has one picture, maps of two units, an empty, a diagnosed, a framed and a
// signed cell.
func sheet() *heatmap.Sheet {
	r, m := scene("tabby")
	m.Metrics = map[string]float64{"insertion": 0.71, "deletion": 0.125}
	signed, zero, other := *m, *m, *m
	signed.Raw = heatmap.Grid{W: 2, H: 2, Values: []float32{-1, 0, 2, 0.5}}
	zero.Grid, zero.Diagnosis = heatmap.NewGrid(20, 20), "The map is zero everywhere: nothing moves the target."
	zero.Metrics = nil
	other.Unit, other.Grid = "activation", heatmap.NewGrid(20, 20)
	for i := range other.Values {
		other.Values[i] = 100 - m.Values[i]
	}
	r.Maps = []*heatmap.Map{m, &signed, &zero, &other}
	return &heatmap.Sheet{
		Title: "net: tabby", Rows: []string{"layer4.2", "a layer with a long name"},
		Columns: []string{"Grad-CAM", "Grad-CAM, signed", "a method with a long name"},
		Results: []*heatmap.Result{r}, Metrics: []string{"insertion", "deletion"},
		Note: "Framed: the best insertion - deletion.",
		Cells: [][]heatmap.Cell{
			{{Map: 0, Framed: true}, {Map: 1, Signed: true}, {Map: 3}},
			{{Map: 2}, {Empty: "RISE has no layer."}, {Map: 0}},
		},
	}
}

// Sheets against golden pictures that a person has looked at: on own scales, and on a
// shared one with one colour bar for each unit and sign.
func TestSheetAgainstGolden(t *testing.T) {
	s := sheet()
	pixels.Golden(t, Sheet(s, nil), 8, "render", "sheet-own.png")
	s.Shared = true
	pixels.Golden(t, Sheet(s, &Options{Colors: Jet}), 8, "render", "sheet-shared.png")
}

// On a shared scale a colour is a value: in the cell of half the values the picture is
// half way up the colour map.
func TestSheetSharedScale(t *testing.T) {
	r, m := scene("tabby")
	half := *m
	half.Grid = heatmap.NewGrid(20, 20)
	for i, v := range m.Values {
		half.Values[i] = v / 2
	}
	r.Picture, r.Maps = nil, []*heatmap.Map{m, &half}
	s := &heatmap.Sheet{Results: []*heatmap.Result{r}, Cells: [][]heatmap.Cell{{{Map: 0}, {Map: 1}}}, Shared: true}
	dark := &Options{Colors: ColorMap{Name: "dark greys",
		At: func(t float64) color.NRGBA { v := uint8(254 * t); return color.NRGBA{v, v, v, 255} }}}
	for shared, want := range map[bool]uint8{true: 127, false: 255} {
		s.Shared = shared
		l := newSheetLayout(s, dark)
		second := image.Rect(0, 0, cellSide, cellSide).Add(image.Pt(l.columnX(1), l.top))
		var brightest uint8
		got := Sheet(s, dark)
		for i := range cellSide * cellSide {
			brightest = max(brightest, got.NRGBAAt(second.Min.X+i%cellSide, second.Min.Y+i/cellSide).R)
		}
		if !(math.Abs(float64(brightest)-float64(want)) <= 6) {
			t.Errorf("shared %v: the brightest value of the second map is %d, want about %d", shared, brightest, want)
		}
	}
}

// Labels come from files that nobody has looked at: long ones, many lines, control
// characters, other scripts. The figure keeps its size.
func TestHostileLabels(t *testing.T) {
	r, m := scene("tabby")
	want := Card(r, m, nil).Bounds()
	for _, label := range []string{strings.Repeat("very long ", 5000), "two\nlines\r\n\tand tabs", "\x00\x1b[31m\u202e",
		"埃及猫 قطة 🐈", strings.Repeat("W", 100_000)} {
		r, m := scene(label)
		if got := Card(r, m, nil).Bounds(); got != want {
			t.Errorf("label %.20q makes the figure %v, want %v", label, got, want)
		}
		sh := sheet()
		sh.Title, sh.Rows[1], sh.Columns[2], sh.Cells[1][1].Empty = label, label, label, label
		if got := Sheet(sh, nil).Bounds(); got.Dx() > 960 || got.Dy() > 560 {
			t.Errorf("label %.20q makes the sheet %v", label, got)
		}
	}
}

// A 1 x 1 picture is shown large enough to be looked at.
func TestTinyPicture(t *testing.T) {
	r, m := scene("tabby")
	r.Picture = uniform(1, 1, color.NRGBA{10, 20, 30, 255})
	r.Frame = imgio.Frame{PictureW: 1, PictureH: 1, ModelW: 20, ModelH: 20, ScaleX: 0.05, ScaleY: 0.05}
	if b := Card(r, m, nil).Bounds(); b.Dy() < smallest {
		t.Errorf("the figure is %v", b)
	}
}

// Cards are drawn by several goroutines at a time as by one.
func TestCardsAtOnce(t *testing.T) {
	r := &heatmap.Result{Model: "net",
		Maps: []*heatmap.Map{{Grid: heatmap.NewGrid(4, 4), Raw: heatmap.NewGrid(2, 2), Layer: "layer4", Method: "Grad-CAM",
			Class: "a class with a name"}}}
	want := Card(r, r.Maps[0], nil).Pix
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 5 {
				if !slices.Equal(Card(r, r.Maps[0], nil).Pix, want) {
					t.Error("a card that is drawn beside others differs")
				}
			}
		})
	}
	wait.Wait()
}

// The tables of colours against the palettes that they are of.
func TestColoursAreThoseOfThePalette(t *testing.T) {
	for _, c := range []struct {
		table   ColorMap
		palette palette.ColorMap
	}{{BlackBody, moreland.ExtendedBlackBody()}, {BlueRed, moreland.SmoothBlueRed()}} {
		c.palette.SetMin(0)
		c.palette.SetMax(1)
		for i := range 9974 {
			at := float64(i) / 9973
			exact, err := c.palette.At(at)
			if err != nil {
				t.Fatal(err)
			}
			want, got := color.NRGBAModel.Convert(exact).(color.NRGBA), c.table.At(at)
			for _, d := range []int{int(got.R) - int(want.R), int(got.G) - int(want.G), int(got.B) - int(want.B)} {
				if d < -1 || d > 1 {
					t.Fatalf("%s at %g is %v, want %v", c.table.Name, at, got, want)
				}
			}
		}
	}
}
