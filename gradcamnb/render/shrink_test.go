package render

import (
	"image"
	"image/color"
	"runtime"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// photo is a result of a photograph of w x h pixels.
func photo(w, h int) *heatmap.Result {
	pic := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		pic.Pix[4*i], pic.Pix[4*i+1], pic.Pix[4*i+2], pic.Pix[4*i+3] = uint8(i%w*255/w), uint8(i/w*255/h), 90, 255
	}
	m := &heatmap.Map{Grid: heatmap.NewGrid(224, 224), Raw: heatmap.NewGrid(7, 7), Layer: "layer4", Method: "Grad-CAM",
		Target: "class 1", Index: 1, Unit: "logits"}
	for i := range m.Values {
		m.Values[i] = float32(i % 224)
	}
	side := float64(min(w, h))
	return &heatmap.Result{Picture: pic, Model: "net", Maps: []*heatmap.Map{m},
		Frame: imgio.Frame{PictureW: w, PictureH: h, ModelW: 224, ModelH: 224, X0: (float64(w) - side) / 2,
			Y0: (float64(h) - side) / 2, ScaleX: side / 224, ScaleY: side / 224}}
}

// Blocks are means, the last ones with what is left over: 7 x 5 pixels in blocks of 2 are 3 x 2 blocks, of which the
// last are 3 wide and 3 high.
func TestAveragedBlocksByHand(t *testing.T) {
	pic := image.NewNRGBA(image.Rect(0, 0, 7, 5))
	for y := range 5 {
		for x := range 7 {
			pic.SetNRGBA(x, y, color.NRGBA{uint8(10 * x), uint8(10 * y), 200, 255})
		}
	}
	got, ok := averageBlocks(pic, 2)
	if !ok || got.Rect != image.Rect(0, 0, 3, 2) {
		t.Fatalf("%v, %v", got, ok)
	}
	for at, want := range map[image.Point]color.RGBA{
		{0, 0}: {5, 5, 200, 255},   // x 0 and 1, y 0 and 1
		{1, 0}: {25, 5, 200, 255},  // x 2 and 3
		{2, 1}: {50, 30, 200, 255}, // x 4 to 6, y 2 to 4
	} {
		if c := got.RGBAAt(at.X, at.Y); c != want {
			t.Errorf("block %v is %v, want %v", at, c, want)
		}
	}
	gray := image.NewGray(image.Rect(3, 3, 9, 9))
	gray.SetGray(3, 3, color.Gray{200})
	if got, ok := averageBlocks(gray, 2); !ok || got.RGBAAt(0, 0).R != 50 {
		t.Errorf("of a picture that does not begin at (0, 0) the first block is %v", got.RGBAAt(0, 0))
	}
}

// The largest block of all, of twice largestBlock less one pixels a side, has the highest sums: white stays white.
// A picture with one translucent pixel, wherever it lies, has no blocks.
func TestLargestAndTranslucentBlocks(t *testing.T) {
	const side = 2*largestBlock - 1
	pic := image.NewNRGBA(image.Rect(0, 0, side, side))
	for i := range pic.Pix {
		pic.Pix[i] = 255
	}
	got, ok := averageBlocks(pic, largestBlock)
	if !ok || got.Rect != image.Rect(0, 0, 1, 1) || got.RGBAAt(0, 0) != (color.RGBA{255, 255, 255, 255}) {
		t.Errorf("of white %v, %v", got, ok)
	}
	for _, at := range []image.Point{{0, 0}, {side - 1, 0}, {100, 100}, {side - 1, side - 1}} {
		pic.SetNRGBA(at.X, at.Y, color.NRGBA{255, 255, 255, 254})
		if _, ok := averageBlocks(pic, 3); ok {
			t.Errorf("the translucent pixel at %v is not seen", at)
		}
		pic.SetNRGBA(at.X, at.Y, color.NRGBA{255, 255, 255, 255})
	}
}

// A figure of a large photograph takes memory as the figure is large: 12 megapixels are 48 MB.
func TestDrawingTakesTheFiguresMemory(t *testing.T) {
	r := photo(3024, 4032)
	Card(photo(200, 200), r.Maps[0], nil) // fonts and colours are made once
	for name, draw := range map[string]func(){
		"Card":        func() { Card(r, r.Maps[0], nil) },
		"HTML":        func() { _, _ = HTML("x", []*heatmap.Result{r}, nil) },
		"Fingerprint": func() { Fingerprint(r.Picture) },
		"Sheet": func() {
			Sheet(&heatmap.Sheet{Results: []*heatmap.Result{r}, Rows: []string{"a"}, Columns: []string{"b"},
				Cells: [][]heatmap.Cell{{{}}}}, nil)
		},
		"Detections": func() { Detections(r.Picture, nil) },
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		draw()
		runtime.ReadMemStats(&after)
		if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used >= 48 {
			t.Errorf("%s allocates %d MiB for a photograph of 12 megapixels", name, used)
		}
	}
}

func BenchmarkShow(b *testing.B) {
	for name, size := range map[string][2]int{"600x400": {600, 400}, "12MP": {3024, 4032}, "54MP": {9000, 6000}} {
		r := photo(size[0], size[1])
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Card(r, r.Maps[0], nil)
				if _, err := HTML("x", []*heatmap.Result{r}, nil); err != nil {
					b.Fatal(err)
				}
				Provenance(r, r.Maps[0])
			}
		})
	}
}
