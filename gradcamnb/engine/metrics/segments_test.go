package metrics

import "testing"

// Regions of like colour do not cross the border of a picture of two colours, and every pixel is in one.
func TestSegmentsKeepToColours(t *testing.T) {
	const side = 40
	left := func(i int) bool { return i%side < 13 || i/side > 30 }
	regions := segmentation(3, side, side, func(c, i int) float64 {
		if left(i) {
			return float64(c)
		}
		return float64(5 - c)
	})
	seen := 0
	for _, r := range regions {
		seen += len(r)
		for _, i := range r {
			if left(int(i)) != left(int(r[0])) {
				t.Fatalf("pixel %d and pixel %d are of two colours and in one region", i, r[0])
			}
		}
	}
	if seen != side*side || len(regions) < 60 || len(regions) > 140 {
		t.Errorf("%d regions of %d pixels", len(regions), seen)
	}
	if flat := segmentation(1, 8, 8, func(int, int) float64 { return 7 }); len(flat) != 64 {
		t.Errorf("of one colour there are %d regions, and pixels 64", len(flat))
	}
}
