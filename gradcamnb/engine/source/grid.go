package source

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// extraTokens are the numbers of tokens that come before the patches in the
// transformers in use: none, a class token, class and distillation (DeiT), class
// and four registers (DINOv2).
var extraTokens = []int{0, 1, 2, 5}

// gridOf says how a layer of the given shape is a grid [h, w, channels], for an
// input picture of size [height, width]; zero where it is none.
//
// A tensor of rank 4 is a grid as it stands. A tensor [batch, n, channels] of
// tokens is one if n less the class and register tokens is h*w with h/w the
// aspect ratio of the picture.
func gridOf(shape []int, channelsLast bool, picture [2]int) [3]int {
	switch len(shape) {
	case 4:
		if channelsLast {
			return [3]int{shape[1], shape[2], shape[3]}
		}
		return [3]int{shape[2], shape[3], shape[1]}
	case 3:
		if h, w, _, ok := tokenGrid(shape[1], picture); ok {
			return [3]int{h, w, shape[2]}
		}
	}
	return [3]int{}
}

// cellsOff is by how many cells h and w miss the aspect ratio of the picture.
func cellsOff(h, w int, picture [2]int) float64 {
	high, wide := float64(picture[0]), float64(picture[1])
	return math.Abs(float64(h)*wide-float64(w)*high) / max(high, wide)
}

// likePicture tells whether h x w has the aspect ratio of the picture, to within what
// rounding does to small maps.
func likePicture(h, w int, picture [2]int) bool {
	ratio := float64(h) * float64(picture[1]) / (float64(w) * float64(picture[0]))
	return ratio > 0.6 && ratio < 1.7
}

// tokenGrid splits n tokens into extra ones and a grid h x w of the picture's
// aspect ratio.
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

// asGrid brings a node of that shape to [batch, h, w, channels].
func asGrid(x *Node, channelsLast bool, picture [2]int) *Node {
	if x.Rank() == 4 {
		if channelsLast {
			return x
		}
		return TransposeAllAxes(x, 0, 2, 3, 1)
	}
	h, w, extra, _ := tokenGrid(x.Shape().Dim(1), picture)
	x = Slice(x, AxisRange(), AxisRange(extra), AxisRange())
	return Reshape(x, x.Shape().Dim(0), h, w, x.Shape().Dim(2))
}

// Tokens brings tokens [batch, n, channels] to the grid of a picture of that size
// [height, width], without the class and register tokens.
func Tokens(n *Node, picture [2]int) *Node {
	if _, _, _, ok := tokenGrid(n.Shape().Dim(1), picture); !ok {
		exceptions.Panicf("%d tokens form no grid of the aspect ratio of a picture of %d x %d pixels, whether %v of them are class and register tokens", n.Shape().Dim(1), picture[1], picture[0], extraTokens)
	}
	return asGrid(n, false, picture)
}
