package nb

import (
	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/must"
)

// Strip returns a function that takes the frames of a film so far; see package engine/film. In a notebook the function
// shows them as one picture that grows in place. Elsewhere it does nothing.
func Strip(label string) func(*heatmap.Sheet) error {
	if !InNotebook() {
		return func(*heatmap.Sheet) error { return nil }
	}
	id := gonbui.UniqueId()
	return func(s *heatmap.Sheet) error {
		png, err := render.EncodePNG(render.Sheet(s, nil), map[string]string{"Title": s.Title})
		if err != nil {
			return err
		}
		gonbui.SendData(&protocol.DisplayData{
			Data:      map[protocol.MIMEType]any{protocol.MIMEImagePNG: png},
			Metadata:  map[string]any{"alt": label + ", so far: " + s.Columns[len(s.Columns)-1]},
			DisplayID: id,
		})
		return nil
	}
}

// ShowFilm shows results that are the frames of a film, as a card with a slider over them. If the card cannot run, a
// figure of the last frame stands in its place. Outside a notebook ShowFilm writes that figure, as [Show] does.
func ShowFilm(frames ...*heatmap.Result) error {
	if err := haveMaps(frames); err != nil {
		return err
	}
	last := frames[len(frames)-1]
	drawn := []*heatmap.Result{last}
	return show(pictureOf(drawn), drawn, frames, &render.Options{Open: last.Maps[0], Film: true})
}

// MustShowFilm is like ShowFilm, but panics with the error.
func MustShowFilm(frames ...*heatmap.Result) { must.OK(ShowFilm(frames...)) }
