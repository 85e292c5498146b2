package engine

import (
	"errors"
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/internal/npyfile"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// headsPicture is the picture of testdata/detectors/generate.py (of_levels).
func headsPicture() *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		picture.Set(i%64, i/64, color.NRGBA{uint8(7 * i), uint8(i * i / 64), uint8(3*i + i/50), 255})
	}
	return picture
}

// ODAM of the surest detection at both levels of a detector, and ODAM and LayerCAM joined over the levels as
// Ultralytics joins them, against torch 2.15.0 with the same weights: see testdata/detectors/generate.py (of_levels).
func TestODAMAndLevelsAgainstTorch(t *testing.T) {
	m, err := detectorModel(t, "heads")
	if err != nil {
		t.Fatal(err)
	}
	sure := []gradcamnb.Choice{gradcamnb.Read(gradcamnb.Reading{Threshold: 0.01, NMS: 1}), gradcamnb.Detection(1)}
	compare := func(got []float32, file string) {
		t.Helper()
		_, want, err := npyfile.Read(golden.Path("detectors", file))
		if err != nil {
			t.Fatal(err)
		}
		if d := relative(got, want); !(d <= 1e-5) {
			t.Errorf("%s is off by %g of its largest value", file, d)
		}
	}
	at, err := m.Explain(headsPicture(), append(sure, gradcamnb.Methods("ODAM"), gradcamnb.Layers("levels"))...)
	if err != nil {
		t.Fatal(err)
	}
	compare(at.Maps[0].Raw.Values, "heads-odam-fine.npy")
	compare(at.Maps[1].Raw.Values, "heads-odam-coarse.npy")
	joined, err := m.Explain(headsPicture(), append(sure, gradcamnb.Methods("Levels(ODAM)", "Levels"))...)
	if err != nil {
		t.Fatal(err)
	}
	compare(joined.Maps[0].Values, "heads-odam.npy")
	compare(joined.Maps[1].Values, "heads-layercam.npy")
}

// The five maps of the surest detection, of its score and its sides, and the one of all, against torch 2.15.0: see
// testdata/detectors/generate.py (of_sides).
func TestSidesAgainstTorch(t *testing.T) {
	m, err := detectorModel(t, "heads")
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.Explain(headsPicture(), gradcamnb.Read(gradcamnb.Reading{Threshold: 0.01, NMS: 1}), gradcamnb.Sides(1),
		gradcamnb.Methods("ODAM"))
	if err != nil {
		t.Fatal(err)
	}
	_, raw, err1 := npyfile.Read(golden.Path("detectors", "heads-sides.npy"))
	_, together, err2 := npyfile.Read(golden.Path("detectors", "heads-sides-joined.npy"))
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if len(r.Maps) != 6 {
		t.Fatalf("%d maps, want 6", len(r.Maps))
	}
	n := len(raw) / 5
	for i, m := range r.Maps[:5] {
		if d := relative(m.Raw.Values, raw[i*n:(i+1)*n]); !(d <= 1e-5) {
			t.Errorf("%s is off by %g", m.Target, d)
		}
	}
	if d := relative(r.Maps[5].Values, together); !(d <= 1e-5) {
		t.Errorf("the map of all is off by %g", d)
	}
	if last := r.Maps[5]; last.Unit != "relative" || !strings.HasSuffix(last.Target, "and its sides") || last.Found != 1 {
		t.Errorf("the map of all is %q in %q", last.Target, last.Unit)
	}
}
