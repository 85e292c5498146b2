package nb

import (
	"errors"
	"fmt"
	"html"
	"image"
	"strings"

	"github.com/janpfeifer/gonb/gonbui"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/must"
	"github.com/gradcam-go/gradcam/internal/printable"
)

// ShowPicture shows the maps of results as one picture, and nothing else. Up to three maps are whole figures. If there
// are many pictures with one map each, they are a grid; other maps are a table. Outside a notebook ShowPicture writes a
// file, as [Show] does.
func ShowPicture(results ...*heatmap.Result) error {
	return showFigure(pictureOf(results), results)
}

// MustShowPicture is like ShowPicture, but panics with the error.
func MustShowPicture(results ...*heatmap.Result) { must.OK(ShowPicture(results...)) }

// ShowGrid shows one map of each result in a grid of pictures, with the picture's name, the explained class and its
// probability below each. The map is the one at the suggested layer if the result has it, or else the first.
func ShowGrid(results ...*heatmap.Result) error {
	if err := haveMaps(results); err != nil {
		return err
	}
	f := titled(gridAlt(results), gridAlt(results), func() *image.NRGBA { return render.Grid(results, nil) })
	return showFigure(f, results)
}

// MustShowGrid is like ShowGrid, but panics with the error.
func MustShowGrid(results ...*heatmap.Result) { must.OK(ShowGrid(results...)) }

// ShowTable shows the predictions of results as one table. Outside a notebook it prints them.
func ShowTable(results ...*heatmap.Result) error {
	words := tables(results)
	if words == "" {
		return errors.New("there is no prediction to show: the model's first output is no list of classes")
	}
	return showWords(words)
}

// MustShowTable is like ShowTable, but panics with the error.
func MustShowTable(results ...*heatmap.Result) { must.OK(ShowTable(results...)) }

// ShowCard shows results as an interactive card, and nothing else. Outside a notebook it returns an error, since the
// card has no page to run in; [render.Page] makes such a page.
func ShowCard(results ...*heatmap.Result) error {
	if err := haveMaps(results); err != nil {
		return err
	}
	if !InNotebook() {
		return errors.New("a card needs a notebook to run in: outside a notebook make a page with render.Page")
	}
	line := startDrawing(results)
	defer line.End()
	html, err := render.HTML("gradcam-"+gonbui.UniqueId(), results, nil)
	line.End()
	if err != nil {
		return err
	}
	gonbui.DisplayHTML(html)
	return checkDelivered()
}

// MustShowCard is like ShowCard, but panics with the error.
func MustShowCard(results ...*heatmap.Result) { must.OK(ShowCard(results...)) }

// ShowLayers shows a table of the layers of a model that have a map, in the order of execution. It marks the suggested
// layer and says why it is suggested. Outside a notebook it prints the table.
func ShowLayers(m *gradcamnb.Model) error {
	layers, err := m.Layers()
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("| layer | module path | operator | cells | channels | note |\n|---|---|---|---|---|---|\n")
	for _, l := range layers {
		if l.Grid[0] == 0 {
			continue
		}
		why := ""
		if l.Suggested {
			why = "suggested: " + l.Why
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %d | %s |\n", escape(l.Name), escape(l.Path), escape(l.Op),
			strings.ReplaceAll(strings.Trim(fmt.Sprint(l.Cells()), "[]"), " ", " × "), l.Channels, escape(why))
	}
	return showWords(b.String())
}

// MustShowLayers is like ShowLayers, but panics with the error.
func MustShowLayers(m *gradcamnb.Model) { must.OK(ShowLayers(m)) }

// showWords shows a text in Markdown. Outside a notebook it prints the text without the escapes that Markdown needs.
func showWords(words string) error {
	if !InNotebook() {
		fmt.Print(printable.Text(html.UnescapeString(words)))
		return nil
	}
	gonbui.DisplayMarkdown(words)
	return checkDelivered()
}

// haveMaps returns an error if there is no result, or one without a map.
func haveMaps(results []*heatmap.Result) error {
	for i, r := range results {
		if len(r.Maps) == 0 {
			return fmt.Errorf("%s has no map to show", heatmap.PictureNames(results)[i])
		}
	}
	if len(results) == 0 {
		return errors.New("there is no map to show")
	}
	return nil
}

// gridAlt returns words that describe a grid for people who cannot see it.
func gridAlt(results []*heatmap.Result) string {
	var parts []string
	for i, name := range heatmap.PictureNames(results) {
		parts = append(parts, strings.TrimSuffix(name+": "+results[i].Maps[0].Class, ": "))
	}
	return fmt.Sprintf("%s, %d pictures with their maps: %s", results[0].Model, len(results), inWords(parts))
}
