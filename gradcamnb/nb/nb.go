// Package nb shows results in a GoNB notebook.
//
// Every figure is an image/png output of its own, so it survives export, a sanitised page and a reader without a
// kernel. A small table with the numbers follows. Outside a notebook the figures become files. No other package imports
// gonbui.
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

// few is the most maps that are drawn as whole figures, one below the other. More maps become one sheet.
const few = 3

// Show shows results as one interactive card, on which the pictures, targets, layers and methods can be switched (see
// [render.HTML]). If the card cannot run, as on a page without scripts, the maps stand in its place as one picture,
// with the predictions as a table below it. A running card hides both. For many pictures, the picture is a grid with
// the name, the class and its probability below each. When Show returns, the notebook has everything.
//
// [ShowPicture], [ShowTable] and [ShowCard] show one of the three alone.
//
// Outside a notebook Show writes the picture into the working folder and prints its path. If that folder cannot be
// written to, it takes the temporary one.
func Show(results ...*heatmap.Result) error { return show(pictureOf(results), results, results, nil) }

// MustShow is like Show, but panics with the error.
func MustShow(results ...*heatmap.Result) {
	must.OK(Show(results...))
}

// ShowSheet shows a table of maps as one picture and as a card of all its maps.
func ShowSheet(s *heatmap.Sheet) error {
	alt := fmt.Sprintf("%s: a table of %d by %d maps", s.Title, len(s.Rows), len(s.Columns))
	f := titled(s.Title, alt, func() *image.NRGBA { return render.Sheet(s, nil) })
	return show(f, nil, s.Results, &render.Options{Open: findFramed(s)})
}

// MustShowSheet is like ShowSheet, but panics with the error.
func MustShowSheet(s *heatmap.Sheet) {
	must.OK(ShowSheet(s))
}

// ShowDetections shows what a detector finds, as boxes on the picture and as a table.
func ShowDetections(picture image.Image, found []heatmap.Detection) error {
	f := titled("detections", detectionsAlt(found), func() *image.NRGBA { return render.Detections(picture, found) })
	if err := showFigure(f, nil); err != nil {
		return err
	}
	if !InNotebook() {
		return nil
	}
	gonbui.DisplayMarkdown(detectionTable(found))
	return checkDelivered()
}

// MustShowDetections is like ShowDetections, but panics with the error.
func MustShowDetections(picture image.Image, found []heatmap.Detection) {
	must.OK(ShowDetections(picture, found))
}

// ShowDetectionSheet shows the explained detections of a picture, one in each row; see [render.DetectionSheet].
func ShowDetectionSheet(r *heatmap.Result) error {
	title := r.Model + ": detections explained"
	f := titled(title, title+"; "+explainedAlt(r), func() *image.NRGBA { return render.DetectionSheet(r, nil) })
	return show(f, nil, []*heatmap.Result{r}, nil)
}

// ShowDetected shows everything that a result explains of a detector: the picture with all boxes and masks, a map of
// every explained detection on one colour scale (see [render.Detected]), and one card of them all.
// [gradcamnb.Detections] asks for all detections.
func ShowDetected(r *heatmap.Result) error {
	title := r.Model + ": everything found, explained"
	alt := title + "; " + detectionsAlt(r.Detections) + "; " + explainedAlt(r)
	f := titled(title, alt, func() *image.NRGBA { return render.Detected(r, nil) })
	return show(f, nil, []*heatmap.Result{r}, nil)
}

// MustShowDetected is like ShowDetected, but panics with the error.
func MustShowDetected(r *heatmap.Result) { must.OK(ShowDetected(r)) }

// MustShowDetectionSheet is like ShowDetectionSheet, but panics with the error.
func MustShowDetectionSheet(r *heatmap.Result) {
	must.OK(ShowDetectionSheet(r))
}

// pictureOf returns the static figure of all maps of results.
func pictureOf(results []*heatmap.Result) figure {
	return func() ([]byte, string, error) { return picture(results) }
}

// picture returns the static figure of all maps as PNG, and words that describe it.
func picture(results []*heatmap.Result) (png []byte, alt string, err error) {
	n := 0
	for _, r := range results {
		n += len(r.Maps)
	}
	if n == 0 {
		return nil, "", errors.New("there is no map to show")
	}
	first := slices.IndexFunc(results, func(r *heatmap.Result) bool { return len(r.Maps) > 0 })
	var about map[string]string
	var described sync.WaitGroup // the fingerprint of a large picture takes as long as drawing the figure
	described.Go(func() { about = render.Provenance(results[first], results[first].Maps[0]) })
	figure, title, alt := drawFigure(results, n)
	described.Wait()
	switch {
	case title != "":
		about["Title"] = title
	case n > 1:
		alt = fmt.Sprintf("%s, and %d more", about["Title"], n-1)
	default:
		alt = about["Title"]
	}
	png, err = render.EncodePNG(figure, about)
	return png, alt, err
}

// drawFigure returns the static figure of all n maps, its title and words that describe it. Title and words are empty
// if the maps stand as whole figures one below the other, each with a title of its own.
func drawFigure(results []*heatmap.Result, n int) (figure *image.NRGBA, title, alt string) {
	switch {
	case len(results) > few && !slices.ContainsFunc(results, func(r *heatmap.Result) bool { return len(r.Maps) != 1 }):
		return render.Grid(results, nil), fmt.Sprintf("%s: %d pictures", results[0].Model, n), gridAlt(results)
	case n > few:
		sheet := sheetOf(results)
		return render.Sheet(sheet, nil), sheet.Title, fmt.Sprintf("%s: a table of %d maps", sheet.Title, n)
	}
	return render.Cards(results, mapsOf, nil), "", ""
}

// checkDelivered waits until the notebook has everything, since a cell that ends earlier loses output. It returns the
// error of sending, if there is one.
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
	return writeFree("heatmap", "png", png)
}

// writeFree writes a file named after what it is, such as heatmap-1.png, or with the first number that is free. It
// takes the working folder, or else the temporary one, and prints the path.
func writeFree(what, extension string, data []byte) error {
	dir, err := os.Getwd()
	if err != nil {
		dir = os.TempDir()
	}
	path, err := writeIn(dir, what, extension, data)
	if err != nil {
		path, err = writeIn(os.TempDir(), what, extension, data)
	}
	if err != nil {
		return fmt.Errorf("the %s could not be written into %s nor into %s: %w", what, dir, os.TempDir(), err)
	}
	fmt.Printf("%s written to %s\n", what, path)
	return nil
}

// writeIn writes the file with the first free number in a folder, and returns its path.
func writeIn(dir, what, extension string, data []byte) (string, error) {
	for n := 1; ; n++ {
		path := filepath.Join(dir, fmt.Sprintf("%s-%d.%s", what, n, extension))
		if _, err := os.Lstat(path); err == nil {
			continue
		}
		return path, atomicfile.Write(path, data)
	}
}

func mapsOf(r *heatmap.Result) []*heatmap.Map { return r.Maps }
