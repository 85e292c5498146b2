package detections

import (
	"errors"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
)

// gridBoxes returns four numbers, made of the middles of 8 x 8 cells of a picture of 64 x 64.
func gridBoxes(numbers func(x, y float32) []float32) (out []float32) {
	for i := range 64 {
		out = append(out, numbers(float32(i%8*8+4), float32(i/8*8+4))...)
	}
	return out
}

// repeated returns a value so many times.
func repeated(n int, v float32) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// Boxes around the middles of cells of 8 pixels, by hand: read with their corner as the middle they lie 6 pixels too
// far left and above; if their two last numbers are a size, middles are told from corners.
func TestPlacesOfBoxes(t *testing.T) {
	low, ones := repeated(64, 0.1), repeated(64, 1)
	as := func(boxes []float32) candidates { return candidates{boxes, low, low, ones} }
	around := func(move float32) []float32 {
		return gridBoxes(func(x, y float32) []float32 {
			return []float32{x - 6 + move, y - 6 + move, x + 6 + move, y + 6 + move}
		})
	}
	one := []float32{20, 20, 30, 30, 20.5, 20, 30, 30, 20, 20.5, 30, 30, 40, 40, 50, 50.5, 40, 40, 50, 50}
	last := gridBoxes(func(float32, float32) []float32 { return []float32{0.1, 0.3} })
	for name, c := range map[string]struct {
		all   candidates
		spec  detect.Spec
		want  string // in the error; empty if there is none
		order any    // that the error says to write
	}{
		"around cells":       {as(around(0)), detect.Spec{Decoder: "yolov8"}, "", nil},
		"moved by half":      {as(around(-6)), detect.Spec{Decoder: "yolov8"}, "15 of 64 boxes would reach out of the picture on the left or above", "xywh"},
		"moved to the right": {as(around(6)), detect.Spec{Decoder: "yolov8"}, "", nil},
		"middle and size": {as(gridBoxes(func(x, y float32) []float32 { return []float32{x, y, 12, 12} })),
			detect.Spec{Decoder: "before-nms"}, "far corner before their near one", "cxcywh"},
		"corner and size": {as(gridBoxes(func(x, y float32) []float32 { return []float32{x - 6, y - 6, 12, 12} })),
			detect.Spec{Decoder: "before-nms"}, "far corner before their near one", "xywh"},
		"middle and size of the unit square": {as(gridBoxes(func(x, y float32) []float32 { return []float32{x / 64, y / 64, 0.19, 0.19} })),
			detect.Spec{Decoder: "before-nms"}, "far corner before their near one", "cxcywh"},
		"within a cell": {as(gridBoxes(func(x, y float32) []float32 { return []float32{x - 4, y - 4, x, y} })),
			detect.Spec{Decoder: "centernet"}, "no larger than a cell of 8 pixels", nil},
		"within a cell of another": {as(gridBoxes(func(x, y float32) []float32 { return []float32{x - 4, y - 4, x, y} })),
			detect.Spec{Decoder: "yolov8"}, "", nil},
		"twice in a list": {candidates{one, repeated(5, 1), repeated(5, 0.9), repeated(5, 0.9)}, detect.Spec{Decoder: "end-to-end", NMS: 1},
			"3 of the 5 surest boxes would lie on a surer one", nil},
		"twice, and suppressed": {candidates{one, repeated(5, 1), repeated(5, 0.9), repeated(5, 0.9)}, detect.Spec{Decoder: "end-to-end", NMS: 0.45}, "", nil},
		"everywhere": {candidates{around(0), last, repeated(64, 0.3), ones}, detect.Spec{Decoder: "yolov8"},
			"its last class would be found at 64 of 64 places", nil},
	} {
		c.spec.Threshold = 0.25
		err := c.all.checkSense(c.spec, [2]int{64, 64}, false)
		var no nonsense
		errors.As(err, &no)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) || no.numbers["order"] != c.order {
			t.Errorf("%s: %v with %v, want %q", name, err, no.numbers, c.want)
		}
	}
}

// What may mend them: sizes and offsets change places, and a list is suppressed.
func TestMendedPlaces(t *testing.T) {
	for want, c := range map[string]struct {
		spec   detect.Spec
		no     nonsense
		shapes [][]int
	}{
		"a c b": {detect.Spec{Decoder: "centernet", NMS: 0.45}, nonsense{swap: true}, [][]int{{1, 3, 8, 8}, {1, 2, 8, 8}, {1, 2, 8, 8}}},
		"":      {detect.Spec{Decoder: "end-to-end", NMS: 1}, nonsense{nms: 0.45}, [][]int{{1, 64, 4}, {1, 64}, {1, 64}}},
	} {
		spec, ok := fault{&Reader{spec: c.spec, names: []string{"a", "b", "c"}}, c.no}.mend(0, c.shapes, [2]int{64, 64})
		if got := strings.Join(spec.Outputs, " "); !ok || got != want || spec.NMS != 0.45 {
			t.Errorf("%+v, %v, want %s", spec, ok, want)
		}
	}
}
