package plans

import (
	"slices"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
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
	for name, r := range map[string]ask.Request{
		"one": {},
		"several": {Targets: []ask.Target{gradcamnb.Class(1), gradcamnb.Contrast(1, 2)},
			Layers: []string{"layer2", "layer3"}, Methods: []string{"Grad-CAM", "LayerCAM"}},
		"of the picture": {Methods: []string{"Saliency", "FullGrad"}},
		"both, with heads": {Methods: []string{"Grad-CAM", "Saliency"},
			Targets: []ask.Target{gradcamnb.Top(2), gradcamnb.Element("view", 3)}},
	} {
		p, err := New(t.Context(), m, []int{2, 3, 64, 64}, r, Context{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		// As many numbers as the plan has results, counted by hand: the output, then of each aim
		// score and index, perhaps a head, and three of each map.
		count := 1
		for _, a := range p.Aims {
			atLayer, atPicture := split(p.leaves())
			count += 2 + 3*(len(atLayer)*len(p.Layers)+len(atPicture))
			if a.HasHead(first) {
				count++
			}
		}
		var numbers []int
		for i := range count {
			numbers = append(numbers, i+1)
		}
		e := unpack(p, first, slices.Clone(numbers))
		if got := e.List(); !slices.Equal(got, numbers) {
			t.Errorf("%s: %d numbers come back as %v", name, count, got)
		}
		if e.output != 1 || e.aims[0].score != 2 || e.aims[0].index != 3 {
			t.Errorf("%s: the output is number %d, the first score %d and index %d", name, e.output, e.aims[0].score,
				e.aims[0].index)
		}
	}
}
