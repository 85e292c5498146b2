package engine

import (
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/draw"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/golden"
)

// With -regen the pictures of docs/methods.md are drawn: every method on one picture, of the
// class Egyptian cat at the middle of EfficientNet-Lite0, and for the methods that join
// layers at an early, a middle and the last one.
func TestMethodPictures(t *testing.T) {
	if !*regen {
		t.Skip("draws pictures with -regen only")
	}
	e := testEngine(t, "xla:cpu")
	m := gradcamnb.NewModel(open(t, e, "efficientnet-lite0.onnx"))
	cat, err := imgio.Open(golden.Path("images", "cat_224.png"))
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range cam.All() {
		if method.Name == cam.LeGrad.Name {
			continue // for transformers
		}
		t.Run(method.Name, func(t *testing.T) { drawMethod(t, m, cat, method) })
	}
}

func drawMethod(t *testing.T, m *gradcamnb.Model, cat image.Image, method cam.Method) {
	layers := []string{"add_5"}
	if of, ok := method.How.(cam.Of); ok {
		if base, err := cam.ByName(method.Name); err == nil {
			if _, fused := base.How.(cam.Fused); fused && of.Usual != "" {
				layers = []string{"add_1", "add_5", "hardtanh_32"}
			}
		}
	}
	if method.Name == cam.ClassActivation.Name {
		layers = []string{"hardtanh_32"}
	}
	target := gradcamnb.Class(285)
	if method.Name == cam.ShapleyCAM.Name {
		target = gradcamnb.Softmax(285)
	}
	r, err := m.Explain(cat, target, gradcamnb.Methods(method.Name), gradcamnb.Layers(layers...))
	if err != nil {
		t.Fatal(err)
	}
	small := image.NewNRGBA(image.Rect(0, 0, 128, 128))
	// Of pixels a few are far above the rest, so the colours end at the 99th percentile.
	sorted := slices.Sorted(slices.Values(r.Maps[0].Values))
	o := &render.Options{Range: &render.Range{Hi: sorted[len(sorted)*99/100]}}
	if r.Maps[0].Raw.W < r.Maps[0].W {
		o = nil
	}
	drawn := render.Overlay(r, r.Maps[0], o)
	draw.CatmullRom.Scale(small, small.Bounds(), drawn, drawn.Bounds(), draw.Src, nil)
	png, err := render.EncodePNG(small, nil)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.NewReplacer(" ", "-", "++", "-plus-plus").Replace(strings.ToLower(method.Name)) + ".png"
	if err := os.WriteFile(filepath.Join("..", "..", "docs", "methods", name), png, 0o644); err != nil {
		t.Fatal(err)
	}
}
