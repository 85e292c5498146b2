package film_test

import (
	"image"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/film"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
)

// The card of a film says that its results are frames, for which it has a slider, and which of them is seen first. The
// notebooks' testdata/film.py plays with such a card in a browser.
func TestCardOfAFilm(t *testing.T) {
	_, store, _ := training(t)
	f := film.New(watched(t, store), []image.Image{spotAt(4, 4)})
	for step := range 3 {
		if err := f.Take(10*step, 1); err != nil {
			t.Fatal(err)
		}
	}
	frames := f.Results()
	page, err := render.Page(frames, &render.Options{Film: true, Open: frames[2].Maps[0]})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"film":true`, `"open":[2,0]`, `"name":"step 20"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}
