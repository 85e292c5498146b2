package notebooks

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
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

// The marks and the colour bar lie on the picture at every width of the page, at 200 % zoom and in print, and nothing
// stands out to the side.
func TestCardAtEveryWidth(t *testing.T) {
	needLab(t)
	dir := t.ArtifactDir()
	html, err := render.Page([]*heatmap.Result{played("tabby")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "card.html")
	if err := os.WriteFile(file, []byte(html), 0o600); err != nil {
		t.Fatal(err)
	}
	widths := []string{"320", "420", "500", "586", "640z", "800", "1280", "2560"}
	out, err := exec.Command("python3", append([]string{filepath.Join("testdata", "widths.py"), file, dir},
		widths...)...).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr(err))
	}
	var seen map[string]struct {
		Boxes  cardBoxes
		Errors []string
		Cell   rectangle
		Then   rectangle `json:"canvas then"`
		Moved  float64
		Below  int
		Wide   float64
		Dark   []string
		Print  struct {
			cardBoxes
			Tools bool
		}
	}
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const line = 5 // a box's own outline is part of its rectangle in the page: halo and stroke
	placed := func(t *testing.T, b cardBoxes) {
		t.Helper()
		if b.Canvas[2] < 120 || !(math.Abs(b.Canvas[2]/b.Canvas[3]-440.0/300) <= 0.02) {
			t.Errorf("the picture of 440 x 300 is shown with %.0f x %.0f", b.Canvas[2], b.Canvas[3])
		}
		if !b.Marks.near(b.Canvas, 0.6) {
			t.Errorf("the marks lie at %v, the picture at %v", b.Marks, b.Canvas)
		}
		if !(math.Abs(b.Bar[1]-b.Canvas[1]) <= 0.6) || !(math.Abs(b.Bar[3]-b.Canvas[3]) <= 0.6) {
			t.Errorf("the colour bar lies at %v, the picture at %v", b.Bar, b.Canvas)
		}
		// The region is 100 x 100 at (170, 100), see checkPlayed.
		if want := b.Canvas.within(170/440., 100/300., 270/440., 200/300.); !b.Region.near(want, line) {
			t.Errorf("the region lies at %v, want %v", b.Region, want)
		}
	}
	for _, width := range widths {
		t.Run(width, func(t *testing.T) {
			s, ok := seen[width]
			if !ok || len(s.Errors) > 0 {
				t.Fatalf("seen %v, errors %q", ok, s.Errors)
			}
			placed(t, s.Boxes)
			// The middle is the corner of cell (3, 3) of 6 x 6, which are 50 pixels of the picture wide: 220 to 270.
			if want := s.Then.within(220/440., 150/300., 270/440., 200/300.); !s.Cell.near(want, line) {
				t.Errorf("the pointed cell lies at %v, want %v", s.Cell, want)
			}
			if s.Moved != 0 || s.Below != 0 || s.Wide > 0 {
				t.Errorf("pointing moves the sliders by %v; below the picture %d cells are marked; %v pixels stand out", s.Moved,
					s.Below, s.Wide)
			}
			if width != "800" {
				return
			}
			placed(t, s.Print.cardBoxes)
			if s.Print.Tools {
				t.Error("sliders are printed")
			}
			if len(s.Dark) != 2 || s.Dark[0] == "rgb(255, 255, 255)" || s.Dark[1] == "rgb(32, 33, 36)" {
				t.Errorf("on a dark page ground and ink are %q", s.Dark)
			}
		})
	}
}
