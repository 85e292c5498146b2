package aims

import (
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/internal/place"
)

// A list that is asked for places says how its classes are asked for, in the words of the place.
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
