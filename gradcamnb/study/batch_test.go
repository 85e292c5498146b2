package study

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
)

// A metric that compares the pictures of a batch is asked of the batch of two, but not of the picture that is left, and
// a study whose batches have one picture cannot have it.
func TestComparedPictures(t *testing.T) {
	f := &fakeSession{}
	s := newStudy(t, f, 1, 2, 3)
	s.Metrics = []string{"Sufficiency", "insertion"}
	if _, err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(f.measured), "[[sufficiency insertion] [insertion]]"; got != want {
		t.Errorf("measured %s, want %s", got, want)
	}
	for name, s := range map[string]*Study{"batch": {Batch: 1}, "part": {Part: 1}} {
		s.Model, s.Pictures, s.Metrics, s.Out = gradcamnb.NewModel(f), pictures(1, 2), []string{"consistency"}, t.TempDir()
		const want = `the metric "consistency" compares the pictures of a batch`
		if _, err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a %s of one: %v, want %q", name, err, want)
		}
	}
}

// A choice that says something different for each picture of a batch would be used again for the next batch.
func TestChoicesHoldForAllPictures(t *testing.T) {
	s := newStudy(t, &fakeSession{}, 1, 2, 3, 4)
	s.Choices = []gradcamnb.Choice{gradcamnb.Class(0, 1)}
	const want = "it names 2 indices, one for each picture"
	if _, err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("two classes for batches of two: %v", err)
	}
}
