package nets

import (
	"image"
	"math"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/scenes"
)

// The committed weights are those of trained networks: on unseen scenes the best tag is true of the scene, and the
// attributor knows the object's shape.
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
	for _, box := range []image.Rectangle{image.Rect(40, 40, 60, 50), image.Rect(0, 0, 10, 12), image.Rect(80, 60, 96, 90),
		image.Rect(0, 0, 96, 90)} {
		c := Crop(picture, box)
		if c.Dx() != c.Dy() || !c.In(picture) || !box.In(c) {
			t.Errorf("the crop of %v is %v", box, c)
		}
	}
	if got, want := Crop(picture, image.Rect(40, 40, 60, 50)), image.Rect(35, 30, 65, 60); got != want {
		t.Errorf("%v, want %v", got, want)
	}
}

// In a network that ends in pooling and one linear layer, CAM is Grad-CAM times the number of cells (Selvaraju et al.
// 2017, section 3.1), both for the prediction, which the graph itself picks, and for a tag by number.
func TestCAMIsGradCAMBeforePooling(t *testing.T) {
	tagger := Tagger.MustOpen(golden.Path("scenes", "tagger"))
	picture := scenes.Draw(unseen+1, scenes.Options{}).Picture
	for _, target := range []gradcamnb.Target{gradcamnb.Top(1), gradcamnb.Class(2)} {
		r, err := tagger.Explain(picture, target, gradcamnb.Methods("CAM", "Grad-CAM"), gradcamnb.Layers("/stage4.1"))
		if err != nil {
			t.Fatal(err)
		}
		cam, grad := r.Maps[0].Raw, r.Maps[1].Raw
		_, highest, _ := cam.Range()
		for i, v := range grad.Values {
			if d := math.Abs(float64(cam.Values[i] - 36*v)); !(d < 1e-5*float64(highest)) {
				t.Fatalf("%v, cell %d: CAM %g, 36 times Grad-CAM %g", target, i, cam.Values[i], 36*v)
			}
		}
	}
	if _, err := tagger.Explain(picture, gradcamnb.Methods("CAM"), gradcamnb.Layers("/stage4.0")); err == nil {
		t.Error("CAM is made before a convolution and a ReLU")
	}
}
