package source

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// tower returns layers of 6 channels: a convolution, its activation and the mean of that. The maps have side x side
// cells and miss a share of the picture on the right.
func tower(name, reads string, side int, lost float64) []Layer {
	conv := Layer{Name: name + " conv", Op: "Conv", Feeds: true, inputs: []string{reads}, Grid: [2]int{side, side},
		Channels: 6, upright: true, Shape: []int{1, 6, side, side}}
	conv.Axes.Beyond[1][1] = lost
	act := conv
	act.Name, act.Op, act.inputs = name, "Relu", []string{conv.Name}
	pooled := Layer{Name: name + " mean", Op: "GlobalAveragePool", Feeds: true, inputs: []string{name}, Shape: []int{1, 6}}
	return []Layer{conv, act, pooled}
}

// If a network looks at the picture through two towers that meet only in the answer, the suggested layer says which map
// it does not show. A tower that sees the whole picture is suggested before one of a part. Towers on one body are no
// reason to say anything: what they share is suggested if it has no more cells.
func TestTowers(t *testing.T) {
	body := tower("body", "image", 4, 0)[:2]
	for name, c := range map[string]struct {
		layers       []Layer
		want, beside string
	}{
		"two of one size":   {append(tower("a", "image", 4, 0), tower("b", "image", 4, 0)...), "a", "b"},
		"a larger one":      {append(tower("a", "image", 8, 0), tower("b", "image", 4, 0)...), "b", "a"},
		"halves":            {append(tower("a", "image", 4, 0.5), tower("b", "image", 4, 0.5)...), "a", "b"},
		"whole and a part":  {append(tower("a", "image", 8, 0), tower("b", "image", 4, 0.5)...), "a", "b"},
		"a part, then all":  {append(tower("a", "image", 4, 0.5), tower("b", "image", 8, 0)...), "b", "a"},
		"a part alone":      {append(tower("all", "image", 8, 0)[:2], tower("a", "all", 4, 0.5)...), "a", ""},
		"one body":          {append(append(body, tower("a", "body", 4, 0)...), tower("b", "body", 4, 0)...), "body", ""},
		"a shortcut":        {append(append(body, tower("a", "body", 2, 0)...), tower("body", "body", 4, 0)[2]), "a", ""},
		"alone":             {tower("a", "image", 4, 0), "a", ""},
		"the other is none": {append(tower("a", "image", 4, 0), tower("b", "image", 1, 0)...), "a", ""},
	} {
		answer := Layer{Name: "answer", Op: "Gemm", Feeds: true, answer: true, Shape: []int{1, 5}}
		for _, l := range c.layers {
			if l.Op == "GlobalAveragePool" {
				answer.inputs = append(answer.inputs, l.Name)
			}
		}
		layers := slices.Concat(c.layers, []Layer{answer})
		suggest(layers)
		l, err := SuggestedLayer(layers)
		if err != nil || l.Name != c.want || l.Beside != c.beside {
			t.Errorf("%s: %q is suggested, beside %q, %v; want %q and %q", name, l.Name, l.Beside, err, c.want, c.beside)
		}
	}
}

