package nets

import (
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// With random weights in the last quarter of the tagger's layers, the map of Grad-CAM changes, and that of guided
// backpropagation hardly does, as Adebayo et al. 2018 found (figures 2 and 4). The trust panel says so in words.
func TestTrustTellsGuidedBackpropagation(t *testing.T) {
	m := Tagger.MustOpen(golden.Path("scenes", "tagger"))
	img, err := Pictures(1)[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.Explain(img, gradcamnb.Layers("/stage4.1"), gradcamnb.Methods("Grad-CAM", "Guided backpropagation"),
		gradcamnb.Trusted())
	if err != nil {
		t.Fatal(err)
	}
	const words = "This map does not depend on the last layers' weights: with those of the last quarter"
	for _, one := range r.Maps {
		trust := one.Trust
		t.Logf("%s: %.2f, all %.2f", one.Method, trust.Cascade, trust.Weights)
		guided := one.Method == "Guided backpropagation"
		if len(trust.Cascade) != 3 || (trust.Cascade[0] > 0.7) != guided {
			t.Errorf("%s: %.2f", one.Method, trust.Cascade)
		}
		says := slices.ContainsFunc(trust.Words, func(s string) bool { return strings.HasPrefix(s, words) })
		if says != guided {
			t.Errorf("%s: %q", one.Method, trust.Words)
		}
	}
}
