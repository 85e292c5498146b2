package nets

import (
	"image"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/internal/golden"
	"github.com/gradcam-go/gradcam/scenes"
)

// unseen are seeds from which no network learned.
const unseen = 1 << 33

// The committed weights are those of trained networks: the best tag is true of the
// scene, and the attributor knows the object's shape, on scenes that none has seen.
func TestWeights(t *testing.T) {
	tagger := Tagger.MustOpen(golden.Path("scenes", "tagger"))
	attributor := Attributor.MustOpen(golden.Path("scenes", "attributor"))
	const n = 20
	right, shapes := 0, 0
	var pictures, crops []image.Image
	var all []scenes.Scene
	for i := range uint64(n) {
		s := scenes.Draw(unseen+i, scenes.Options{})
		all, pictures = append(all, s), append(pictures, s.Picture)
		crops = append(crops, s.Picture.SubImage(Crop(s.Picture.Bounds(), s.Objects[0].Box)))
	}
	tags, err := tagger.ExplainAll(pictures)
	if err != nil {
		t.Fatal(err)
	}
	heads, err := attributor.ExplainAll(crops, gradcamnb.Output("shape", 0))
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range all {
		for _, o := range s.Objects {
			if Tags(o)[tags[i].Top[0].Index] {
				right++
				break
			}
		}
		if heads[i].Top[0].Index == int(s.Objects[0].Shape) {
			shapes++
		}
	}
	if right < n-1 || shapes < n-1 {
		t.Errorf("of %d scenes the best tag is true of %d, the shape of %d", n, right, shapes)
	}
}

// A crop is a square within the picture that holds the box.
func TestCrop(t *testing.T) {
	picture := image.Rect(0, 0, 96, 96)
	for _, box := range []image.Rectangle{image.Rect(40, 40, 60, 50), image.Rect(0, 0, 10, 12), image.Rect(80, 60, 96, 90), image.Rect(0, 0, 96, 90)} {
		c := Crop(picture, box)
		if c.Dx() != c.Dy() || !c.In(picture) || !box.In(c) {
			t.Errorf("the crop of %v is %v", box, c)
		}
	}
	if got, want := Crop(picture, image.Rect(40, 40, 60, 50)), image.Rect(35, 30, 65, 60); got != want {
		t.Errorf("%v, want %v", got, want)
	}
}
