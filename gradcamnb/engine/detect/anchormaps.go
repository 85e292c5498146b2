package detect

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// AnchorMaps reads EfficientDet and RetinaNet as they leave the heads, without their anchors: offsets from nine anchors
// of each cell, and class scores. Both are rows of all strides, [batch, n, 4] and [batch, n, classes], or maps of each
// stride, [batch, 36, h, w] and [batch, 9 classes, h, w], or with the channels behind the cells, in any order.
// The anchors follow from "version", with the middle (px, py) of the cell (c, r) of s pixels and the size (pw, ph):
//
//	efficientdet:  px = (c + 1/2) s, py = (r + 1/2) s, sizes 4 s 2^(k/3) times (1, 1), (1.4, 0.7), (0.7, 1.4), k = 0, 1, 2
//	retinanet:     px = c s, py = r s, sizes 4 s 2^(k/3) times (1/√q, √q), q = 0.5, 1, 2, as in MMDetection
//	torchvision:   as retinanet, with sizes rounded to pixels as torchvision does
//	cx = px + d_0 pw, cy = py + d_1 ph, w = pw exp(d_2), h = ph exp(d_3);  EfficientDet has y before x, and h before w
//
// "activation" is for logits. Of four classes "first" says whether "boxes", the offsets, or "scores" come first.
//
// Tan, Pang and Le 2020, "EfficientDet"; google/automl, efficientdet/tf2/anchors.py. Lin et al. 2017, "Focal Loss for
// Dense Object Detection"; MMDetection 3.3.0, configs/_base_/models/retinanet_r50_fpn.py; torchvision 0.29.2,
// models/detection/anchor_utils.py and retinanet.py.
var AnchorMaps = register(Decoder{
	Name:    "anchor-maps",
	Outputs: `offsets from nine anchors of each cell and class scores, of all strides or of each; "version" must be given`,
	Spec:    Spec{Threshold: 0.3, NMS: 0.5},
	Asked:   true,
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := anchorMaps{classes: classes}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		if anchorSizes[h.Version] == nil {
			return nil, fmt.Errorf(`"version" is %q and must be "efficientdet", "retinanet" or "torchvision"`, h.Version)
		}
		return h, errors.Join(h.checkScores(), h.checkFirst())
	},
})

type anchorMaps struct {
	scoreFormat
	firstOutput
	Version string `json:"version"` // a key of anchorSizes
	classes int
}

// anchorsOfCell is how many anchors a cell has.
const anchorsOfCell = 9

// anchorSizes has, by version, a function that returns the width and height of the anchors of a cell of s pixels.
var anchorSizes = map[string]func(s float64) [][2]float64{
	"efficientdet": func(s float64) (out [][2]float64) {
		for k := range 3 {
			side := 4 * s * math.Pow(2, float64(k)/3)
			out = append(out, [2]float64{side, side}, [2]float64{1.4 * side, 0.7 * side}, [2]float64{0.7 * side, 1.4 * side})
		}
		return out
	},
	"retinanet": func(s float64) [][2]float64 { return byRatio(4*s, func(side float64) float64 { return side }) },
	"torchvision": func(s float64) [][2]float64 {
		out := byRatio(4*s, math.Trunc)
		for i, a := range out {
			out[i] = [2]float64{2 * math.RoundToEven(a[0]/2), 2 * math.RoundToEven(a[1]/2)}
		}
		return out
	},
}

// byRatio returns the sizes of anchors of three ratios of height to width and three sides; the sides pass through a
// function.
func byRatio(base float64, of func(float64) float64) (out [][2]float64) {
	for _, ratio := range []float64{0.5, 1, 2} {
		for k := range 3 {
			side := of(base * math.Pow(2, float64(k)/3))
			out = append(out, [2]float64{side / math.Sqrt(ratio), side * math.Sqrt(ratio)})
		}
	}
	return out
}

// anchorLevel has the offsets and the scores of the same cells, with 4 and as many numbers as classes for each anchor.
type anchorLevel struct {
	strides         []int
	offsets, scores levelOutput
}

