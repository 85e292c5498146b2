package detect

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// YOLOMaps reads the last maps of YOLO v2 to v5 and v7 as they leave the network, one for each of its grids. A map has
// one of the shapes
//
//	[batch, A (5 + classes), h, w], [batch, h, w, A (5 + classes)], [batch, A, h, w, 5 + classes], [batch, h, w, A, 5 + classes]
//
// with A anchors. The sidecar's numbers must give the anchors of every map, the finest map first, as widths and heights
// in pixels, and the version, since nothing in the maps tells them. With S the sigmoid, the anchor (a, b), the cell
// (c, r) and its side s in pixels
//
//	yolov3:  cx = (k S(t_0) - (k - 1)/2 + c) s, cy likewise, w = a exp(t_2), h = b exp(t_3), k = 1
//	yolov5:  the same middle with k = 2, w = a (2 S(t_2))², h = b (2 S(t_3))²
//
// The objectness is S(t_4), and the class probabilities are the sigmoids of the rest. "yolov2" is as yolov3 with a
// softmax of the rest; its anchors are often given in cells of 32 pixels. YOLO v4 is as yolov3 with "spread" k, and v7
// as v5. If the file takes the sigmoids itself, "sigmoids": true says so.
//
// Redmon and Farhadi 2018, "YOLOv3: An Incremental Improvement" (figure 2); ultralytics/yolov5 at v7.0, models/yolo.py;
// AlexeyAB/darknet, src/yolo_layer.c (scale_x_y).
var YOLOMaps = register(Decoder{
	Name:    "yolo-maps",
	Outputs: `of every grid a map of A (5 + classes) numbers a cell, of YOLO v2 to v5 and v7; "version" and "anchors" must be given`,
	Spec:    Spec{Threshold: 0.25, NMS: 0.45},
	Preset:  "yolo",
	Asked:   true,
	New: func(data json.RawMessage, classes int) (Head, error) {
		h := yoloMaps{classes: classes}
		if err := numbers(data, &h); err != nil {
			return nil, err
		}
		return h, h.check()
	},
})

type yoloMaps struct {
	Version  string         `json:"version"`  // "yolov2", "yolov3" or "yolov5"
	Anchors  [][][2]float64 `json:"anchors"`  // of each map, the finest first: width and height in pixels
	Spread   float64        `json:"spread"`   // k; 0 means that of the version
	Sigmoids bool           `json:"sigmoids"` // the file takes the sigmoids itself
	classes  int
}

func (h yoloMaps) check() error {
	if !slices.Contains([]string{"yolov2", "yolov3", "yolov5"}, h.Version) {
		return fmt.Errorf(`"version" is %q and must be "yolov2", "yolov3" (v4, too) or "yolov5" (v7, too)`, h.Version)
	}
	if len(h.Anchors) == 0 {
		return errors.New(`"anchors" must have the anchors of every map, the finest first: [[[w, h], ...], ...]`)
	}
	for _, of := range h.Anchors {
		if len(of) == 0 || slices.ContainsFunc(of, func(a [2]float64) bool { return !(a[0] > 0 && a[1] > 0) }) {
			return errors.New(`every map of "anchors" needs widths and heights above 0, in pixels: [[w, h], ...]`)
		}
	}
	if h.Spread != 0 && !(h.Spread >= 1) {
		return fmt.Errorf(`"spread" is %g and must be at least 1`, h.Spread)
	}
	return nil
}

// yoloMap is one map, as [batch, A, rows, columns, 5 + classes] after its axes are split and put in that order.
type yoloMap struct {
	output int   // its number
	split  []int // five axes, in the file's order
	order  []int // of the five axes
	grid   [2]int
	stride int
}

// lay returns how a map of so many anchors is laid out; ok is false if it has none of the four shapes.
func (h yoloMaps) lay(dims []int, anchors int, picture [2]int) (m yoloMap, ok bool) {
	first, last := []int{0, 1, 2, 3, 4}, []int{0, 3, 1, 2, 4} // anchors before and behind the cells
	var may []yoloMap
	switch len(dims) {
	case 4:
		may = []yoloMap{
			{split: []int{dims[0], anchors, dims[1] / anchors, dims[2], dims[3]}, order: []int{0, 1, 3, 4, 2}},
			{split: []int{dims[0], dims[1], dims[2], anchors, dims[3] / anchors}, order: last},
		}
	case 5:
		may = []yoloMap{{split: dims, order: first}, {split: dims, order: last}}
	}
	for _, m := range may {
		rows, columns, numbers := m.split[m.order[2]], m.split[m.order[3]], m.split[m.order[4]]
		if product(m.split) != product(dims) || m.split[m.order[1]] != anchors || rows < 1 || columns < 1 || numbers < 6 ||
			h.classes > 0 && numbers != 5+h.classes {
			continue
		}
		m.grid, m.stride = [2]int{rows, columns}, picture[0]/rows
		if rows*m.stride == picture[0] && columns*m.stride == picture[1] {
			return m, true
		}
	}
	return yoloMap{}, false
}

