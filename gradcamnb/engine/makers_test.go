package engine

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/onnxruntime"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// madeFile is detections.json: what a maker's own decoding finds in street.png.
type madeFile struct {
	Threshold float64
	Found     int
	First     []struct {
		Box   heatmap.Box
		Class int
		Score float64
	} // the surest
}

// Files as their makers export them are read with nothing said about them, as the makers' own decoding of what
// onnxruntime 1.32.0 gives reads them, and explained: see docs/benchmarks/detectors_makers.py (small_files).
func TestMakersFiles(t *testing.T) {
	files, err := filepath.Glob(golden.Path("detectors", "makers", "*", "model.onnx"))
	if err != nil || len(files) < 16 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	picture := imgio.MustOpen(golden.Path("detectors", "makers", "street.png"))
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(filepath.Dir(file), "detections.json"))
			if err != nil {
				t.Fatal(err)
			}
			var want madeFile
			if err := json.Unmarshal(data, &want); err != nil {
				t.Fatal(err)
			}
			s, err := testEngine(t, "go").Open(file)
			if err != nil {
				t.Fatal(err)
			}
			m, read := gradcamnb.NewModel(s), gradcamnb.Read(gradcamnb.Reading{Threshold: want.Threshold})
			got, err := m.Detect(picture, read)
			if err != nil && !onnxruntime.Available() && strings.Contains(err.Error(), onnxruntime.HowToGet) {
				require.Missing(t, "onnxruntime", "this file's graph cannot be written")
			}
			if err != nil || len(got) != want.Found {
				t.Fatalf("%d found, want %d; %v", len(got), want.Found, err)
			}
			for _, w := range want.First {
				off := math.Inf(1)
				for _, d := range got {
					if d.Class == w.Class && math.Abs(float64(d.Score)-w.Score) < 1e-5 {
						off = min(off, farthest(d.Box, w.Box))
					}
				}
				if !(off < 0.01) {
					t.Errorf("class %d with %g at %v: the nearest is off by %g", w.Class, w.Score, w.Box, off)
				}
			}
			_, err = m.Explain(picture, read, gradcamnb.Detection(1), gradcamnb.Methods("RISE"),
				gradcamnb.Sampled(gradcamnb.Sampling{Masks: 4, Grid: 4}))
			if err != nil {
				t.Errorf("its surest detection: %v", err)
			}
		})
	}
}

// farthest is how far the sides of two boxes lie apart, at most.
func farthest(a, b heatmap.Box) float64 {
	var most float64
	for i, v := range a {
		most = max(most, math.Abs(v-b[i]))
	}
	return most
}
