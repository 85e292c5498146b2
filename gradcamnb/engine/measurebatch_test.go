package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
)

// Four pictures are 1, 1, 5 and -1 everywhere. The score of class 0 is the mean within the window, so the first three
// are predicted to be class 0, and the last class 1. HiResCAM of class 0 is the same value everywhere within the
// window, of the sign of the picture and proportional to it, and 0 elsewhere.
//
// Sufficiency takes magnitudes, which are as 1, 1, 5 and 1. So the third picture is farthest, 4 from each of the
// others, and is near none; the others are 0 apart. Of the two neighbours of the first and the second one is class 0,
// and of those of the last none is class 1.
//
// Consistency: the middle ninth holds the largest part of the window and of the first three maps. Of the last it holds
// the lowest sum, so its largest sum is 0, elsewhere, where no other map lies.
//
// A picture alone is refused.
func TestMeasuredOverBatch(t *testing.T) {
	m := windowed(t, testEngine(t, "go"))
	x := &gradcamnb.Tensor{Dims: []int{4, side, side, 3}}
	for _, v := range []float32{1, 1, 5, -1} {
		x.Values = append(x.Values, slices.Repeat([]float32{v}, side*side*3)...)
	}
	r := gradcamnb.Request{Tensor: x, Layers: []string{"/picture"}, Methods: []string{"HiResCAM"},
		Targets:   []gradcamnb.Target{gradcamnb.Class(0)},
		Measuring: gradcamnb.Measuring{Metrics: []string{"sufficiency", "consistency"}}}
	got, err := m.Run(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]float64{"sufficiency": {0.5, 0.5, 0, 0}, "consistency": {1, 1, 1, 0}} {
		for i, res := range got {
			if v, ok := res.Maps[0].Metrics[name]; !ok || v != want[i] {
				t.Errorf("%s of picture %d is %g, want %g", name, i, v, want[i])
			}
		}
	}
	r.Tensor = white()
	_, err = m.Run(t.Context(), r)
	const want = `the metric "sufficiency" compares the maps of several pictures, and there is one`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}
