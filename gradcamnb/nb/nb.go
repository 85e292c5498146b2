// Package nb shows results inline in a GoNB notebook.
//
// Every figure is an image/png output of its own, so it survives export, a
// sanitised page and a reader without a kernel; the numbers follow as a small
// table. Outside a notebook the figures become files. It is the only package
// that imports gonbui.
package nb

import (
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/must"
)

// InNotebook tells whether the program runs in a GoNB cell.
func InNotebook() bool { return gonbui.IsNotebook }

// few is how many maps are drawn as whole figures, one below the other; more become
// one sheet.
const few = 3

// Show shows results as one card to play with, in which the pictures, targets, layers and methods can be switched (see
// [render.HTML]). If cards do not play, as on a page without scripts, what stands in its place is the maps as one
// picture with the predictions as a table below it; a playing card hides both. Of many pictures that picture is a grid
// with the name, the class and its probability below each. When it returns everything has reached the notebook.
//
// [ShowPicture], [ShowTable] and [ShowCard] show one of the three alone.
//
// Outside a notebook it writes the picture into the working folder, or the
// temporary one if that cannot be written to, and prints where it is.
func Show(results ...*heatmap.Result) error { return showOpen(results, results, nil) }

// MustShow is Show that panics with the error.
func MustShow(results ...*heatmap.Result) {
	must.OK(Show(results...))
}

// ShowSheet shows a table of maps: as one picture, and as a card of all its maps.
func ShowSheet(s *heatmap.Sheet) error {
	card := startCard(s.Results, findFramed(s))
	png, err := render.EncodePNG(render.Sheet(s, nil), map[string]string{"Title": s.Title})
	if err != nil {
		return err
	}
	return send(png, fmt.Sprintf("%s: a table of %d by %d maps", s.Title, len(s.Rows), len(s.Columns)), nil, card)
}

// MustShowSheet is ShowSheet that panics with the error.
func MustShowSheet(s *heatmap.Sheet) {
	must.OK(ShowSheet(s))
}

// ShowDetections shows what a detector finds, as boxes on the picture and as a table.
func ShowDetections(picture image.Image, found []heatmap.Detection) error {
	png, err := render.EncodePNG(render.Detections(picture, found), map[string]string{"Title": "detections"})
	if err != nil {
		return err
	}
	if err := showPNG(png, fmt.Sprintf("%d detections", len(found))); err != nil {
		return err
	}
	if !InNotebook() {
		return nil
	}
	gonbui.DisplayMarkdown(detectionTable(found))
	return checkDelivered()
}

// MustShowDetections is ShowDetections that panics with the error.
func MustShowDetections(picture image.Image, found []heatmap.Detection) {
	must.OK(ShowDetections(picture, found))
}

// ShowDetectionSheet shows the explained detections of a picture, a row each: see
// [render.DetectionSheet].
func ShowDetectionSheet(r *heatmap.Result) error {
	card := startCard([]*heatmap.Result{r}, nil)
	title := r.Model + ": detections explained"
	png, err := render.EncodePNG(render.DetectionSheet(r, nil), map[string]string{"Title": title})
	if err != nil {
		return err
	}
	return send(png, title, nil, card)
}

// ShowDetected shows everything that a result explains of a detector: the picture with all boxes and masks, and a map
// of every explained detection on one colour scale, see [render.Detected], and one card of them all. Ask for all with
// [gradcamnb.Detections].
func ShowDetected(r *heatmap.Result) error {
	card := startCard([]*heatmap.Result{r}, nil)
	title := r.Model + ": everything found, explained"
	png, err := render.EncodePNG(render.Detected(r, nil), map[string]string{"Title": title})
	if err != nil {
		return err
	}
	return send(png, title, nil, card)
}

// MustShowDetected is ShowDetected that panics with the error.
func MustShowDetected(r *heatmap.Result) { must.OK(ShowDetected(r)) }

// MustShowDetectionSheet is ShowDetectionSheet that panics with the error.
func MustShowDetectionSheet(r *heatmap.Result) {
	must.OK(ShowDetectionSheet(r))
}

// showOpen shows a picture of some results and a card of others, which opens at a map, or at what the results suggest
// for nil.
func showOpen(drawn, played []*heatmap.Result, open *heatmap.Map) error {
	card := startCard(played, open)
	png, alt, err := picture(drawn)
	if err != nil {
		return err
	}
	return send(png, alt, drawn, card)
}

