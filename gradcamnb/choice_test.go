package gradcamnb

import (
	"image"
	"reflect"
	"slices"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Two requests made from one keep their own last choices, also when the lists of the one have
// room for more.
func TestSiblings(t *testing.T) {
	parent := Request{
		Layers: make([]string, 1, 8), Methods: make([]string, 1, 8), Targets: make([]Target, 1, 8),
		Boxes:  make([]image.Rectangle, 1, 8),
		Inputs: map[string]Tensor{"age": Numbers(1)},
	}
	first := parent.With(Layers("x"), Methods("x"), Class(1), InBox(image.Rect(0, 0, 1, 1)), Input("sex", Numbers(1)))
	second := parent.With(Layers("y"), Methods("y"), Class(2), InBox(image.Rect(0, 0, 2, 2)), Input("sex", Numbers(2)))
	third := parent.With(Request{Layers: []string{"z"}, Inputs: map[string]Tensor{"sex": Numbers(3)}})
	if first.Layers[1] != "x" || first.Methods[1] != "x" || first.Targets[1].Index[0] != 1 || first.Boxes[1].Max.X != 1 ||
		first.Inputs["sex"].Values[0] != 1 {
		t.Errorf("the first sibling became %+v", first)
	}
	if second.Layers[1] != "y" || second.Methods[1] != "y" || second.Targets[1].Index[0] != 2 ||
		second.Boxes[1].Max.X != 2 || second.Inputs["sex"].Values[0] != 2 {
		t.Errorf("the second sibling became %+v", second)
	}
	if third.Layers[1] != "z" || len(parent.Inputs) != 1 {
		t.Errorf("the third sibling became %+v, the parent %+v", third, parent)
	}
}

// A request as a choice adds what it holds and takes nothing away. If both have a choice of which there is one, such as
// the preprocessing, that of the request counts.
func TestRequestAsChoice(t *testing.T) {
	size := func(n int) imgio.Prep { return imgio.Prep{Width: n, Height: n} }
	r := Request{Reading: Reading{NMS: 0.5}}.With(Layers("a"), Prepared(size(1)), Sampled(Sampling{Masks: 3}))
	r = r.With(Request{Layers: []string{"b"}, Methods: []string{"RISE"}, Targets: []Target{Top(2)}, Prep: ptr(size(2))})
	want := Request{
		Layers: []string{"a", "b"}, Methods: []string{"RISE"}, Targets: []Target{Top(2)}, Prep: ptr(size(2)),
		Sampling: Sampling{Masks: 3}, Reading: Reading{NMS: 0.5},
	}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("got %+v, want %+v", r, want)
	}
	if got := inputRequest([]ask.InputChoice{r, Input("age", Numbers(3))}); got.Prep == nil || got.Layers != nil ||
		!slices.Equal(got.Inputs["age"].Values, []float32{3}) {
		t.Errorf("of inputs alone: %+v", got)
	}
}

// How far maps can be believed is asked for besides what is measured of them, in either order.
func TestTrustedWithMeasured(t *testing.T) {
	want := Measuring{Metrics: []string{"energy"}, Trust: true}
	how := Measured(Measuring{Metrics: want.Metrics})
	for _, r := range []Request{Request{}.With(Trusted(), how), Request{}.With(how, Trusted()),
		Request{}.With(Trusted(), Request{}.With(how))} {
		if !reflect.DeepEqual(r.Measuring, want) {
			t.Errorf("got %+v, want %+v", r.Measuring, want)
		}
	}
}

func ptr[T any](v T) *T { return &v }
