package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// The layers of a detector of two levels whose heads part: see testdata/detectors/generate.py.
// A box is explained at its own level, where the gradient is not zero; tensors of candidates
// are no maps.
func TestLevelsOfADetector(t *testing.T) {
	m, err := detectorModel(t, "heads")
	if err != nil {
		t.Fatal(err)
	}
	layers, err := m.Layers()
	if err != nil {
		t.Fatal(err)
	}
	var levels []gradcamnb.Layer
	for _, l := range layers {
		if l.Level {
			levels = append(levels, l)
		}
		if slices.Contains(l.Shape, 320) && l.Grid != [2]int{} {
			t.Errorf("%s of the shape %v is listed as a map of %v", l.Name, l.Shape, l.Grid)
		}
	}
	if len(levels) != 2 || levels[0].Grid != [2]int{16, 16} || levels[1].Grid != [2]int{8, 8} ||
		levels[0].Channels != 6 || levels[1].Channels != 6 ||
		levels[0].Op != "Mul" || levels[1].Op != "Mul" {
		t.Fatalf("the levels are %v, want the products of both SiLUs before the heads", levels)
	}
	if !levels[1].Suggested || !strings.Contains(levels[1].Why, "coarsest of 2 levels") {
		t.Errorf("the coarsest is suggested %t: %s", levels[1].Suggested, levels[1].Why)
	}
	picture := headsPicture()
	found, err := m.Detect(picture, gradcamnb.Read(gradcamnb.Reading{Threshold: 0.01, NMS: 1}))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i := range found {
		if i > 0 && i < len(found)-4 && i%40 != 0 {
			continue
		}
		r, err := m.Explain(picture, gradcamnb.Read(gradcamnb.Reading{Threshold: 0.01, NMS: 1}), gradcamnb.Detection(i+1),
			gradcamnb.Methods("HiResCAM"))
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Maps) != 1 {
			t.Fatalf("detection %d has maps at %d layers", i+1, len(r.Maps))
		}
		seen[r.Maps[0].Layer] = true
		if slices.Max(magnitudes(r.Maps[0].Raw)) == 0 {
			t.Errorf("the map of detection %d at %s is zero", i+1, r.Maps[0].Layer)
		}
	}
	if len(seen) != 2 {
		t.Errorf("%d detections are explained at %v, want both levels", len(found), seen)
	}
	r, err := m.Explain(picture, gradcamnb.Detection(1), gradcamnb.Layers("levels"), gradcamnb.Methods("LayerCAM"),
		gradcamnb.Read(gradcamnb.Reading{Threshold: 0.01}))
	if err != nil || len(r.Maps) != 2 {
		t.Errorf("levels: %v", err)
	}
}

func magnitudes(g heatmap.Grid) []float32 {
	out := slices.Clone(g.Values)
	for i, v := range out {
		out[i] = max(v, -v)
	}
	return out
}
