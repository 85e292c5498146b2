package detections

import (
	"slices"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
)

// Of four boxes the second, of another class, has an IoU of 8/12 with the first, and the last overlaps none.
func TestKeep(t *testing.T) {
	c := candidates{{0, 0, 10, 10, 2, 0, 12, 10, 1, 0, 11, 10, 40, 40, 50, 50}, {0.9, 0, 0, 0.8, 0.7, 0, 0.6, 0},
		{0.9, 0.8, 0.7, 0.6}, {1, 1, 1, 1}}
	for _, row := range []struct {
		spec detect.Spec
		want []int
	}{
		{detect.Spec{Threshold: 0.25, NMS: 0.5}, []int{0, 1, 3}},
		{detect.Spec{Threshold: 0.25, NMS: 0.5, AcrossClasses: true}, []int{0, 3}},
		{detect.Spec{Threshold: 0.25, NMS: 0.7, AcrossClasses: true}, []int{0, 1, 3}},
		{detect.Spec{Threshold: 0.25, NMS: 1, Most: 2}, []int{0, 1}},
		{detect.Spec{Threshold: 0.75, NMS: 1}, []int{0, 1}},
	} {
		if got := c.keep(row.spec); !slices.Equal(got, row.want) {
			t.Errorf("%+v keeps %v, want %v", row.spec, got, row.want)
		}
	}
}
