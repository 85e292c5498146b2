package engine

import (
	"image"
	"math"
	"slices"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/metrics"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// Every metric measures a real map of a real picture on both backends; with -slow all of them, else a few. Afterwards
// the model is what it was: the map is the same to the bit.
func TestEveryMetric(t *testing.T) {
	var names []string
	for _, m := range metrics.All() {
		if m.Name != "selectivity" && m.Needs != metrics.Pictures { // 784 passes; this is one picture
			names = append(names, m.Name)
		}
	}
	if !require.IsSlow() {
		names = []string{"ROAD", "average gain", "energy", "sparseness", "random logit", "model randomisation"}
	}
	cat := imgio.MustOpen("../../testdata/images/cat.png")
	truth := heatmap.NewGrid(cat.Bounds().Dx(), cat.Bounds().Dy())
	for i := range truth.Values[:len(truth.Values)/2] {
		truth.Values[i] = 1
	}
	for _, name := range []string{"go", "xla:cpu"} {
		t.Run(name, func(t *testing.T) { measureAll(t, name, names, cat, truth) })
	}
}

func measureAll(t *testing.T, backend string, names []string, cat image.Image, truth heatmap.Grid) {
	m := gradcamnb.NewModel(open(t, testEngine(t, backend), "efficientnet-lite0.onnx"))
	before, err := m.Explain(cat)
	if err != nil {
		t.Fatal(err)
	}
	if backend == "go" {
		names = slices.DeleteFunc(slices.Clone(names), func(n string) bool {
			return n == "sensitivity-n" ||
				n == "mu-fidelity" || n == "region perturbation"
		})
	}
	r, err := m.Explain(cat, gradcamnb.Measured(gradcamnb.Measuring{Metrics: names, Truths: []heatmap.Grid{truth}}))
	if err != nil {
		t.Fatal(err)
	}
	got := r.Maps[0].Metrics
	for _, n := range names {
		if v, ok := got[n]; !ok || math.IsNaN(v) && n != "average gain" {
			t.Errorf("%s is %g", n, v)
		}
	}
	if got["model randomisation"] > 0.9 || got["random logit"] == 1 {
		t.Errorf("random weights leave the map %.3f alike, another class %.3f", got["model randomisation"],
			got["random logit"])
	}
	if require.IsSlow() && (got["max-sensitivity"] < got["average sensitivity"] || got["average sensitivity"] == 0) {
		t.Errorf("the largest change is %g, the mean one %g", got["max-sensitivity"], got["average sensitivity"])
	}
	after, err := m.Explain(cat)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(before.Maps[0].Raw.Values, after.Maps[0].Raw.Values) {
		t.Error("the map is another one after it was measured")
	}
	for n, v := range got {
		t.Logf("%-32s %.6g", n, v)
	}
}
