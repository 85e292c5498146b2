package gradcamnb

import (
	"encoding/json"
	"fmt"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/strictjson"
)

// recipeVersion is that of the recipes written now. It grows when an old reader would explain
// something else than a new recipe says.
const recipeVersion = 1

// versionedRequest is a recipe: a request as JSON with its version.
type versionedRequest struct {
	Version int `json:"v"` // recipes of before there were versions have none
	Request
}

// Again returns the request that made a result, from its [heatmap.Result.Recipe]: all but the
// picture, and with the preprocessing that the model had then. A recipe of a later version, or
// one that says anything unknown, is an error.
func Again(recipe string) (Request, error) {
	var w versionedRequest
	if err := strictjson.Decode([]byte(recipe), &w); err != nil {
		return Request{}, fmt.Errorf("reading how the result was made: %w", err)
	}
	if w.Version < 0 || w.Version > recipeVersion {
		return Request{}, fmt.Errorf(
			"reading how the result was made: the recipe has the version %d, and this program knows those up to %d: take a newer one", w.Version, recipeVersion)
	}
	return w.Request, nil
}

// recipeOf is the request as JSON without its pictures, or nothing if that cannot say
// it all: if a target holds a picture or masks of its own, or speaks of each of
// several pictures, or if another input of the model is more than a few numbers.
func recipeOf(r Request, i Info) string {
	for _, t := range r.Targets {
		if t.Picture != nil || t.Func() != nil || len(t.Masks) > 0 || len(r.Pictures) > 1 && len(t.Index) > 1 {
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
	text, err := json.Marshal(versionedRequest{recipeVersion, r})
	if err != nil { // a value that JSON has no number for
		return ""
	}
	return string(text)
}

// sign writes the request's recipe onto its results.
func sign(results []*heatmap.Result, r Request, i Info) {
	recipe := recipeOf(r, i)
	for _, result := range results {
		result.Recipe = recipe
	}
}

// callPictures names results as the files are that their pictures were read from.
func callPictures(results []*heatmap.Result, r Request) {
	for i, result := range results {
		if i < len(r.Pictures) && result.Name == "" {
			result.Name = imgio.Name(r.Pictures[i])
		}
	}
}
