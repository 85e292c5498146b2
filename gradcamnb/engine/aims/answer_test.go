package aims

import (
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/place"
)

// An output that is a list of classes has no places. The error says how to ask for a class instead, in the words of a
// program or of the command line.
func TestPlacesOfAList(t *testing.T) {
	defer place.Program()
	const call, flag = "gradcamnb.Class(INDEX)", "--target class:INDEX"
	_, _, err := readPlaces(source.Layer{Name: "scores", Shape: []int{1, 10}}, 1)
	if err == nil || !strings.Contains(err.Error(), call) || strings.Contains(err.Error(), flag) {
		t.Errorf("a program hears: %v", err)
	}
	place.CommandLine()
	_, _, err = readPlaces(source.Layer{Name: "scores", Shape: []int{1, 10}}, 1)
	if err == nil || !strings.Contains(err.Error(), flag) || strings.Contains(err.Error(), call) {
		t.Errorf("a command hears: %v", err)
	}
}

// The predictions of a tagger are tags, and those of a classifier classes.
func TestPredictionsOfTags(t *testing.T) {
	for tags, want := range map[bool]string{true: "tag 1", false: "class 1"} {
		var r heatmap.Result
		Answer{unit: source.Logits, tags: tags}.Write(&r, []float32{-1, 2, 0}, nil)
		if got := r.Top[0].Name(); got != want {
			t.Errorf("tags %t: the best is called %q, want %q", tags, got, want)
		}
	}
}
