package detect

import (
	"math"
	"strings"
	"testing"
)

// By hand, in a picture of 16 x 16: anchors of the last of the four cells of stride 8. RetinaNet's first anchor there
// is 45.25 x 22.63 pixels, as MMDetection's documentation has it; torchvision's second is [-28, -14, 28, 14].
func TestAnchorMaps(t *testing.T) {
	const cells = 5 // of the strides 8 and 16
	for version, c := range map[string]struct {
		anchor int
		offset [4]float32
		box    []float64
	}{
		"efficientdet": {1, [4]float32{0.5, 0.25, 0, float32(math.Log(2))}, []float64{-21.6, 12, 68, 34.4}},
		"retinanet":    {0, [4]float32{}, []float64{8 - 22.6274, 8 - 11.3137, 8 + 22.6274, 8 + 11.3137}},
		"torchvision":  {1, [4]float32{0.25, 0.5, 0, 0}, []float64{-20 + 14, -6 + 14, 36 + 14, 22 + 14}},
	} {
		offsets, scores := make([]float32, 4*9*cells), make([]float32, 2*9*cells)
		at := 3*9 + c.anchor
		copy(offsets[4*at:], c.offset[:])
		scores[2*at+1] = float32(math.Log(3))
		got := decode(t, AnchorMaps, `{"activation": "sigmoid", "version": "`+version+`"}`, 2, [2]int{16, 16},
			tensor([]int{1, 9 * cells, 2}, scores...), tensor([]int{1, 9 * cells, 4}, offsets...))
		near(t, version, got.boxes[4*at:4*at+4], c.box...)
		near(t, "scores", got.scores[2*at:2*at+2], 0.5, 0.75)

		// The same of stride 8 as maps: [batch, 9 x 2, 2, 2] and [batch, 9 x 4, 2, 2].
		maps := func(rows []float32, n int) []float32 {
			out := make([]float32, 4*9*n)
			for cell := range 4 {
				for k := range 9 * n {
					out[4*k+cell] = rows[9*n*cell+k]
				}
			}
			return out
		}
		got = decode(t, AnchorMaps, `{"activation": "sigmoid", "version": "`+version+`"}`, 2, [2]int{16, 16},
			tensor([]int{1, 18, 2, 2}, maps(scores, 2)...), tensor([]int{1, 36, 2, 2}, maps(offsets, 4)...))
		near(t, version+" as maps", got.boxes[4*at:4*at+4], c.box...)
		near(t, "scores of maps", got.scores[2*at:2*at+2], 0.5, 0.75)
	}
}

func TestAnchorsThatAreNone(t *testing.T) {
	if _, err := AnchorMaps.New(nil, 2); err == nil || !strings.Contains(err.Error(), `"efficientdet", "retinanet" or "torchvision"`) {
		t.Errorf("without a version: %v", err)
	}
	for want, shapes := range map[string][][]int{
		"no cells of strides":         {{1, 44, 4}, {1, 44, 2}},
		"are not offsets of nine":     {{1, 18, 2, 2}, {1, 18, 2, 2}},
		"the outputs of stride 8 are": {{1, 36, 2, 2}, {1, 27, 2, 2}},
	} {
		h := anchorMaps{Version: "retinanet", classes: 2}
		if err := h.Check(shapes, [2]int{16, 16}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", shapes, err, want)
		}
	}
	if hint := Hint([][]int{{1, 45, 2}, {1, 45, 4}}, [2]int{16, 16}, 0); !strings.Contains(hint, "for 2 classes") ||
		!strings.Contains(hint, `"anchor-maps"`) {
		t.Errorf("the hint is %q", hint)
	}
}

// Of four classes the offsets are as wide as the scores.
func TestOffsetsAsWideAsScores(t *testing.T) {
	shapes := [][]int{{1, 45, 4}, {1, 45, 4}}
	h := anchorMaps{Version: "retinanet", classes: 4}
	if err := h.Check(shapes, [2]int{16, 16}); err == nil || !strings.Contains(err.Error(), `"first": "scores"`) {
		t.Errorf("error %v", err)
	}
	h.First = "scores"
	levels, err := h.levels(shapes, [2]int{16, 16})
	if err != nil || levels[0].scores.output != 0 || levels[0].offsets.output != 1 {
		t.Errorf("%+v, %v", levels, err)
	}
}
