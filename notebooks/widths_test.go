package notebooks

import (
	"encoding/json"
	"image"
	"image/color"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
)

// rectangle is left, top, width and height in CSS pixels.
type rectangle [4]float64

// within is the rectangle of a part of another, by shares of its sides.
func (r rectangle) within(x0, y0, x1, y1 float64) rectangle {
	return rectangle{r[0] + r[2]*x0, r[1] + r[3]*y0, r[2] * (x1 - x0), r[3] * (y1 - y0)}
}

func (r rectangle) near(o rectangle, pixels float64) bool {
	for i := range r {
		if !(math.Abs(r[i]-o[i]) <= pixels) {
			return false
		}
	}
	return true
}

type cardBoxes struct{ Canvas, Marks, Bar, Region, Opacity rectangle }

// seenWidth is what testdata/widths.py reports of a page of one width.
type seenWidth struct {
	Boxes   cardBoxes
	Buttons []rectangle
	Errors  []string
	Out     []string // what stands out of the card
	Gap     float64  // below the words about the map
	Cell    rectangle
	Then    rectangle `json:"canvas then"`
	Moved   float64
	Below   int
	Wide    float64
	Dark    []string
	Print   struct {
		cardBoxes
		Tools bool
	}
}

const outlined = 5 // a box's own outline is part of its rectangle in the page: halo and stroke

// lowestBar is the least height of a colour bar, in CSS pixels, below which its numbers would lie on each other.
const lowestBar = 60

// measuredCard is a card whose boxes are measured at many widths.
type measuredCard struct {
	results []*heatmap.Result
	shown   [2]float64 // width and height of the picture on the card, in CSS pixels, if there is room
	region  rectangle  // where the region from 50 % lies, in shares of the picture: x0, y0, x1, y1
	cell    rectangle  // where the cell in the middle lies
}

// check compares what was seen with what must be, at one width.
func (c measuredCard) check(t *testing.T, width string, s seenWidth) {
	t.Helper()
	if len(s.Errors) > 0 {
		t.Fatalf("errors %q", s.Errors)
	}
	c.checkPlaces(t, s.Boxes)
	if want := s.Then.within(c.cell[0], c.cell[1], c.cell[2], c.cell[3]); !s.Cell.near(want, outlined) {
		t.Errorf("the pointed cell lies at %v, want %v", s.Cell, want)
	}
	if len(s.Out) > 0 || !(s.Gap <= 8) {
		t.Errorf("%q stand out of the card; below the words about the map %v pixels are empty", s.Out, s.Gap)
	}
	if s.Moved != 0 || s.Below != 0 || s.Wide > 0 {
		t.Errorf("pointing moves the sliders by %v; below the picture %d cells are marked; %v pixels stand out", s.Moved,
			s.Below, s.Wide)
	}
	r := c.results[0]
	if len(s.Buttons) != len(r.Detections) {
		t.Errorf("%d detections have buttons, want %d", len(s.Buttons), len(r.Detections))
	}
	for i, b := range s.Buttons {
		d, w, h := r.Detections[i].Box, float64(r.Frame.PictureW), float64(r.Frame.PictureH)
		if want := s.Boxes.Canvas.within(d[0]/w, d[1]/h, d[2]/w, d[3]/h); !b.near(want, 0.6) {
			t.Errorf("the button of detection %d lies at %v, want %v", i+1, b, want)
		}
	}
	if width != "800" {
		return
	}
	c.checkPlaces(t, s.Print.cardBoxes)
	if s.Print.Tools {
		t.Error("sliders are printed")
	}
	if len(s.Dark) != 2 || s.Dark[0] == "rgb(255, 255, 255)" || s.Dark[1] == "rgb(32, 33, 36)" {
		t.Errorf("on a dark page ground and ink are %q", s.Dark)
	}
}

