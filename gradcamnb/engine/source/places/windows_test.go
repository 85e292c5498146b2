package places

import (
	"fmt"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// unfolded returns the axes of windows of some of 24 rows, one after so many, that begin at the given ones, in the form
// of torch's older exporter: each is sliced, its rows become the last axis, and a Concat lists them on an axis before
// the columns.
func unfolded(length, by int, starts ...int) []Axis {
	g := &onnxnorm.Graph{Input: "x", Given: map[string]onnxnorm.Tensor{
		"x": {Name: "x", Dims: []int{1, 3, 24, 36}}, "rows": {Dims: []int{1}, Ints: []int{2}}, "end": {Dims: []int{1}},
		"step": {Dims: []int{1}, Ints: []int{by}}}}
	add := func(op string, dims []int, attr *protos.AttributeProto, inputs ...string) string {
		name := fmt.Sprint(op, len(g.Tensors))
		n := &protos.NodeProto{OpType: op, Output: []string{name}}
		if attr != nil {
			n.Attribute = []*protos.AttributeProto{attr}
		}
		g.Tensors = append(g.Tensors, onnxnorm.Tensor{Name: name, Op: op, Dims: dims, Inputs: inputs, Made: n})
		return name
	}
	var windows []string
	for _, from := range starts {
		start := fmt.Sprint("from ", from)
		g.Given[start] = onnxnorm.Tensor{Dims: []int{1}, Ints: []int{from}}
		w := add("Slice", []int{1, 3, length, 36}, nil, "x", start, "end", "rows", "step")
		w = add("Transpose", []int{1, 3, 36, length}, &protos.AttributeProto{Name: "perm", Ints: []int64{0, 1, 3, 2}}, w)
		windows = append(windows, add("Unsqueeze", []int{1, 3, 1, 36, length}, nil, w))
	}
	all := add("Concat", []int{1, 3, len(starts), 36, length}, &protos.AttributeProto{Name: "axis", I: 2}, windows...)
	return Trace(g, Source{Input: []int{1, 3, 24, 36}})[all]
}

// Windows side by side are the rows of a grid and the rows within each, as a change of shape makes them. Windows that
// share rows are the rows of a grid, as those of a convolution are. Uneven ones are no grid.
func TestWindowsOfSlices(t *testing.T) {
	tiles := unfolded(6, 1, 0, 6, 12, 18)
	whole, is := tiles[2].place()
	if !is || whole.Kind != Row || whole.Size != 4 || whole.Stride != 6 {
		t.Errorf("tiles: %+v", tiles)
	}
	if len(tiles[4]) != 1 || tiles[4][0].Kind != Row || tiles[4][0].Size != 6 || tiles[4][0].Extent != 24 {
		t.Errorf("rows of tiles: %+v", tiles[4])
	}
	if back := regroup([]Axis{tiles[2], tiles[4]}, []int{24}); len(back[0]) != 1 || !back[0][0].isUnmoved(Row) {
		t.Errorf("tiles put together again: %+v", back)
	}
	shared := unfolded(8, 1, 0, 4, 8, 12, 16)
	p, is := shared[2].place()
	if !is || p.Kind != Row || p.Size != 5 || len(shared[4]) != 1 || shared[4][0].Kind != Other {
		t.Errorf("windows that share rows: %+v", shared)
	}
	for name, a := range map[string][]Axis{"uneven": unfolded(6, 1, 0, 6, 13, 18),
		"backwards":        unfolded(6, 1, 18, 12, 6, 0),
		"every second row": unfolded(6, 2, 0, 12)} {
		if _, is := a[2].place(); is {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// A table of places that an unfolding reads, windows first or cells first, makes the same grid.
func TestWindowsOfATable(t *testing.T) {
	var byWindow, byCell []int
	for w := range 5 {
		for c := range 8 {
			byWindow = append(byWindow, 4*w+c)
		}
	}
	for c := range 8 {
		for w := range 5 {
			byCell = append(byCell, 4*w+c)
		}
	}
	rows := Axis{cells(Row, 24)}
	for name, a := range map[string]Axis{"windows first": windows(rows, []int{5, 8}, byWindow)[0],
		"cells first": windows(rows, []int{8, 5}, byCell)[1]} {
		if p, is := a.place(); !is || p.Size != 5 || p.Lost != [2]float64{} {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// GatherND picks along the first axes, as channels by their numbers, and leaves those behind them as they are.
func TestGatherNDKeepsWhatItDoesNotPick(t *testing.T) {
	g := &onnxnorm.Graph{Input: "x", Given: map[string]onnxnorm.Tensor{
		"x": {Name: "x", Dims: []int{1, 11, 21, 33}}, "bands": {Dims: []int{3, 1}}, "rows": {Dims: []int{1, 11, 21, 1}}}}
	add := func(name, op string, dims []int, attr *protos.AttributeProto, inputs ...string) {
		g.Tensors = append(g.Tensors, onnxnorm.Tensor{Name: name, Op: op, Dims: dims, Inputs: inputs,
			Made: &protos.NodeProto{OpType: op, Output: []string{name}, Attribute: []*protos.AttributeProto{attr}}})
	}
	add("s", "Transpose", []int{11, 1, 21, 33}, &protos.AttributeProto{Name: "perm", Ints: []int64{1, 0, 2, 3}}, "x")
	add("picked", "GatherND", []int{3, 1, 21, 33}, &protos.AttributeProto{}, "s", "bands")
	add("turned", "GatherND", []int{1, 11, 21, 33}, &protos.AttributeProto{Name: "batch_dims", I: 2}, "x", "rows")
	axes := Trace(g, Source{Input: []int{1, 11, 21, 33}})
	for i, k := range []Kind{Row, Column} {
		if p, is := axes["picked"][2+i].place(); !is || p.Kind != k || p.Moved {
			t.Errorf("axis %d behind channels that are picked: %+v", 2+i, axes["picked"][2+i])
		}
	}
	if p, _ := axes["turned"][2].place(); !p.Moved {
		t.Errorf("rows that are picked in any order: %+v", axes["turned"][2])
	}
	if p, is := axes["turned"][3].place(); !is || p.Moved {
		t.Errorf("columns beside rows that are picked: %+v", axes["turned"][3])
	}
}
