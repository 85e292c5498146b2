package source

import "testing"

// Tokens become grids without the tokens before them; worked out by hand.
func TestTokenGrid(t *testing.T) {
	square, wide := [2]int{224, 224}, [2]int{480, 640}
	type grid struct {
		h, w, extra int
		ok          bool
	}
	for _, c := range []struct {
		tokens  int
		picture [2]int
		want    grid
	}{
		{196, square, grid{14, 14, 0, true}},
		{197, square, grid{14, 14, 1, true}}, // a class token and 196 patches
		{198, square, grid{14, 14, 2, true}}, // DeiT's two tokens
		{201, square, grid{14, 14, 5, true}}, // DINOv2's class token and four registers
		{300, wide, grid{15, 20, 0, true}},
		{52, wide, grid{}}, // no number of patches that forms a grid of that ratio
	} {
		var got grid
		got.h, got.w, got.extra, got.ok = tokenGrid(c.tokens, c.picture)
		if got != c.want {
			t.Errorf("%d tokens of a picture %v are the grid %+v, want %+v", c.tokens, c.picture, got, c.want)
		}
	}
}
