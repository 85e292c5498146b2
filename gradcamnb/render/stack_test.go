package render

import (
	"bytes"
	"image"
	"image/color"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Of several pictures each card's title names its own; explanations of one picture need no name.
func TestCardsNamePictures(t *testing.T) {
	a, b := coloured(40, 30, color.NRGBA{0, 0, 255, 255}), coloured(40, 30, color.NRGBA{0, 0, 255, 255})
	mapsOf := func(r *heatmap.Result) []*heatmap.Map { return r.Maps }
	titled := func(of1, of2 string) *image.NRGBA {
		return Stack([]*image.NRGBA{card(a, a.Maps[0], of1, nil), card(b, b.Maps[0], of2, nil)})
	}
	for want, names := range map[[2]string][2]string{
		{"net, a.png", "net, b.png"}:         {"a.png", "b.png"},
		{"net", "net"}:                       {"a.png", "a.png"},
		{"net, picture 1", "net, picture 2"}: {"", ""},
		{"net, a.png", "net, picture 2"}:     {"a.png", ""},
		{"net, picture 1", "net, b.png"}:     {"", "b.png"},
	} {
		a.Name, b.Name = names[0], names[1]
		got := Cards([]*heatmap.Result{a, b}, mapsOf, nil)
		if wanted := titled(want[0], want[1]); !bytes.Equal(got.Pix, wanted.Pix) {
			t.Errorf("of %q the titles are not %q", names, want)
		}
	}
	a.Name = "a.png"
	if got := Cards([]*heatmap.Result{a}, mapsOf, nil); !bytes.Equal(got.Pix, Card(a, a.Maps[0], nil).Pix) {
		t.Error("a picture alone is named")
	}
}

// What is said above a narrow picture's map has room: 24 pixels from the left begins the map of a signal, and the
// figure is wider by as much as its words are than the map.
func TestNarrowMapHasItsWords(t *testing.T) {
	r := coloured(100, 3000, color.NRGBA{0, 0, 255, 255})
	words := spellOut(cellWords(r, r.Maps[0]))
	got := Card(r, r.Maps[0], nil)
	at := margin + textWidth("picture", faces().small) + gap + textWidth(words, faces().small)
	bar := image.Rect(at, margin+3*lineH, got.Rect.Dx(), got.Rect.Dy())
	for x := bar.Min.X; x < bar.Max.X; x++ { // the bar's lowest colour is black
		if y := got.Rect.Dy() - margin - 2; got.NRGBAAt(x, y).R < 10 {
			if x-at > 2*gap {
				t.Errorf("the colour bar begins %d pixels behind the words", x-at)
			}
			return
		}
	}
	t.Error("the colour bar does not stand right of the words")
}
