package gradcamnb

import (
	"context"
	"image"
	"reflect"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// recorder keeps the request that reaches the engine.
type recorder struct {
	driver.Session
	asked *Request
}

func (recorder) Info() Info { return Info{Prep: &imgio.Prep{Width: 8, Height: 8}} }

func (r recorder) Explain(_ context.Context, asked Request) ([]*heatmap.Result, error) {
	*r.asked = asked
	return []*heatmap.Result{{}}, nil
}

// A result's recipe asks for the same again: seed, layer, target and preprocessing. There is no recipe if it could not
// say all.
func TestRecipe(t *testing.T) {
	var first, again Request
	picture := image.NewGray(image.Rect(0, 0, 2, 2))
	r, err := NewModel(recorder{asked: &first}).Explain(picture, Class(7), Layers("layer3"), Methods("RISE"),
		Sampled(Sampling{Seed: 1 << 60, Masks: 9, Resume: []*heatmap.SampledRun{{}}}))
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

// A recipe is read strictly: a misspelt field, a later version and anything behind it are
// errors. One from before there were versions, with Go's names of the fields, is still read.
func TestRecipeIsReadStrictly(t *testing.T) {
	for text, want := range map[string]string{
		`{"v":1,"layer":["x"]}`:                `there is no field "layer"`,
		`{"v":1,"targets":[{"knid":"class"}]}`: `there is no field "knid"`,
		`{"v":2}`:                              "the recipe has the version 2",
		`{"v":1} {}`:                           "something after",
		`no JSON`:                              "reading how the result was made",
	} {
		if _, err := Again(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	r, err := Again(`{"Boxes":null,"Prep":null,"Layers":["x"],"Methods":null,"Targets":[{"Kind":"top","Name":"","Index":[2],"Value":"","Masks":null,"Mean":false,"Point":{"X":0,"Y":0},"Threshold":0,"Box":[0,0,0,0],"Edge":""}],"Reading":{"Decoder":"","Threshold":0,"NMS":0},"Sampling":{"Masks":0,"Grid":0,"P":0,"Seed":3,"Batch":0,"Design":"","Agreement":0,"Limit":0,"Resume":null},"Measuring":{"Metrics":null,"Steps":0,"Baseline":""}}`)
	if err != nil || r.Layers[0] != "x" || r.Targets[0].String() != "top2" || r.Sampling.Seed != 3 {
		t.Errorf("an old recipe is read as %+v, %v", r, err)
	}
	var asked Request
	result, err := NewModel(recorder{asked: &asked}).Explain(image.NewGray(image.Rect(0, 0, 2, 2)), Class(7))
	if want := `{"v":1,"prep":`; err != nil || !strings.HasPrefix(result.Recipe, want) ||
		!strings.HasSuffix(result.Recipe, `"targets":[{"kind":"class","index":[7]}]}`) {
		t.Errorf("the recipe is %q, %v", result.Recipe, err)
	}
}