// levels returns the outputs by their cells, those of the finest first, or an error if they cannot be read.
func (h anchorMaps) levels(outputs [][]int, picture [2]int) ([]anchorLevel, error) {
	var err error
	for _, across := range []bool{true, false} {
		var all []levelOutput
		if all, err = layAll(outputs, across, anchorsOfCell, picture); err != nil {
			continue
		}
		var levels []anchorLevel
		for _, of := range byStrides(all) {
			l, err := h.level(of)
			if err != nil {
				return nil, err
			}
			levels = append(levels, l)
		}
		return levels, nil
	}
	return nil, err
}

// level returns which of the outputs of the same cells is what.
func (h anchorMaps) level(of []levelOutput) (l anchorLevel, err error) {
	fits := func(i int) bool {
		if scores := of[1-i].numbers; scores%anchorsOfCell != 0 || h.classes > 0 && scores != anchorsOfCell*h.classes {
			return false
		}
		return of[i].numbers == 4*anchorsOfCell
	}
	if len(of) != 2 || !fits(0) && !fits(1) {
		return l, fmt.Errorf("the outputs of stride %d are not offsets of nine anchors and scores of the classes", of[0].strides[0])
	}
	offsets, err := h.choose(fits(0), fits(1))
	return anchorLevel{of[0].strides, of[offsets], of[1-offsets]}, err
}

func (h anchorMaps) Check(outputs [][]int, picture [2]int) error {
	_, err := h.levels(outputs, picture)
	return err
}

// hintAnchors returns words on outputs that may be what [AnchorMaps] reads, with the spec that would read them. They
// are empty if the outputs have other shapes.
func hintAnchors(outputs [][]int, picture [2]int, classes int) string {
	h := anchorMaps{classes: classes}
	levels, err := h.levels(outputs, picture)
	first := ""
	if err != nil { // perhaps since offsets and scores are as wide
		h.First = "scores"
		levels, err = h.levels(outputs, picture)
		first = `, "first": "scores" or "boxes" for what comes first,`
	}
	if err != nil || len(levels) < 2 && len(levels[0].strides) < 2 {
		return ""
	}
	return fmt.Sprintf(`they may be scores for %d classes and offsets from anchors: if so, write "detector": {"decoder": "anchor-maps", `+
		`"numbers": {"version": "efficientdet"}} with its version, "efficientdet", "retinanet" or "torchvision",%s and `+
		`"activation": "sigmoid" beside it if scores are logits`, levels[0].scores.numbers/anchorsOfCell, first)
}

func (h anchorMaps) Decode(outputs []*Node, picture [2]int) Candidates {
	shapes := shapesOf(outputs)
	levels, _ := h.levels(shapes, picture) // which passed Check
	var boxes, scores []*Node
	for _, l := range levels {
		batch := shapes[l.offsets.output][0]
		boxes = append(boxes, h.boxes(Reshape(l.offsets.rows(outputs), batch, -1, 4), l.strides, picture))
		scores = append(scores, Reshape(l.scores.rows(outputs), batch, -1, l.scores.numbers/anchorsOfCell))
	}
	return Candidates{Boxes: Concatenate(boxes, 1), Scores: h.probabilities(Concatenate(scores, 1))}
}

// boxes returns the boxes of offsets [batch, n, 4] from the anchors of some strides.
func (h anchorMaps) boxes(d *Node, strides []int, picture [2]int) *Node {
	shift, order := 0.0, []int{0, 1, 2, 3}
	if h.Version == "efficientdet" {
		shift, order = 0.5, []int{1, 0, 3, 2}
	}
	var middles, sizes []float32
	for _, s := range strides {
		of := anchorSizes[h.Version](float64(s))
		for r := range (picture[0] + s - 1) / s {
			for c := range (picture[1] + s - 1) / s {
				for _, a := range of {
					middles = append(middles, float32((float64(c)+shift)*float64(s)), float32((float64(r)+shift)*float64(s)))
					sizes = append(sizes, float32(a[0]), float32(a[1]))
				}
			}
		}
	}
	pairs := func(v []float32) *Node {
		return Const(d.Graph(), tensors.FromFlatDataAndDimensions(v, 1, len(v)/2, 2))
	}
	offset := func(i, j int) *Node { return Stack([]*Node{takeLast(d, order[i]), takeLast(d, order[j])}, -1) }
	middle := Add(pairs(middles), Mul(offset(0, 1), pairs(sizes)))
	return corners(Concatenate([]*Node{middle, Mul(pairs(sizes), Exp(offset(2, 3)))}, -1))
}
