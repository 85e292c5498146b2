package render

import (
	"image"
	"image/color"
	"image/draw"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// coloured is a result whose map is zero on a picture of one colour.
func coloured(w, h int, c color.NRGBA) *heatmap.Result {
	picture := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.Draw(picture, picture.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
	return &heatmap.Result{
		Model: "net", Picture: picture, Frame: imgio.WholeFrame(w, h),
		Maps: []*heatmap.Map{{Grid: heatmap.NewGrid(w, h), Raw: heatmap.NewGrid(2, 2), Layer: "a", Method: "Grad-CAM",
			Target: "class 1", Unit: "logits"}},
	}
}

// A picture that is more than twice as wide as high stands above its map, larger than others; any other stands beside
// it. The pictures and maps are found by their colour: their top left corners and sizes.
func TestWidePictureStandsAboveItsMap(t *testing.T) {
	blue := color.NRGBA{0, 0, 255, 255}
	for _, c := range []struct {
		w, h int
		want []image.Rectangle
	}{
		// 320 times the root of 4 is 640; the title and the caption above it take 82 pixels, a caption 22.
		{4000, 1000, []image.Rectangle{image.Rect(20, 82, 660, 242), image.Rect(20, 264, 660, 424)}},
		{1000, 500, []image.Rectangle{image.Rect(20, 82, 340, 242), image.Rect(354, 82, 674, 242)}}, // just twice as wide
		// 320 times the root of 9 is above 654.
		{1000, 9000, []image.Rectangle{image.Rect(20, 82, 93, 736), image.Rect(107, 82, 180, 736)}},
	} {
		figure := Card(coloured(c.w, c.h, blue), coloured(c.w, c.h, blue).Maps[0], nil)
		for _, want := range c.want {
			inside, outside := want.Inset(1), want.Inset(-2)
			for _, p := range []image.Point{inside.Min, inside.Max.Sub(image.Pt(1, 1))} {
				if got := figure.NRGBAAt(p.X, p.Y); got != blue {
					t.Errorf("%d x %d: at %v, which is in a picture, the figure is %v", c.w, c.h, p, got)
				}
			}
			for _, p := range []image.Point{outside.Min, {X: want.Min.X + 3, Y: outside.Max.Y},
				{X: outside.Max.X, Y: want.Min.Y + 3}} {
				if got := figure.NRGBAAt(p.X, p.Y); got == blue {
					t.Errorf("%d x %d: at %v, which is beside a picture, the figure is blue", c.w, c.h, p)
				}
			}
		}
	}
}

// The maps on a sheet of detections are as much wider as makes up for the height of a wide picture, up to twice.
func TestMapWidth(t *testing.T) {
	for want, size := range map[int][2]int{190: {300, 300}, 285: {900, 400}, 380: {8000, 1000}} {
		if got := mapWidth(&heatmap.Result{Frame: imgio.WholeFrame(size[0], size[1])}, 190); got != want {
			t.Errorf("%v: %d, want %d", size, got, want)
		}
	}
	if got := mapWidth(&heatmap.Result{Frame: imgio.WholeFrame(100, 300)}, 190); got != 190 {
		t.Errorf("of a tall picture it is %d", got)
	}
}

// A signal is a picture of one row. It and its map are drawn 24 pixels high, on the figure, in the table, in the grid
// and on the card; a picture that is high enough keeps its sides.
func TestSignalsCanBeSeen(t *testing.T) {
	blue := color.NRGBA{0, 0, 255, 255}
	r := coloured(16000, 1, blue)
	figure := Card(r, r.Maps[0], nil)
	for _, y := range []int{82, 82 + 23, 82 + 24 + 22, 82 + 24 + 22 + 23} { // a caption of 22 pixels stands between
		if got := figure.NRGBAAt(40, y); got != blue {
			t.Errorf("at height %d the figure is %v", y, got)
		}
	}
	if got := figure.NRGBAAt(40, 82+24); got == blue {
		t.Error("the signal is more than 24 pixels high")
	}
	// The bar stands beside the map, 654 pixels and a gap of 14 from the margin, and is 60 pixels high.
	for y, inBar := range map[int]bool{127: false, 128: true, 187: true, 188: false} {
		if got := figure.NRGBAAt(690, y); (got != white) != inBar {
			t.Errorf("at height %d, where the bar is or not (%t), the figure is %v", y, inBar, got)
		}
	}
	if w, h := thumbSize(r, r.Maps[0], 150); w != 150 || h != 24 {
		t.Errorf("in a table it has %d x %d pixels", w, h)
	}
	if w, h := stageSize(r); w != 640 || h != 24 {
		t.Errorf("on a card it has %d x %d pixels", w, h)
	}
	if w, h := fitSquare(600, 400, 150); w != 150 || h != 100 {
		t.Errorf("a photo has %d x %d pixels", w, h)
	}
}

// A title that has no room in one line goes on in the next, so that the end of the layer's name can be read.
func TestLongTitlesWrap(t *testing.T) {
	short := coloured(300, 200, color.NRGBA{0, 0, 255, 255})
	long := coloured(300, 200, color.NRGBA{0, 0, 255, 255})
	long.Maps[0].Layer = strings.Repeat("/backbone/stages.3/blocks.1", 4)
	a, b := Card(short, short.Maps[0], nil), Card(long, long.Maps[0], nil)
	if got := (b.Rect.Dy() - a.Rect.Dy()) / lineH; got < 1 || got > 2 {
		t.Errorf("the figure has %d more lines, want one or two", got)
	}
}
