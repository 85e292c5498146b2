package engine

import (
	"image"
	"os"
	"slices"
	"testing"

	"golang.org/x/image/draw"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// -update draws the missing pictures of docs/methods.md, on XLA if it is installed; delete one to have it drawn anew.
// Each explains the class Egyptian cat on one photo at the middle of EfficientNet-Lite0; methods that join layers do so
// at an early, a middle and the last layer. LeGrad is for transformers, and the only one here is the small one of
// testdata, whose weights are random.
func TestMethodPictures(t *testing.T) {
	if !require.Update() {
		t.Skip("draws pictures with -update only")
	}
	e := New("")
	m := gradcamnb.NewModel(open(t, e, "efficientnet-lite0.onnx"))
	cat, err := imgio.Open(golden.Path("images", "cat_224.png"))
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range everyDocumented() {
		t.Run(method.name, func(t *testing.T) {
			if _, err := os.Stat(docs("methods", anchor(method.name)+".png")); err == nil {
				return
			}
			if method.name == cam.LeGrad.Name {
				vit := gradcamnb.NewModel(open(t, e, "vit.dyn.onnx"))
				prep := imgio.Prep{Width: 64, Height: 64, Fit: imgio.Crop, Order: "RGB", Mean: [3]float32{124, 116, 104},
					Scale: [3]float32{58, 57, 57}}
				drawMethod(t, vit, cat, method.name, gradcamnb.Prepared(prep))
				return
			}
			drawMethod(t, m, cat, method.name, asDrawn(t, method)...)
		})
	}
}

// asDrawn is target and layers of a method's picture.
func asDrawn(t *testing.T, method methodSection) []gradcamnb.Choice {
	target, layers := gradcamnb.Class(285), gradcamnb.Layers("add_5")
	switch method.name {
	case cam.ClassActivation.Name, cam.XGradCAM.Name: // of XGrad-CAM the middle, before a ReLU, cancels in the denominator
		layers = gradcamnb.Layers("hardtanh_32")
	case cam.ShapleyCAM.Name, perturb.RISE.Name, perturb.Occlusion.Name:
		// The papers of the last two explain the probability.
		target = gradcamnb.Softmax(285)
	}
	if method.usual != "" {
		base, err := cam.ByName(method.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, fused := base.Procedure.(cam.LayerFusion); fused {
			layers = gradcamnb.Layers("add_1", "add_5", "hardtanh_32")
		}
	}
	return []gradcamnb.Choice{target, layers}
}

func drawMethod(t *testing.T, m *gradcamnb.Model, cat image.Image, method string, choices ...gradcamnb.Choice) {
	r, err := m.Explain(cat, append(choices, gradcamnb.Methods(method))...)
	if err != nil {
		t.Fatal(err)
	}
	small := image.NewNRGBA(image.Rect(0, 0, 128, 128))
	var o *render.Options
	sorted := slices.Sorted(slices.Values(r.Maps[0].Values))
	// of single pixels a few are far above the rest
	if most := sorted[len(sorted)*99/100]; most < sorted[len(sorted)-1]/2 {
		o = &render.Options{Range: &render.Range{Hi: most}}
	}
	drawn := render.Overlay(r, r.Maps[0], o)
	draw.CatmullRom.Scale(small, small.Bounds(), drawn, drawn.Bounds(), draw.Src, nil)
	png, err := render.EncodePNG(small, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(docs("methods", anchor(method)+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}
