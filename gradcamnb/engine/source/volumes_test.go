package source

import (
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// Of a volume of 16 slices, slices 4 to 11, slice 8 and what is made of them have no map, since it would be stretched
// over all 16. Every second slice has a map of 8 slices, and so has the mean of all slices, of one.
func TestCroppedVolumes(t *testing.T) {
	ints := func(name string, v ...int64) *protos.TensorProto {
		return initializer(name, true, []int64{int64(len(v))}, floats(v)...)
	}
	slice := func(from, to, step string) *protos.NodeProto {
		n := nodeOf("Slice", "made", "cut")
		n.Input = append(n.Input, from, to, "axis", step)
		return n
	}
	gather := nodeOf("Gather", "made", "cut", wholeAttribute("axis", 2))
	gather.Input = append(gather.Input, "eight")
	split := nodeOf("Split", "made", "cut", wholeAttribute("axis", 2))
	split.Input, split.Output = append(split.Input, "parts"), append(split.Output, "rest")
	mean := nodeOf("ReduceMean", "made", "cut", intsAttr("axes", 2), wholeAttribute("keepdims", 0))
	for name, c := range map[string]struct {
		node    *protos.NodeProto
		flat    bool // slices have no axis any more
		slices  int
		squeeze bool
	}{
		"slices 4 to 11":     {node: slice("four", "twelve", "one")},
		"slices 0 to 7":      {node: slice("zero", "eight1", "one")},
		"slice 8":            {node: gather, flat: true},
		"the first 8":        {node: split},
		"every second slice": {node: slice("zero", "sixteen", "two"), slices: 8},
		"all":                {node: slice("zero", "sixteen", "one"), slices: 16},
		"the mean":           {node: mean, flat: true, slices: 1},
		"slice 8, squeezed":  {node: slice("eight1", "nine", "one"), flat: true, squeeze: true},
	} {
		t.Run(name, func(t *testing.T) {
			first := nodeOf("Conv", "x", "made")
			first.Input = append(first.Input, "w3")
			nodes := []*protos.NodeProto{first, c.node}
			last, kernel := "cut", "w3"
			if c.squeeze {
				n := nodeOf("Squeeze", "cut", "squeezed")
				n.Input = append(n.Input, "axis")
				nodes, last = append(nodes, n), "squeezed"
			}
			if c.flat {
				kernel = "w2"
			}
			behind := nodeOf("Conv", last, "behind")
			behind.Input = append(behind.Input, kernel)
			nodes = append(nodes, behind, nodeOf("GlobalAveragePool", "behind", "pooled"), nodeOf("Flatten", "pooled", "y"))
			m, err := ONNX(golden.Save(t, &protos.ModelProto{
				IrVersion: 8, OpsetImport: []*protos.OperatorSetIdProto{{Version: 17}},
				Graph: &protos.GraphProto{Name: "g", Node: nodes,
					Input:  []*protos.ValueInfoProto{onnxnorm.Declare("x", []int{1, 2, 16, 4, 6})},
					Output: []*protos.ValueInfoProto{onnxnorm.Declare("y", []int{1, 2})},
					Initializer: []*protos.TensorProto{initializer("w3", false, []int64{2, 2, 1, 1, 1}, 1, 2, 3, 4),
						initializer("w2", false, []int64{2, 2, 1, 1}, 1, 2, 3, 4), initializer("eight", true, nil, 8),
						ints("zero", 0), ints("one", 1), ints("two", 2), ints("four", 4), ints("eight1", 8), ints("nine", 9),
						ints("twelve", 12), ints("sixteen", 16), ints("axis", 2), ints("parts", 8, 8)},
				}}))
			if err != nil {
				t.Fatal(err)
			}
			layers, err := m.Layers(t.Context(), m.Card().Input, "")
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]int{"made": 16, "cut": c.slices, "behind": c.slices}
			for _, l := range layers {
				n, ok := want[l.Name]
				delete(want, l.Name)
				if ok && (l.Slices != n || (l.Grid[0] > 0) != (n > 0)) {
					t.Errorf("%s %v has %d slices and the grid %v, want %d slices", l.Name, l.Shape, l.Slices, l.Grid, n)
				}
			}
			if len(want) > 0 {
				t.Errorf("there are no layers %v", want)
			}
		})
	}
}

func floats(v []int64) (out []float64) {
	for _, n := range v {
		out = append(out, float64(n))
	}
	return out
}
