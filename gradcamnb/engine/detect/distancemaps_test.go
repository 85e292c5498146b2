package detect

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
)

// By hand, in a picture of 16 x 16: of the four cells of stride 8 the second, with its middle at (12, 4) and its corner
// at (8, 0), has the distances 1, 1/2, 1/4 and 1/2.
func TestDistanceMaps(t *testing.T) {
	fine, log3 := []int{1, 4, 2, 2}, float32(math.Log(3))
	of := func(l, top, r, b float32) *tensors.Tensor {
		return tensor(fine, 0, l, 0, 0, 0, top, 0, 0, 0, r, 0, 0, 0, b, 0, 0)
	}
	scores, coarse := tensor([]int{1, 2, 2, 2}, 0, log3, 0, 0, 0, 0, 0, 0), tensor([]int{1, 4, 1, 1}, 1, 1, 1, 1)
	last, centre := tensor([]int{1, 2, 1, 1}, 0, 0), tensor([]int{1, 1, 2, 2}, 0, 0, 0, 0)
	one := tensor([]int{1, 1, 1, 1}, 0)
	for numbers, c := range map[string]struct {
		distances *tensors.Tensor
		box       []float64
	}{
		`{"activation": "sigmoid"}`:                                 {of(1, 0.5, 0.25, 0.5), []float64{4, 0, 14, 8}},
		`{"activation": "sigmoid", "pixels": true}`:                 {of(8, 4, 2, 4), []float64{4, 0, 14, 8}},
		`{"activation": "sigmoid", "corner": true}`:                 {of(1, 0.5, 0.25, 0.5), []float64{0, -4, 10, 4}},
		`{"activation": "sigmoid", "corner": true, "pixels": true}`: {of(8, 4, 2, 4), []float64{0, -4, 10, 4}},
	} {
		for _, outputs := range [][]*tensors.Tensor{
			{scores, last, c.distances, coarse, centre, one}, {coarse, one, last, centre, c.distances, scores},
		} {
			got := decode(t, DistanceMaps, numbers, 2, [2]int{16, 16}, outputs...)
			near(t, numbers, got.boxes[4:8], c.box...)
			near(t, "scores", got.scores[2:4], 0.75, 0.5)
			near(t, "confidence", got.confidence, 0.25, 0.375, 0.25, 0.25, 0.25)
		}
	}
}

// One output of rows, with two numbers for each side and then the scores: the logits 0 and log 3 of the distances 0 and
// 1 are 3/4 of the stride. Channels may be behind the cells, too.
func TestDistancesInOneOutput(t *testing.T) {
	log3 := float32(math.Log(3))
	row := []float32{0, log3, 0, log3, 0, log3, 0, log3, 0.25, 0.5}
	var all []float32
	for range 5 {
		all = append(all, row...)
	}
	got := decode(t, DistanceMaps, "", 2, [2]int{16, 16}, tensor([]int{1, 5, 10}, all...))
	near(t, "the first box of stride 8", got.boxes[:4], -2, -2, 10, 10)
	near(t, "the box of stride 16", got.boxes[16:], -4, -4, 20, 20)
	near(t, "scores", got.scores[:2], 0.25, 0.5)
	got = decode(t, DistanceMaps, "", 2, [2]int{16, 16}, tensor([]int{1, 1, 1, 10}, row...), tensor([]int{1, 2, 2, 10}, all[:40]...))
	near(t, "channels behind the cells", got.boxes[12:], 6, 6, 18, 18, -4, -4, 20, 20)
}

func TestDistancesThatAreNone(t *testing.T) {
	for want, shapes := range map[string][][]int{
		"no cells of strides":         {{1, 4, 3, 3}, {1, 2, 3, 3}},
		"different numbers":           {{1, 4, 2, 2}, {1, 2, 2, 2}, {1, 4, 1, 1}, {1, 3, 1, 1}},
		"none has distances":          {{1, 3, 2, 2}, {1, 2, 2, 2}},
		"stride 8 has 4 outputs":      {{1, 4, 2, 2}, {1, 2, 2, 2}, {1, 1, 2, 2}, {1, 1, 2, 2}},
		"are not 4 or more distances": {{1, 60, 2, 2}},
		"cells of stride 8 alone":     {{1, 4, 2, 2}, {1, 2, 2, 2}},
	} {
		if err := (distanceMaps{}).Check(shapes, [2]int{16, 16}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", shapes, err, want)
		}
	}
	hint := Hint([][]int{{1, 80, 2, 2}, {1, 64, 2, 2}, {1, 80, 1, 1}, {1, 64, 1, 1}}, [2]int{16, 16}, 0)
	if !strings.Contains(hint, `scores for 80 classes`) || !strings.Contains(hint, `{"decoder": "distance-maps"}`) ||
		strings.Contains(hint, "yolo-maps") {
		t.Errorf("the hint is %q", hint)
	}
}

// Of four classes, or of an unknown number beside 64 distances, the outputs do not say which is which.
func TestDistancesAsWideAsScores(t *testing.T) {
	for _, c := range []struct {
		first, second, classes int
		sure                   bool
	}{{4, 4, 4, false}, {4, 64, 0, false}, {32, 64, 0, false}, {4, 64, 4, true}, {32, 64, 32, true}, {80, 64, 0, true}} {
		shapes := [][]int{{1, c.first, 2, 2}, {1, c.second, 2, 2}, {1, c.first, 1, 1}, {1, c.second, 1, 1}}
		err := (distanceMaps{classes: c.classes}).Check(shapes, [2]int{16, 16})
		if c.sure && err != nil || !c.sure && (err == nil || !strings.Contains(err.Error(), `"first": "scores"`)) {
			t.Errorf("%+v: %v", c, err)
		}
		if hint := Hint(shapes, [2]int{16, 16}, c.classes); !strings.Contains(hint, "distance-maps") ||
			strings.Contains(hint, `"first"`) == c.sure {
			t.Errorf("%+v: the hint is %q", c, hint)
		}
	}
	fine, ones := tensor([]int{1, 4, 2, 2}, make([]float32, 16)...), tensor([]int{1, 4, 1, 1}, 1, 1, 1, 1)
	zeros := tensor([]int{1, 4, 1, 1}, 0, 0, 0, 0)
	got := decode(t, DistanceMaps, `{"first": "scores"}`, 4, [2]int{16, 16}, fine, fine, zeros, ones)
	near(t, "scores first", got.boxes[16:], -8, -8, 24, 24)
	got = decode(t, DistanceMaps, `{"first": "boxes"}`, 4, [2]int{16, 16}, fine, fine, ones, zeros)
	near(t, "boxes first", got.boxes[16:], -8, -8, 24, 24)
}