// startCard makes the card of results, in a notebook, while the picture is drawn, and
// returns what waits for it.
func startCard(played []*heatmap.Result, open *heatmap.Map) (card func(covers int) (string, error)) {
	return startCardWith(played, &render.Options{Open: open})
}

// startCardWith is making with any options.
func startCardWith(played []*heatmap.Result, o *render.Options) (card func(covers int) (string, error)) {
	if !InNotebook() {
		return nil
	}
	var html string
	var err error
	var made sync.WaitGroup
	made.Go(func() { html, err = render.HTML("gradcam-"+gonbui.UniqueId(), played, o) })
	return func(covers int) (string, error) {
		made.Wait()
		return render.CoverOutputs(html, covers), err
	}
}

// send shows a picture, the predictions of the listed results, and the card that stands for both where it plays.
func send(png []byte, alt string, listed []*heatmap.Result, card func(covers int) (string, error)) error {
	if err := showPNG(png, alt); err != nil {
		return err
	}
	if !InNotebook() {
		return nil
	}
	covers := 1
	if words := tables(listed); words != "" {
		gonbui.DisplayMarkdown(words)
		covers++
	}
	html, err := card(covers)
	if err != nil {
		return err
	}
	gonbui.DisplayHTML(html)
	return checkDelivered()
}

// picture is the static figure of all maps, and what it shows in words.
func picture(results []*heatmap.Result) (png []byte, alt string, err error) {
	var about map[string]string
	n := 0
	for _, r := range results {
		if n += len(r.Maps); about == nil && len(r.Maps) > 0 {
			about = render.Provenance(r, r.Maps[0])
		}
	}
	switch {
	case n == 0:
		return nil, "", errors.New("there is no map to show")
	case len(results) > few && !slices.ContainsFunc(results, func(r *heatmap.Result) bool { return len(r.Maps) != 1 }):
		about["Title"] = fmt.Sprintf("%s: %d pictures", results[0].Model, n)
		png, err = render.EncodePNG(render.Grid(results, nil), about)
		return png, gridAlt(results), err
	case n > few:
		sheet := sheetOf(results)
		about["Title"] = sheet.Title
		png, err = render.EncodePNG(render.Sheet(sheet, nil), about)
		return png, fmt.Sprintf("%s: a table of %d maps", sheet.Title, n), err
	}
	var figures []*image.NRGBA
	for _, r := range results {
		for _, m := range r.Maps {
			figures = append(figures, render.Card(r, m, nil))
		}
	}
	png, err = render.EncodePNG(render.Stack(figures), about)
	alt = about["Title"]
	if n > 1 {
		alt = fmt.Sprintf("%s, and %d more", alt, n-1)
	}
	return png, alt, err
}

// checkDelivered waits until the notebook has everything: a cell that ends earlier
// loses output.
func checkDelivered() error {
	if !InNotebook() {
		return nil
	}
	gonbui.Sync()
	if err := gonbui.Error(); err != nil {
		return fmt.Errorf("sending the result to the notebook: %w", err)
	}
	return nil
}

// showPNG shows a picture, with a text for those who cannot see it.
func showPNG(png []byte, alt string) error {
	if InNotebook() {
		gonbui.SendData(&protocol.DisplayData{
			Data:     map[protocol.MIMEType]any{protocol.MIMEImagePNG: png},
			Metadata: map[string]any{"alt": alt},
		})
		return nil
	}
	dir, err := os.Getwd()
	if err != nil {
		dir = os.TempDir()
	}
	path, err := writeNew(dir, png)
	if err != nil {
		path, err = writeNew(os.TempDir(), png)
	}
	if err != nil {
		return err
	}
	fmt.Printf("heatmap written to %s\n", path)
	return nil
}

// writeNew writes heatmap-1.png, or the first number that is not taken.
func writeNew(dir string, png []byte) (string, error) {
	for n := 1; ; n++ {
		path := filepath.Join(dir, fmt.Sprintf("heatmap-%d.png", n))
		if _, err := os.Lstat(path); err == nil {
			continue
		}
		return path, atomicfile.Write(path, png)
	}
}
