package aims

import (
	"cmp"
	"slices"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// An aim's arguments come out of the list as they went in.
func TestArgumentsAreUnpackedAsTheyWerePacked(t *testing.T) {
	m, err := source.ONNX(golden.Path("models", "resnet-basic.dyn.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	layers, err := m.Layers(t.Context(), []int{1, 3, 64, 64}, "")
	if err != nil {
		t.Fatal(err)
	}
	lookup := Lookup{Model: m, Layers: layers, Pictures: 1}
	class, err1 := lookup.Aims(ask.Target{Spec: kind.Spec{Kind: "class", Index: []int{1}}})
	contrast, err2 := lookup.Aims(ask.Target{Spec: kind.Spec{Kind: "contrast", Index: []int{1, 2}}})
	if err := cmp.Or(err1, err2); err != nil {
		t.Fatal(err)
	}
	reader := &detectionAim{}
	masked, turned := &detectionAim{masked: true}, &detectionAim{turned: true}
	for name, c := range map[string]struct {
		aim  Aim
		want params[int]
		n    int
	}{
		"class":    {class[0], params[int]{index: 1}, 1},
		"contrast": {contrast[0], params[int]{index: 1, argument: 2}, 2},
		"box":      {Aim{box: reader}, params[int]{index: 1, box: 2, scores: 3}, 3},
		"turned":   {Aim{box: turned}, params[int]{index: 1, box: 2, corners: 3, scores: 4}, 4},
		"instance": {Aim{box: masked, ResolvedTarget: kind.ResolvedTarget{Masked: true}},
			params[int]{index: 1, box: 2, scores: 3, mask: 4}, 4},
	} {
		got, rest := unpackParams(c.aim, []int{1, 2, 3, 4, 5})
		if got != c.want || len(rest) != 5-c.n {
			t.Errorf("%s: %+v with %d left, want %+v", name, got, len(rest), c.want)
		}
		if list := got.pack(c.aim); !slices.Equal(list, []int{1, 2, 3, 4, 5}[:c.n]) {
			t.Errorf("%s: packed as %v", name, list)
		}
	}
}