// hintMaps returns words on outputs that may be the maps which [YOLOMaps] reads, with the spec that would read them but
// for the version and the anchors. They are empty if the outputs have other shapes.
func hintMaps(outputs [][]int, picture [2]int, classes int) string {
	if len(outputs) == 0 || len(outputs) == 1 && len(outputs[0]) != 5 {
		return "" // one map is more likely something else
	}
	for _, anchors := range []int{3, 1, 2, 4, 5, 6, 9} {
		h := yoloMaps{classes: classes}
		for range outputs {
			h.Anchors = append(h.Anchors, make([][2]float64, anchors))
		}
		maps, err := h.maps(outputs, picture)
		if err != nil || !differ(maps) {
			continue
		}
		one := "[" + strings.TrimSuffix(strings.Repeat("[w, h], ", anchors), ", ") + "]"
		all := strings.TrimSuffix(strings.Repeat(one+", ", len(outputs)), ", ")
		return fmt.Sprintf(`they may be maps of a YOLO for %d classes that are not decoded: if so, write "detector": {"decoder": "yolo-maps", "numbers": {"version": "yolov5", "anchors": [%s]}} with its version, "yolov2", "yolov3" (v4, too) or "yolov5" (v7, too), and the anchors in pixels that it was trained with, those of the finest map first`,
			maps[0].split[maps[0].order[4]]-5, all)
	}
	return ""
}

// differ tells whether all maps have grids of their own.
func differ(maps []yoloMap) bool {
	grids := map[[2]int]bool{}
	for _, m := range maps {
		grids[m.grid] = true
	}
	return len(grids) == len(maps)
}

// product returns the number of values of a tensor.
func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// maps returns the maps, the finest first, or an error if they are not those of the anchors.
func (h yoloMaps) maps(outputs [][]int, picture [2]int) ([]yoloMap, error) {
	if err := count(outputs, len(h.Anchors), fmt.Sprintf(`%d maps, as many as "anchors" has`, len(h.Anchors))); err != nil {
		return nil, err
	}
	finest := make([]int, len(outputs))
	for i := range finest {
		finest[i] = i
	}
	slices.SortStableFunc(finest, func(a, b int) int { return cmp.Compare(product(outputs[b]), product(outputs[a])) })
	var out []yoloMap
	for k, i := range finest {
		m, ok := h.lay(outputs[i], len(h.Anchors[k]), picture)
		if !ok {
			return nil, fmt.Errorf("the map %v is none of %d anchors with 5 + classes numbers for square cells of a picture of %d x %d",
				outputs[i], len(h.Anchors[k]), picture[1], picture[0])
		}
		m.output = i
		out = append(out, m)
	}
	return out, nil
}

func (h yoloMaps) Check(outputs [][]int, picture [2]int) error {
	_, err := h.maps(outputs, picture)
	return err
}

func (h yoloMaps) Decode(outputs []*Node, picture [2]int) Candidates {
	shapes := shapesOf(outputs)
	maps, _ := h.maps(shapes, picture) // which passed Check
	var boxes, objectness, scores []*Node
	for k, m := range maps {
		y := TransposeAllAxes(Reshape(outputs[m.output], m.split...), m.order...)
		y = Reshape(y, shapes[m.output][0], -1, y.Shape().Dim(-1))
		boxes = append(boxes, h.boxes(sliceLast(y, 0, 4), m, h.Anchors[k]))
		objectness, scores = append(objectness, h.sigmoid(takeLast(y, 4))), append(scores, h.classScores(sliceLast(y, 5, 0)))
	}
	return Candidates{Boxes: Concatenate(boxes, 1), Objectness: Concatenate(objectness, 1), Scores: Concatenate(scores, 1)}
}

// boxes returns the boxes of a map's numbers [batch, A h w, 4], anchor by anchor and row by row.
func (h yoloMaps) boxes(t *Node, m yoloMap, anchors [][2]float64) *Node {
	column, row, _ := cells(t.Graph(), m.grid, []int{1})
	cell := Concatenate([]*Node{column, row}, -1)
	var all []*Node
	var sides []float32
	for _, a := range anchors {
		all = append(all, cell)
		for range m.grid[0] * m.grid[1] {
			sides = append(sides, float32(a[0]), float32(a[1]))
		}
	}
	size := Const(t.Graph(), tensors.FromFlatDataAndDimensions(sides, 1, len(sides)/2, 2))
	spread, lengths := 1.0, sliceLast(t, 2, 4)
	if h.Version == "yolov5" {
		spread, size = 2, Mul(size, Square(MulScalar(h.sigmoid(lengths), 2)))
	} else {
		size = Mul(size, Exp(lengths))
	}
	spread = cmp.Or(h.Spread, spread)
	middle := AddScalar(MulScalar(h.sigmoid(sliceLast(t, 0, 2)), spread), (1-spread)/2)
	middle = MulScalar(Add(middle, Concatenate(all, 1)), float64(m.stride))
	return corners(Concatenate([]*Node{middle, size}, -1))
}

func (h yoloMaps) sigmoid(x *Node) *Node {
	if h.Sigmoids {
		return x
	}
	return Sigmoid(x)
}

func (h yoloMaps) classScores(x *Node) *Node {
	if h.Version == "yolov2" && !h.Sigmoids {
		return Softmax(x, -1)
	}
	return h.sigmoid(x)
}
