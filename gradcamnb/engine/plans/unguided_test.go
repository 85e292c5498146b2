package plans

import (
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Of a model without ReLUs, a map by the guided rule is told to be Saliency, and no other map.
func TestSaysUnguided(t *testing.T) {
	p := Plan{methods: []cam.Method{cam.GuidedBackprop, cam.Saliency}}
	for name, want := range map[string]bool{cam.GuidedBackprop.Name: true, cam.Saliency.Name: false} {
		m := &heatmap.Map{Method: name}
		p.addUnguided(m)
		if got := strings.Contains(m.Diagnosis, "no ReLU"); got != want {
			t.Errorf("%s: diagnosis %q", name, m.Diagnosis)
		}
	}
}
