package engine

import (
	"slices"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// What a plan's program gives back comes out of the list as it went in, for every form of a plan:
// one aim and several, with another head, at layers and of the picture.
func TestResultsAreUnpackedAsTheyWerePacked(t *testing.T) {
	m, err := source.ONNX(golden.Path("models", "resnet-basic.dyn.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	first := m.Card().Outputs[0]
	for name, r := range map[string]gradcamnb.Request{
		"one":              {},
		"several":          {Targets: []gradcamnb.Target{gradcamnb.Class(1), gradcamnb.Contrast(1, 2)}, Layers: []string{"layer2", "layer3"}, Methods: []string{"Grad-CAM", "LayerCAM"}},
		"of the picture":   {Methods: []string{"Saliency", "FullGrad"}},
		"both, with heads": {Methods: []string{"Grad-CAM", "Saliency"}, Targets: []gradcamnb.Target{gradcamnb.Top(2), gradcamnb.Element("view", 3)}},
	} {
		p, err := newPlan(m, []int{2, 3, 64, 64}, r, nil, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		// As many numbers as the plan has results, counted by hand: the output, then of each aim
		// score and index, perhaps a head, and three of each map.
		count := 1
		for _, a := range p.aims {
			atLayer, atPicture := split(p.leaves())
			count += 2 + 3*(len(atLayer)*len(p.layers)+len(atPicture))
			if a.elements && a.Tensors[0] != first {
				count++
			}
		}
		var numbers []int
		for i := range count {
			numbers = append(numbers, i+1)
		}
		e := unpack(p, first, slices.Clone(numbers))
		if got := e.pack(); !slices.Equal(got, numbers) {
			t.Errorf("%s: %d numbers come back as %v", name, count, got)
		}
		if e.output != 1 || e.aims[0].score != 2 || e.aims[0].index != 3 {
			t.Errorf("%s: the output is number %d, the first score %d and index %d", name, e.output, e.aims[0].score, e.aims[0].index)
		}
	}
}

// An aim's arguments come out of the list as they went in.
func TestArgumentsAreUnpackedAsTheyWerePacked(t *testing.T) {
	m, err := source.ONNX(golden.Path("models", "resnet-basic.dyn.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPlan(m, []int{1, 3, 64, 64}, gradcamnb.Request{Targets: []gradcamnb.Target{gradcamnb.Class(1), gradcamnb.Contrast(1, 2)}}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	reader := &boxed{}
	masked := &boxed{masked: true}
	for name, c := range map[string]struct {
		aim  aim
		want params[int]
		n    int
	}{
		"class":    {p.aims[0], params[int]{index: 1}, 1},
		"contrast": {p.aims[1], params[int]{index: 1, beside: 2}, 2},
		"box":      {aim{box: reader}, params[int]{index: 1, box: 2, scores: 3}, 3},
		"instance": {aim{box: masked, Resolved: kind.Resolved{Masked: true}}, params[int]{index: 1, box: 2, scores: 3, mask: 4}, 4},
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
