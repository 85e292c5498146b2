package source

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/places"
)

// extraTokens are the numbers of tokens before the patches in common transformers: none, a class token, a class and a
// distillation token (DeiT), a class token and four registers (DINOv2).
var extraTokens = []int{0, 1, 2, 5}

// cellsOff returns by how many cells h and w miss the aspect ratio of the picture.
func cellsOff(h, w int, picture [2]int) float64 {
	high, wide := float64(picture[0]), float64(picture[1])
	return math.Abs(float64(h)*wide-float64(w)*high) / max(high, wide)
}

// tokenGrid splits n tokens into extra ones and a grid h x w with the picture's aspect ratio.
func tokenGrid(n int, picture [2]int) (h, w, extra int, ok bool) {
	for _, extra := range extraTokens {
		patches := n - extra
		if patches < 4 {
			continue
		}
		h := int(math.Round(math.Sqrt(float64(patches) * float64(picture[0]) / float64(picture[1]))))
		if h > 0 && patches%h == 0 && h*picture[1] == patches/h*picture[0] {
			return h, patches / h, extra, true
		}
	}
	return 0, 0, 0, false
}

// Tokens turns tokens [batch, n, channels] into the grid of a picture of the size [height, width], without the class
// and register tokens.
func Tokens(n *Node, picture [2]int) *Node {
	h, w, extra, ok := tokenGrid(n.Shape().Dim(1), picture)
	if !ok {
		exceptions.Panicf("%d tokens form no grid with the aspect ratio of a picture of %d x %d pixels, if any of %v of them are class and register tokens", n.Shape().Dim(1), picture[1], picture[0], extraTokens)
	}
	return places.Position{Cells: [2]int{h, w}, Before: extra}.Unfold(n)
}
