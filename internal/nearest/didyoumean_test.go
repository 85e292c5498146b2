package nearest

import (
	"strings"
	"testing"
)

func TestDidYouMean(t *testing.T) {
	names := []string{"Grad-CAM", "Grad-CAM++", "Score-CAM", "LayerCAM", "RISE", "explain", "layers"}
	for written, want := range map[string]string{
		"scorecam": `, did you mean "Score-CAM"?`,
		"Scor-CAM": `, did you mean "Score-CAM"?`,
		"explian":  `, did you mean "explain"?`, // two letters of seven
		"gradcam":  `, did you mean "Grad-CAM" or "Grad-CAM++"?`,
		"layer":    `, did you mean "layers" or "LayerCAM"?`,
		"banana":   "",
		"":         "",

		strings.Repeat("layer", 1e6): "", // in no time
	} {
		if got := DidYouMean(written, names); got != want {
			t.Errorf("%.40q: %q, want %q", written, got, want)
		}
	}
}