// checkPlaces checks where the marks, the bar and the region lie.
func (c measuredCard) checkPlaces(t *testing.T, b cardBoxes) {
	t.Helper()
	least := min(c.shown[0], 120)
	if b.Canvas[2] < least || !(math.Abs(b.Canvas[3]-b.Canvas[2]*c.shown[1]/c.shown[0]) <= 1) {
		t.Errorf("the picture of %v is shown with %.1f x %.1f", c.shown, b.Canvas[2], b.Canvas[3])
	}
	if !b.Marks.near(b.Canvas, 0.6) {
		t.Errorf("the marks lie at %v, the picture at %v", b.Marks, b.Canvas)
	}
	top := b.Canvas[1]
	// Below a wide picture, if there is no room beside it:
	if c.shown[0] > 2*c.shown[1] && b.Bar[0] < b.Canvas[0]+b.Canvas[2] {
		top += b.Canvas[3] + 10
	}
	if !(math.Abs(b.Bar[1]-top) <= 0.6) || !(math.Abs(b.Bar[3]-max(b.Canvas[3], lowestBar)) <= 0.6) {
		t.Errorf("the colour bar lies at %v, the picture at %v", b.Bar, b.Canvas)
	}
	if want := b.Canvas.within(c.region[0], c.region[1], c.region[2], c.region[3]); !b.Region.near(want, outlined) {
		t.Errorf("the region lies at %v, want %v", b.Region, want)
	}
}

// measureCard opens a card at many widths.
func measureCard(t *testing.T, results []*heatmap.Result, o *render.Options, widths ...string) map[string]seenWidth {
	t.Helper()
	dir := t.ArtifactDir()
	html, err := render.Page(results, o)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "card.html")
	if err := os.WriteFile(file, []byte(html), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("python3", append([]string{filepath.Join("testdata", "widths.py"), file, dir},
		widths...)...).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr(err))
	}
	var seen map[string]seenWidth
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if len(seen) != len(widths) {
		t.Fatalf("%d widths were seen of %d", len(seen), len(widths))
	}
	return seen
}

// The region of played is 100 x 100 at (170, 100), see checkPlayed. The middle is the corner of cell (3, 3) of 6 x 6,
// which are 50 pixels of the picture wide: 220 to 270.
var (
	onPlayed     = rectangle{170 / 440., 100 / 300., 270 / 440., 200 / 300.}
	onPlayedCell = rectangle{220 / 440., 150 / 300., 270 / 440., 200 / 300.}
)

// The marks and the colour bar lie on the picture at every width of the page, at 200 % zoom and in print, and nothing
// stands out to the side.
func TestCardAtEveryWidth(t *testing.T) {
	needLab(t)
	c := measuredCard{[]*heatmap.Result{played("tabby")}, [2]float64{440, 300}, onPlayed, onPlayedCell}
	for width, s := range measureCard(t, c.results, nil, "320", "420", "500", "586", "640z", "800", "1280", "2560") {
		t.Run(width, func(t *testing.T) { c.check(t, width, s) })
	}
	// Where there is no room for words, as beside JupyterLab's list of files in a narrow window, the card keeps its least
	// width, and its output scrolls.
	t.Run("120", func(t *testing.T) { c.checkPlaces(t, measureCard(t, c.results, nil, "120")["120"].Boxes) })
}

// stretched is the result of played on a picture of any size, which the model sees as a whole. The map is 2 in the
// middle of 5 x 5 cells, and 0 elsewhere. Bilinearly it falls to half within half a cell, so the region from 50 % is
// that cell: 0.4 to 0.6 of each side.
func stretched(w, h int) *heatmap.Result {
	r := played("tabby")
	pic := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		pic.SetNRGBA(i%w, i/w, color.NRGBA{uint8(40 + 100*(i%w)/w), uint8(60 + 100*(i/w)/h), 120, 255})
	}
	r.Picture, r.Truth, r.Maps = pic, heatmap.Box{}, r.Maps[:1]
	r.Frame = imgio.Frame{PictureW: w, PictureH: h, ModelW: 60, ModelH: 60, ScaleX: float64(w) / 60,
		ScaleY: float64(h) / 60}
	m := r.Maps[0]
	m.Raw, m.Field = heatmap.NewGrid(5, 5), nil
	m.Raw.Values[12] = 2
	m.Grid = m.Signed()
	return r
}

