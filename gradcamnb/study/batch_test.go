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