// The second tower of a network that sees the mirror image, too, is named, and its map is a map of the picture.
func TestMirroredTower(t *testing.T) {
	conv := func(in, out string) *protos.NodeProto {
		n := nodeOf("Conv", in, out)
		n.Input = append(n.Input, "kernel")
		return n
	}
	flip := nodeOf("Slice", "x", "mirror")
	flip.Input = append(flip.Input, "last", "beyond", "columns", "last")
	sum := nodeOf("Add", "a mean", "y")
	sum.Input = append(sum.Input, "b mean")
	sets := []*protos.OperatorSetIdProto{{Version: 17}}
	m := &protos.ModelProto{IrVersion: 8, OpsetImport: sets, Graph: &protos.GraphProto{
		Name: "g", Input: []*protos.ValueInfoProto{onnxnorm.Declare("x", []int{1, 2, 8, 12})},
		Output: []*protos.ValueInfoProto{onnxnorm.Declare("y", []int{1, 2, 1, 1})},
		Node: []*protos.NodeProto{conv("x", "a"), nodeOf("Relu", "a", "a act"),
			nodeOf("GlobalAveragePool", "a act", "a mean"), flip, conv("mirror", "b"),
			nodeOf("Relu", "b", "b act"), nodeOf("GlobalAveragePool", "b act", "b mean"), sum},
		Initializer: []*protos.TensorProto{initializer("kernel", false, []int64{2, 2, 1, 1}, 1, 2, 3, 4),
			initializer("last", true, []int64{1}, -1), initializer("beyond", true, []int64{1}, -99),
			initializer("columns", true, []int64{1}, 3)},
	}}
	layers := layersOf(t, m, []int{1, 2, 8, 12})
	l, err := SuggestedLayer(layers)
	if err != nil || l.Name != "a act" || l.Beside != "b act" {
		t.Errorf("%q is suggested, beside %q, %v", l.Name, l.Beside, err)
	}
	at := slices.IndexFunc(layers, func(l Layer) bool { return l.Name == "b act" })
	if b := layers[at]; b.Grid != [2]int{8, 12} || b.Axes.Mirrored != [2]bool{false, true} || b.Field != nil {
		t.Errorf("the second tower's map is %v, mirrored %v, its field %v", b.Grid, b.Axes.Mirrored, b.Field)
	}
}

// layersOf writes a model into a file and lists its layers.
func layersOf(t *testing.T, m *protos.ModelProto, input []int) []Layer {
	t.Helper()
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "net.onnx")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	net, err := ONNX(file)
	if err != nil {
		t.Fatal(err)
	}
	layers, err := net.Layers(t.Context(), input, "")
	if err != nil {
		t.Fatal(err)
	}
	return layers
}

// If cells are put in an order that cannot be followed, such as one half of the tokens before a class token and one
// behind it, the suggestion says from where on.
func TestLostCells(t *testing.T) {
	node := func(op, out string, in ...string) *protos.NodeProto {
		n := nodeOf(op, in[0], out)
		n.Input = in
		return n
	}
	whole := func(name string, values ...float64) *protos.TensorProto {
		return initializer(name, true, []int64{int64(len(values))}, values...)
	}
	join := node("Concat", "tokens", "first", "class", "second")
	join.Attribute = append(join.Attribute, &protos.AttributeProto{Name: "axis", Type: protos.AttributeProto_INT, I: 1})
	mean := node("ReduceMean", "y", "m")
	mean.Attribute = append(mean.Attribute, intsAttr("axes", 1))
	sets := []*protos.OperatorSetIdProto{{Version: 17}}
	m := &protos.ModelProto{IrVersion: 8, OpsetImport: sets, Graph: &protos.GraphProto{
		Name: "g", Input: []*protos.ValueInfoProto{onnxnorm.Declare("x", []int{1, 2, 4, 6})},
		Output: []*protos.ValueInfoProto{{Name: "y"}},
		Node: []*protos.NodeProto{node("Conv", "patches", "x", "kernel"), node("Reshape", "flat", "patches", "shape"),
			nodeOf("Transpose", "flat", "rows", intsAttr("perm", 0, 2, 1)),
			node("Slice", "first", "rows", "0", "12", "1"), node("Slice", "second", "rows", "12", "24", "1"),
			join, node("MatMul", "m", "tokens", "weights"), mean},
		Initializer: []*protos.TensorProto{initializer("kernel", false, []int64{2, 2, 1, 1}, 1, 2, 3, 4),
			initializer("weights", false, []int64{2, 2}, 1, 2, 3, 4), initializer("class", false, []int64{1, 1, 2}, 1, 2),
			whole("shape", 1, 2, 24), whole("0", 0), whole("1", 1), whole("12", 12), whole("24", 24)},
	}}
	l, err := SuggestedLayer(layersOf(t, m, []int{1, 2, 4, 6}))
	want := "; from m on the cells cannot be followed, so no later layer has a map"
	if err != nil || l.Name != "patches" || !strings.HasSuffix(l.Why, want) {
		t.Errorf("%q is suggested, %v: %s", l.Name, err, l.Why)
	}
}
