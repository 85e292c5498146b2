package gradcamnb

import (
	"encoding/json"
	"fmt"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Again is the request that made a result, from its [heatmap.Result.Recipe]: all but the
// picture, and with the preprocessing that the model had then.
func Again(recipe string) (Request, error) {
	var r Request
	if err := json.Unmarshal([]byte(recipe), &r); err != nil {
		return Request{}, fmt.Errorf("reading how the result was made: %w", err)
	}
	return r, nil
}

// recipe is the request as JSON without its pictures, or nothing where that cannot say
// it all: where a target holds a picture or masks of its own, or speaks of each of
// several pictures, or where another input of the model is more than a few numbers.
func (r Request) recipe(i Info) string {
	for _, t := range r.Targets {
		if t.Picture != nil || len(t.Masks) > 0 || len(r.Pictures) > 1 && len(t.Index) > 1 {
			return ""
		}
	}
	if r.Tensor != nil || len(r.Boxes) > 1 {
		return ""
	}
	numbers := 0
	for _, t := range r.Inputs {
		numbers += len(t.Values)
	}
	const most = 1000 // numbers that a figure carries
	if numbers > most {
		return ""
	}
	if r.Prep == nil {
		r.Prep = i.Prep
	}
	r.Sampling.Resume = nil // the whole run is made again
	text, err := json.Marshal(r)
	if err != nil { // a value that JSON has no number for
		return ""
	}
	return string(text)
}

// sign writes the request's recipe onto its results.
func (r Request) sign(results []*heatmap.Result, i Info) {
	recipe := r.recipe(i)
	for _, result := range results {
		result.Recipe = recipe
	}
}
