package aims

import (
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
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
