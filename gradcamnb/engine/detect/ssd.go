package detect

import (
	"encoding/json"
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// SSD reads boxes as offsets from priors, [batch, n, 4], and class logits
// [batch, n, 1 + classes] with the background first. With a prior (px, py, pw, ph) of the unit
// square and variances v, w
//
//	cx = px + d_0 v pw, cy = py + d_1 v ph, w = pw exp(d_2 w), h = ph exp(d_3 w)
//
// Liu et al. 2016, "SSD: Single Shot MultiBox Detector" (eq. 2). "maps" gives the grids of the
// priors. Every cell of a grid, row by row, has one prior of each size.
var SSD = register(Decoder{
	Name:    "ssd",
	Outputs: "two outputs: offsets from priors [batch, n, 4] and class logits [batch, n, 1 + classes], background first",
	Spec:    Spec{Threshold: 0.5, NMS: 0.45},
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := ssd{Variances: [2]float64{0.1, 0.2}, classes: classes}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		for _, m := range h.Maps {
			if m.Grid[0] < 1 || m.Grid[1] < 1 || len(m.Sizes) == 0 {
				return nil, errors.New(`every map of "maps" needs a "grid" [columns, rows] and "sizes" [[w, h], ...]`)
			}
		}
		return h, nil
	},
})

type ssd struct {
	Maps      []ssdMap   `json:"maps"`
	Variances [2]float64 `json:"variances"` // of middles and of sizes
	Softmaxed bool       `json:"softmaxed"` // the scores are probabilities already
	classes   int
}

type ssdMap struct {
	Grid  [2]int       `json:"grid"`  // columns, rows
	Sizes [][2]float64 `json:"sizes"` // width and height, of the unit square
}

// priors returns px, py, pw and ph of every prior.
func (h ssd) priors() [][4]float32 {
	var out [][4]float32
	for _, m := range h.Maps {
		for y := range m.Grid[1] {
			for x := range m.Grid[0] {
				for _, s := range m.Sizes {
					out = append(out, [4]float32{
						float32((float64(x) + 0.5) / float64(m.Grid[0])), float32((float64(y) + 0.5) / float64(m.Grid[1])), float32(s[0]),
						float32(s[1]),
					})
				}
			}
		}
	}
	return out
}

func (h ssd) Check(outputs [][]int, _ [2]int) error {
	if err := count(outputs, 2,
		"two outputs: offsets [batch, n, 4] and class logits [batch, n, 1 + classes]"); err != nil {
		return err
	}
	if err := checkShape("offsets", outputs[0], -1, -1, 4); err != nil {
		return err
	}
	classes := -1
	if h.classes > 0 {
		classes = 1 + h.classes
	}
	if err := checkShape("class logits", outputs[1], -1, outputs[0][1], classes); err != nil {
		return err
	}
	if n := len(h.priors()); n != outputs[0][1] {
		return fmt.Errorf(`it has %d priors of its "maps" for %d boxes`, n, outputs[0][1])
	}
	return nil
}

func (h ssd) Decode(outputs []*Node, picture [2]int) Candidates {
	offsets, scores := outputs[0], outputs[1]
	var flat []float32
	for _, p := range h.priors() {
		flat = append(flat, p[:]...)
	}
	priors := Const(offsets.Graph(), tensors.FromFlatDataAndDimensions(flat, 1, len(flat)/4, 4))
	middle, size := sliceLast(priors, 0, 2), sliceLast(priors, 2, 4)
	middle = Add(middle, MulScalar(Mul(sliceLast(offsets, 0, 2), size), h.Variances[0]))
	size = Mul(size, Exp(MulScalar(sliceLast(offsets, 2, 4), h.Variances[1])))
	if !h.Softmaxed {
		scores = Softmax(scores, -1)
	}
	return Candidates{
		Boxes:  scaleToPixels(corners(Concatenate([]*Node{middle, size}, -1)), picture),
		Scores: sliceLast(scores, 1, 0),
	}
}
