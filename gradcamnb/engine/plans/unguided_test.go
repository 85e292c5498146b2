package plans

import (
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// If a model has no ReLUs, a map by the guided rule says that it is Saliency. Other maps say nothing.
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
