package render

import (
	"fmt"
	"image/color"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Eight pictures of one size are two rows: six fit into a thousand pixels, (1000 - 2*20 + 10) / (150 + 10). A row is
// as high as its pictures, three lines of 15 pixels and two gaps of 10.
func TestGridWraps(t *testing.T) {
	var results []*heatmap.Result
	for i := range 8 {
		r, _ := scene("tabby")
		r.Name = fmt.Sprintf("photo-%d.jpg", i)
		results = append(results, r)
	}
	_, h := thumbSize(results[0], results[0].Maps[0], gridSide)
	got := Grid(results, nil)
	if want := 20 + 14 + 20 + 2*(h+3*15+2*10) + 20; got.Rect.Dx() != 990 || got.Rect.Dy() != want {
		t.Errorf("the grid has %v pixels, want 990 x %d", got.Rect.Size(), want)
	}
	// The seventh picture begins the second row, at the left margin; nothing stands right of the eighth.
	y := 20 + 14 + 20 + h + 3*15 + 2*10
	plain := color.NRGBA{255, 255, 255, 255}
	if got.NRGBAAt(20+5, y+5) == plain || got.NRGBAAt(20+160+5, y+5) == plain || got.NRGBAAt(20+2*160+5, y+5) != plain {
		t.Error("the second row does not hold two pictures")
	}
	small := faces().small
	if words := explainedWords(results[0], results[0].Maps[0], gridSide, small); words != "tabby 75.0 %" {
		t.Errorf("below the picture it says %q", words)
	}
	long, m := scene("sulphur-crested cockatoo, Kakatoe galerita, Cacatua galerita")
	words := explainedWords(long, m, gridSide, small)
	if !strings.HasPrefix(words, "sulphur") || !strings.HasSuffix(words, "… 75.0 %") ||
		textWidth(words, small) > gridSide {
		t.Errorf("of a long label it says %q", words)
	}
}
