package spelling

import "testing"

func TestDidYouMean(t *testing.T) {
	names := []string{"Grad-CAM", "Grad-CAM++", "Score-CAM", "LayerCAM", "RISE", "explain", "layers"}
	for written, want := range map[string]string{
		"scorecam": `, did you mean "Score-CAM"?`,
		"Scor-CAM": `, did you mean "Score-CAM"?`,
		"explian":  `, did you mean "explain"?`, // two letters swapped
		"gradcam":  `, did you mean "Grad-CAM" or "Grad-CAM++"?`,
		"layer":    `, did you mean "LayerCAM" or "layers"?`,
		"banana":   "",
		"":         "",
	} {
		if got := DidYouMean(written, names); got != want {
			t.Errorf("%q: %q, want %q", written, got, want)
		}
	}
}

func TestDistanceByHand(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"kitten", "sitting", 3}, {"ab", "ba", 1}, {"", "abc", 3}, {"same", "same", 0}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
