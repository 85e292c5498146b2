package gradcamnb

import (
	"encoding/json"
	"fmt"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/strictjson"
)

// recipeVersion is the version of the recipes written now. It must be raised when an old reader would explain something
// else than what a new recipe says.
const recipeVersion = 1

// versionedRequest is a recipe: a request as JSON with its version.
type versionedRequest struct {
	Version int `json:"v"` // 0 if the recipe is older than versions
	Request
}

// Again returns the request that made a result, read from its [heatmap.Result.Recipe]. The request has no picture, and
// it has the preprocessing that the model had then. Again returns an error if the recipe has a later version or an
// unknown field.
func Again(recipe string) (Request, error) {
	var w versionedRequest
	if err := strictjson.Decode([]byte(recipe), &w); err != nil {
		return Request{}, fmt.Errorf("reading how the result was made: %w", err)
	}
	if w.Version < 0 || w.Version > recipeVersion {
		return Request{}, fmt.Errorf(
			"reading how the result was made: the recipe has the version %d, and this program reads versions up to %d: use a newer program", w.Version, recipeVersion)
	}
	return w.Request, nil
}

// recipeOf returns the request as JSON without its pictures. It returns an empty text if that JSON could not repeat the
// request: if a target holds a function, a picture or masks of its own, or names an index for each of several pictures,
// if the request explains a tensor or has several boxes, or if the other inputs have more than 1000 numbers.
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

// callPictures gives each result the name of the file that its picture was read from.
func callPictures(results []*heatmap.Result, r Request) {
	for i, result := range results {
		if i < len(r.Pictures) && result.Name == "" {
			result.Name = imgio.Name(r.Pictures[i])
		}
	}
}
