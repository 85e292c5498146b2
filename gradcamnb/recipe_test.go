package gradcamnb

import (
	"context"
	"image"
	"reflect"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// recorder keeps the request that reaches the engine.
type recorder struct {
	Session
	asked *Request
}

func (recorder) Info() Info { return Info{Prep: &imgio.Prep{Width: 8, Height: 8}} }

func (r recorder) Explain(_ context.Context, asked Request) ([]*heatmap.Result, error) {
	*r.asked = asked
	return []*heatmap.Result{{}}, nil
}

// A result's recipe asks for the same again: seed, layer, target and preprocessing. Where
// it cannot say all there is none.
func TestRecipe(t *testing.T) {
	var first, again Request
	picture := image.NewGray(image.Rect(0, 0, 2, 2))
	r, err := NewModel(recorder{asked: &first}).Explain(picture, Class(7), Layers("layer3"), Methods("RISE"), Sampled(Sampling{Seed: 1 << 60, Masks: 9, Resume: []*heatmap.Sampled{{}}}))
	if err != nil {
		t.Fatal(err)
	}
	request, err := Again(r.Recipe)
	if err != nil {
		t.Fatal(err)
	}
	request.Pictures = []image.Image{picture}
	if _, err := NewModel(recorder{asked: &again}).Run(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	first.Progress, again.Progress, first.Sampling.Resume = nil, nil, nil
	first.Prep = recorder{}.Info().Prep // which the recipe keeps, should the sidecar change
	if !reflect.DeepEqual(again, first) {
		t.Errorf("asked for %+v and then for %+v", first, again)
	}
	r, err = NewModel(recorder{asked: &first}).Explain(picture, Region(3, heatmap.NewGrid(2, 2)))
	if err != nil || r.Recipe != "" {
		t.Errorf("with a mask the recipe is %q, %v", r.Recipe, err)
	}
}
