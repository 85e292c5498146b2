package engine

import (
	"cmp"
	"fmt"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// prepFor is a preprocessing for the channels that the model takes.
func prepFor(c source.Card, prep *imgio.Prep) (*imgio.Prep, error) {
	at := 1
	if c.Layout == imgio.ChannelsLast {
		at = len(c.Input) - 1
	}
	how, err := prep.For(max(c.Input[at], 0))
	if err != nil {
		return nil, fmt.Errorf("preparing the picture for the model %s: %w", c.Name, err)
	}
	return &how, nil
}

// warn says on every map that no other thing is wrong with what is strange about the preprocessing.
func warn(prep *imgio.Prep, results []*heatmap.Result) {
	strange := prep.Strange()
	if strange == "" {
		return
	}
	for _, r := range results {
		for _, m := range r.Maps {
			m.Diagnosis = cmp.Or(m.Diagnosis, strange)
		}
	}
}
