package nb

import (
	"fmt"
	"image"
	"sync"

	"github.com/janpfeifer/gonb/gonbui"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/waiting"
)

// figure draws a picture as PNG, and describes it in words for those who cannot see it.
type figure func() (png []byte, alt string, err error)

// titled returns the figure of a picture whose title says what it shows.
func titled(title, alt string, picture func() *image.NRGBA) figure {
	return func() ([]byte, string, error) {
		png, err := render.EncodePNG(picture(), map[string]string{"Title": title})
		return png, alt, err
	}
}

// show shows a figure, the predictions of the listed results, and a card of the played results, which hides both if it
// runs. Figure and card are drawn at the same time.
func show(f figure, listed, played []*heatmap.Result, o *render.Options) error {
	line := startDrawing(played)
	defer line.End()
	var html string
	var failed error
	var card sync.WaitGroup
	if InNotebook() {
		card.Go(func() { html, failed = render.HTML("gradcam-"+gonbui.UniqueId(), played, o) })
	}
	png, alt, err := f()
	card.Wait()
	line.End() // a line between the outputs would be one that the card hides
	if err != nil {
		return err
	}
	if err := showPNG(png, alt); err != nil || !InNotebook() {
		return err
	}
	covers := 1
	if words := tables(listed); words != "" {
		gonbui.DisplayMarkdown(words)
		covers++
	}
	if failed != nil {
		return failed
	}
	gonbui.DisplayHTML(render.CoverOutputs(html, covers))
	return checkDelivered()
}

// showFigure shows a figure alone.
func showFigure(f figure, drawn []*heatmap.Result) error {
	line := startDrawing(drawn)
	defer line.End()
	png, alt, err := f()
	line.End()
	if err != nil {
		return err
	}
	if err := showPNG(png, alt); err != nil {
		return err
	}
	return checkDelivered()
}

// startDrawing starts the line that says what is being drawn. It appears if that takes longer than a second, and must
// be ended before anything is shown.
func startDrawing(results []*heatmap.Result) *waiting.Wait {
	n := 0
	for _, r := range results {
		n += len(r.Maps)
	}
	if n < 2 {
		return waiting.Start("drawing the picture")
	}
	return waiting.Start(fmt.Sprintf("drawing %d maps", n))
}
