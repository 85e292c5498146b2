package source

import "testing"

// Layers as grids [h, w, channels], worked by hand.
func TestGridOf(t *testing.T) {
	square, wide := [2]int{224, 224}, [2]int{480, 640}
	for _, c := range []struct {
		shape   []int
		last    bool
		picture [2]int
		want    [3]int
	}{
		{[]int{1, 512, 7, 7}, false, square, [3]int{7, 7, 512}},
		{[]int{1, 7, 7, 768}, true, square, [3]int{7, 7, 768}}, // Swin, channels last in a channels-first file
		{[]int{1, 14, 14, 14}, false, square, [3]int{14, 14, 14}},
		{[]int{2, 2048, 15, 20}, false, wide, [3]int{15, 20, 2048}},
		{[]int{2, 15, 20, 768}, true, wide, [3]int{15, 20, 768}},
		{[]int{1, 64, 1, 1}, false, square, [3]int{1, 1, 64}},
		{[]int{1, 197, 768}, false, square, [3]int{14, 14, 768}}, // a class token and 196 patches
		{[]int{1, 198, 768}, false, square, [3]int{14, 14, 768}}, // DeiT's two tokens
		{[]int{1, 300, 768}, false, wide, [3]int{15, 20, 768}},
		{[]int{1, 52, 768}, false, wide, [3]int{}}, // no number of patches that forms a grid of that ratio
		{[]int{1, 1000}, false, square, [3]int{}},
	} {
		if got := gridOf(c.shape, c.last, c.picture); got != c.want {
			t.Errorf("%v of a picture %v is the grid %v, want %v", c.shape, c.picture, got, c.want)
		}
	}
}
