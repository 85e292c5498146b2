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

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/atomicfile"
)

// InNotebook tells whether the program runs in a GoNB cell.
func InNotebook() bool { return gonbui.IsNotebook }

// Show shows results: the figure of every map as one picture, the predictions as a
// table, and then one card to play with, in which the pictures, targets, layers and
// methods can be switched (see [render.HTML]). When it returns everything has reached
// the notebook.
//
// Outside a notebook it writes the picture into the working folder, or the
// temporary one where that cannot be written to, and prints where it is.
func Show(results ...*heatmap.Result) error {
	png, alt, err := picture(results)
	if err != nil {
		return err
	}
	if err := showPNG(png, alt); err != nil {
		return err
	}
	if !InNotebook() {
		return nil
	}
	for _, r := range results {
		if len(r.Top) > 0 {
			gonbui.DisplayMarkdown(table(r))
		}
	}
	card, err := render.HTML("gradcam-"+gonbui.UniqueId(), results, nil)
	if err != nil {
		return err
	}
	gonbui.DisplayHTML(card)
	return delivered()
}

// picture is the static figure of all maps, and what it shows in words.
func picture(results []*heatmap.Result) (png []byte, alt string, err error) {
	var figures []*image.NRGBA
	about := map[string]string{}
	for _, r := range results {
		for _, m := range r.Maps {
			if len(figures) == 0 {
				about = render.Provenance(r, m)
			}
			figures = append(figures, render.Card(r, m, nil))
		}
	}
	switch len(figures) {
	case 0:
		return nil, "", errors.New("there is no map to show")
	case 1:
		png, err = render.EncodePNG(figures[0], about)
		return png, about["Title"], err
	}
	png, err = render.EncodePNG(render.Stack(figures), about)
	return png, fmt.Sprintf("%s, and %d more maps", about["Title"], len(figures)-1), err
}

// MustShow is Show that panics with the error.
func MustShow(results ...*heatmap.Result) {
	if err := Show(results...); err != nil {
		panic(err)
	}
}

// delivered waits until the notebook has everything: a cell that ends earlier
// loses output.
func delivered() error {
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
