package detections

import (
	"math"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
)

// Sense by hand: eight boxes of 10 x 10 with scores of one class.
func TestSense(t *testing.T) {
	boxes := func(b ...float32) []float32 {
		var out []float32
		for range 8 {
			out = append(out, b...)
		}
		return out
	}
	ones, half := boxes(1), boxes(0.5)
	for _, c := range []struct {
		what string
		all  candidates
		want string
	}{
		{"fine", candidates{boxes(20, 20, 30, 30), half, half, ones}, ""},
		{"rows without use", candidates{boxes(0, 0, 0, 0), boxes(0), boxes(0), boxes(0)}, ""},
		{"logits", candidates{boxes(20, 20, 30, 30), boxes(-3), half, ones}, "class scores would lie between -3 and -3"},
		{"no number", candidates{boxes(20, 20, 30, 30), boxes(float32(math.NaN())), half, ones}, "class scores"},
		{"a score as objectness", candidates{boxes(20, 20, 30, 30), half, half, boxes(1.5)}, "objectness would lie"},
		{"the unit square", candidates{boxes(0.2, 0.2, 0.3, 0.3), half, half, ones}, `they may be of the unit square ("numbers": {"unit": true})`},
		{"a class number without a label", candidates{boxes(20, 20, 30, 30), boxes(0), boxes(0), boxes(0.9)},
			"a box with the score 0.9 would have a class number that is none of the 1 classes"},
		{"scores that are all 0, without objectness", candidates{boxes(20, 20, 30, 30), boxes(0), boxes(0), ones}, ""},
		{"a class number and rows without use", candidates{boxes(20, 20, 30, 30), append(ones[:7:7], 0), append(half[:7:7], 0),
			append(half[:7:7], 0)}, ""},
		{"outside", candidates{boxes(80, 20, 90, 30), half, half, ones}, "outside of the picture"},
		{"middle and size as corners", candidates{boxes(25, 25, 10, 10), half, half, ones}, "cxcywh"},
		{"corners as middle and size", candidates{boxes(20-15, 20-15, 20+15, 20+15), half, half, ones}, "xyxy"},
	} {
		err := c.all.checkSense(detect.Spec{Threshold: 0.25}, [2]int{64, 64}, false)
		if around := c.all.checkSense(detect.Spec{Decoder: "maskformer", Threshold: 0.25}, [2]int{64, 64}, false); c.want == "xyxy" && around != nil {
			t.Errorf("%s, around masks: %v", c.what, around)
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
	}
}
