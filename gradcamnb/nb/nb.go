// Package nb shows results inline in a GoNB notebook.
//
// Every figure is an image/png output of its own, so it survives export, a
// sanitised page and a reader without a kernel; the numbers follow as a small
// table. Outside a notebook the figures become files. It is the only package
// that imports gonbui.
package nb

import (
	"fmt"
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

// Show shows results: the figure of every map, and the predictions as a table.
// When it returns everything has reached the notebook.
//
// Outside a notebook it writes the figures into the working folder, or the
// temporary one where that cannot be written to, and prints where they are.
func Show(results ...*heatmap.Result) error {
	for _, r := range results {
		for _, m := range r.Maps {
			about := render.Provenance(r, m)
			png, err := render.EncodePNG(render.Card(r, m, nil), about)
			if err != nil {
				return err
			}
			if err := showPNG(png, about["Title"]); err != nil {
				return err
			}
		}
		if len(r.Top) > 0 && InNotebook() {
			gonbui.DisplayMarkdown(table(r))
		}
	}
	return delivered()
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