// A long name of a picture makes no control stand out of the narrowest card, as beside JupyterLab's prompts in a window
// of 420 pixels.
func TestLongNamesOnTheNarrowestCard(t *testing.T) {
	needLab(t)
	several := []*heatmap.Result{played("tabby"), played("other")}
	for _, r := range several {
		r.Name = "a picture with a long name, as people give them to their photos, 2.png"
	}
	if s := measureCard(t, several, nil, "300")["300"]; len(s.Out) > 0 || len(s.Errors) > 0 {
		t.Errorf("%q stand out of the card; errors %q", s.Out, s.Errors)
	}
}

// The same holds of wide and tall pictures, which are shown larger than others of their longer side; of a film; of
// several pictures and targets; and of detections, whose buttons lie on their boxes.
func TestCardsOfEveryKindAtEveryWidth(t *testing.T) {
	needLab(t)
	middle := rectangle{0.4, 0.4, 0.6, 0.6}
	detector := stretched(600, 400)
	for i, b := range []heatmap.Box{{60, 40, 300, 200}, {400, 100, 580, 390}} {
		m := *detector.Maps[0]
		m.Box, m.Found, m.Target, m.Index, m.Method = b, i+1, []string{"detection 1", "detection 2"}[i], -1, "D-RISE"
		detector.Maps = append(detector.Maps, &m)
		detector.Detections = append(detector.Detections, heatmap.Detection{Box: b, Label: "dog", Score: 0.9})
	}
	detector.Maps = detector.Maps[1:]
	several := []*heatmap.Result{played("tabby"), played("other"), played("third")}
	for _, r := range several {
		r.Name = "a picture with a long name, as people give them to their photos, 2.png"
	}
	film := []*heatmap.Result{stretched(440, 300), stretched(440, 300), stretched(440, 300)}
	long := stretched(440, 300)
	long.Maps[0].Class = strings.Repeat("onewordonly", 20)
	for name, c := range map[string]struct {
		measuredCard
		options *render.Options
	}{
		// 2940 / 483 = 6.09; 440 times the root of that is above 640.
		"panorama": {measuredCard{[]*heatmap.Result{stretched(2940, 483)}, [2]float64{640, 105}, middle, middle}, nil},
		// 440 times the root of 2.25 is 660, above 640; 640 / 2.25 = 284.
		"tall":  {measuredCard{[]*heatmap.Result{stretched(800, 1800)}, [2]float64{284, 640}, middle, middle}, nil},
		"many":  {measuredCard{several, [2]float64{440, 300}, onPlayed, onPlayedCell}, nil},
		"film":  {measuredCard{film, [2]float64{440, 300}, middle, middle}, &render.Options{Film: true}},
		"boxes": {measuredCard{[]*heatmap.Result{detector}, [2]float64{440, 293}, middle, middle}, nil},
		// A row of pixels is drawn 24 pixels high.
		"signal": {measuredCard{[]*heatmap.Result{stretched(1024, 1)}, [2]float64{640, 24}, middle, middle}, nil},
		"long":   {measuredCard{[]*heatmap.Result{long}, [2]float64{440, 300}, middle, middle}, nil},
		"square": {measuredCard{[]*heatmap.Result{stretched(64, 64)}, [2]float64{320, 320}, middle, middle}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for width, s := range measureCard(t, c.results, c.options, "320", "640z", "800", "2560") {
				t.Run(width, func(t *testing.T) { c.check(t, width, s) })
			}
		})
	}
}
