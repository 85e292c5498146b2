package nb

import (
	"slices"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/progress"
)

// Follow returns a function for [gradcamnb.Request.Progress]. In a notebook the function shows the maps so far as a
// picture that sharpens in place, and below it the number of passes, their rate and the time left. Before the first
// maps are there, for example while the model is compiled, [gradcamnb.Model.Run] shows its own line. Picture and line
// disappear at the end. Outside a notebook Follow returns nil.
func Follow(label string) func(gradcamnb.Progress) {
	if !InNotebook() {
		return nil
	}
	picture, line := gonbui.UniqueId(), gonbui.UniqueId()
	var pace progress.Pace
	drawn := false
	return func(p gradcamnb.Progress) {
		if p.Done >= p.Total {
			if drawn {
				renew(picture, "")
			}
			renew(line, "")
			gonbui.Sync() // the cell may end here
			return
		}
		if slices.ContainsFunc(p.Partial, func(r *heatmap.Result) bool { return len(r.Maps) > 0 }) {
			png, err := render.EncodePNG(render.Cards(p.Partial, mapsOf, nil), nil)
			if err != nil {
				return // the run goes on without this picture
			}
			drawn = true
			gonbui.SendData(&protocol.DisplayData{
				Data:      map[protocol.MIMEType]any{protocol.MIMEImagePNG: png},
				Metadata:  map[string]any{"alt": label + ", so far"},
				DisplayID: picture,
			})
		}
		renew(line, label+": "+pace.Words(p.Done, p.Total, time.Now()))
	}
}
