package nets

import (
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/scenes"
)

// The attributor's heads have names for their values.
func TestAttributeByName(t *testing.T) {
	s := scenes.Draw(unseen, scenes.Options{Kinds: []scenes.Kind{{Shape: scenes.Cross, Color: scenes.Blue,
		Size: scenes.Large}}})
	m := Attributor.MustOpen(golden.Path("scenes", "attributor"))
	r, err := m.Explain(s.Picture, gradcamnb.Attribute("shape", "cross"), gradcamnb.Attribute("color", "blue"),
		gradcamnb.InBox(Crop(s.Picture.Bounds(), s.Objects[0].Box)))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{int(scenes.Cross), int(scenes.Blue)} {
		if r.Maps[i].Index != want {
			t.Errorf("map %d is of value %d, want %d", i, r.Maps[i].Index, want)
		}
	}
}
