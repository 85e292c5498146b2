package nb

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
)

// slow computes until it is interrupted if more than the first map is asked for.
type slow struct {
	model
	begun chan bool
}

func (s slow) Explain(ctx context.Context, r gradcamnb.Request) ([]*heatmap.Result, error) {
	if len(r.Layers) < 2 {
		return s.model.Explain(ctx, r)
	}
	close(s.begun)
	<-ctx.Done()
	return nil, ctx.Err()
}

// Stop also ends what is being computed. What was looked at stays, and opens as it was seen.
func TestExploreStopsComputing(t *testing.T) {
	e, begun := explorer(), make(chan bool)
	e.Model = gradcamnb.NewModel(slow{begun: begun})
	card := left(t, explored(t.Context(), t, e, func(p *page) {
		p.opens()
		<-begun
		p.ask(render.LiveQuestion{Index: 5, Layer: "relu", Method: "Grad-CAM", Stop: true})
	}), "stopped")
	if n := strings.Count(card, `"index":5,"score"`); n != 1 {
		t.Errorf("the card that is left holds %d maps, want the first", n)
	}
}

// If what was chosen last is not there, as when it is still computed at an interruption, the card that is left opens at
// the same layer and method of what was looked at before.
func TestExploreOpensAsSeen(t *testing.T) {
	s := session{result: &heatmap.Result{}}
	for _, layer := range []string{"early", "late", "relu"} {
		for _, method := range quick {
			s.latest = append(s.latest, &heatmap.Map{Index: 5, Layer: layer, Method: method})
		}
	}
	s.result.Maps = append(slices.Clone(s.latest), &heatmap.Map{Index: 3, Layer: "late", Method: "HiResCAM"})
	for want, chosen := range map[*heatmap.Map]render.LiveQuestion{
		s.result.Maps[12]: {Index: 3, Layer: "late", Method: "HiResCAM"},
		s.latest[8]:       {Index: 9, Layer: "relu", Method: "Grad-CAM"},
		s.latest[0]:       {Index: 9, Layer: "gone", Method: "Grad-CAM"},
	} {
		s.chosen = chosen
		if got := s.lastMap(); got != want {
			t.Errorf("of %+v it opens at class %d, %s at %s", chosen, got.Index, got.Method, got.Layer)
		}
	}
}
