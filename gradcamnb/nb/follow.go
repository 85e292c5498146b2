package nb

import (
	"fmt"
	"image"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
)

// Follow returns what [gradcamnb.Request.Progress] takes: in a notebook it shows the maps
// so far as a picture that sharpens in place, and below it the passes done, their rate
// and the time left. Both disappear at the end. Elsewhere it is nil.
func Follow(label string) func(gradcamnb.Progress) {
	if !InNotebook() {
		return nil
	}
	picture, line := gonbui.UniqueId(), gonbui.UniqueId()
	start := time.Now()
	drawn := false
	return func(p gradcamnb.Progress) {
		if p.Done >= p.Total {
			if drawn {
				renew(picture, "")
			}
			renew(line, "")
			return
		}
		var cards []*image.NRGBA
		for _, r := range p.Partial {
			for _, m := range r.Maps {
				cards = append(cards, render.Card(r, m, nil))
			}
		}
		if len(cards) > 0 {
			png, err := render.EncodePNG(render.Stack(cards), nil)
			if err != nil {
				return // a picture on the way is no reason to end the run
			}
			drawn = true
			gonbui.SendData(&protocol.DisplayData{
				Data:      map[protocol.MIMEType]any{protocol.MIMEImagePNG: png},
				Metadata:  map[string]any{"alt": label + ", so far"},
				DisplayID: picture,
			})
		}
		renew(line, label+": "+pace(p, time.Since(start)))
	}
}

// pace is how far and how fast a run is, in words.
func pace(p gradcamnb.Progress, took time.Duration) string {
	rate := float64(p.Done) / max(took.Seconds(), 1e-9)
	left := time.Duration(float64(p.Total-p.Done) / max(rate, 1e-9) * float64(time.Second))
	return fmt.Sprintf("%d of %d, %.1f a second, %s left", p.Done, p.Total, rate, left.Round(time.Second))
}
