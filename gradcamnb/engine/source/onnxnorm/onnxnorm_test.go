package onnxnorm

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// The values and gradients of every operator that can be run are tested in source/operators_test.go. The tests here
// need no backend.

func ints(name string, values ...int64) *protos.TensorProto {
	return &protos.TensorProto{Name: name, DataType: int32(protos.TensorProto_INT64), Dims: []int64{int64(len(values))},
		Int64Data: values}
}

func weight(dims []int64, values ...float32) *protos.TensorProto {
	var raw []byte
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return &protos.TensorProto{Name: "w", DataType: int32(protos.TensorProto_FLOAT), Dims: dims, RawData: raw}
}

// graph returns a model with the input "x" and the output "y".
func graph(nodes []*protos.NodeProto, weights ...*protos.TensorProto) *protos.ModelProto {
	return &protos.ModelProto{
		OpsetImport: []*protos.OperatorSetIdProto{{Version: 17}},
		Graph: &protos.GraphProto{
			Node: nodes, Initializer: weights,
			Input:  []*protos.ValueInfoProto{{Name: "x"}},
			Output: []*protos.ValueInfoProto{{Name: "y"}},
		},
	}
}

func find(t *testing.T, g *Graph, name string) Tensor {
	t.Helper()
	i := slices.IndexFunc(g.Tensors, func(x Tensor) bool { return x.Name == name })
	if i < 0 {
		t.Fatalf("there is no tensor %q", name)
	}
	return g.Tensors[i]
}

// The pads of torch's older exporter: [0, 0, 1, 2, 0, 0, 3, 4] is written as a list
// of pairs from the last axis on, reversed by a slice with the step -1, transposed
// and flattened. A picture 5 x 5 becomes 5+1+3 = 9 by 5+2+4 = 11.
func TestPadsOfOlderExporter(t *testing.T) {
	m := graph([]*protos.NodeProto{
		{OpType: "Reshape", Input: []string{"pairs", "two"}, Output: []string{"table"}},
		{OpType: "Slice", Input: []string{"table", "start", "end", "axis", "step"}, Output: []string{"reversed"}},
		{OpType: "Transpose", Input: []string{"reversed"}, Output: []string{"turned"},
			Attribute: []*protos.AttributeProto{{Name: "perm", Type: protos.AttributeProto_INTS, Ints: []int64{1, 0}}}},
		{OpType: "Reshape", Input: []string{"turned", "flat"}, Output: []string{"pads"}},
		{OpType: "Pad", Input: []string{"x", "pads"}, Output: []string{"y"}},
	},
		ints("pairs", 2, 4, 1, 3, 0, 0, 0, 0), ints("two", -1, 2), ints("flat", -1),
		ints("start", -1), ints("end", math.MinInt64+1), ints("axis", 0), ints("step", -1))
	g, err := Normalise(t.Context(), m, []int{1, 3, 5, 5}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := find(t, g, "y").Dims; !slices.Equal(got, []int{1, 3, 9, 11}) {
		t.Errorf("the padded picture is %v, want [1 3 9 11]", got)
	}
	if find(t, g, "pads").Constant != true {
		t.Error("the pads are not folded")
	}
}

// Module paths come from the newer exporter's metadata and from the older one's node names, in which a child of a
// Sequential repeats its parent's name.
func TestScopes(t *testing.T) {
	for _, c := range []struct {
		node *protos.NodeProto
		want []string
	}{
		{&protos.NodeProto{Name: "node_relu_48",
			MetadataProps: []*protos.StringStringEntryProto{{Key: "pkg.torch.onnx.name_scopes",
				Value: "['', 'layer4', 'layer4.2', 'layer4.2.relu', 'relu_48']"}}},
			[]string{"layer4", "layer4.2", "layer4.2.relu"}},
		{&protos.NodeProto{Name: "/layer4/layer4.2/relu_2/Relu"}, []string{"layer4", "layer4.2", "layer4.2.relu_2"}},
		{&protos.NodeProto{Name: "/Flatten"}, nil},
		{&protos.NodeProto{Name: "Conv_3"}, nil},
		{&protos.NodeProto{MetadataProps: []*protos.StringStringEntryProto{{Key: "pkg.torch.onnx.name_scopes",
			Value: "not a list"}}}, nil},
	} {
		if got := scopes(c.node); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.node.Name, got, c.want)
		}
	}
}

// The error for an unsupported or damaged operator names the operator, node and module.
func TestErrors(t *testing.T) {
	kernel := weight([]int64{2, 3, 1, 1}, 1, 2, 3, 4, 5, 6)
	for name, c := range map[string]struct {
		m    *protos.ModelProto
		want []string
	}{
		"unknown operator": {graph([]*protos.NodeProto{{OpType: "StringSplit", Name: "/head/nms/NMS", Input: []string{"x"},
			Output: []string{"y"}}}), []string{"StringSplit", "/head/nms/NMS", "head.nms"}},
		"no graph": {&protos.ModelProto{}, []string{"holds no graph"}},
		"missing tensor": {graph([]*protos.NodeProto{{OpType: "Relu", Name: "r", Input: []string{"z"},
			Output: []string{"y"}}}), []string{`"z"`, "r"}},
		"missing output": {graph([]*protos.NodeProto{{OpType: "Relu", Name: "r", Input: []string{"x"},
			Output: []string{"z"}}}), []string{`output "y"`}},
		"missing input": {graph([]*protos.NodeProto{{OpType: "Conv", Name: "c", Input: []string{"x"},
			Output: []string{"y"}}}, kernel), []string{"Conv", "c", "input 1 is missing"}},
		"channels": {graph([]*protos.NodeProto{{OpType: "Conv", Name: "c", Input: []string{"x", "w"},
			Output: []string{"y"}}}, weight([]int64{2, 1, 1, 1}, 1, 2)), []string{"Conv", "3 channels"}},
		"weight is cut off": {graph([]*protos.NodeProto{{OpType: "Conv", Name: "c", Input: []string{"x", "w"},
			Output: []string{"y"}}}, weight([]int64{2, 3, 1, 1}, 1, 2)), []string{`"w"`}},
		"negative shape": {graph([]*protos.NodeProto{{OpType: "Conv", Name: "c", Input: []string{"x", "w"},
			Output: []string{"y"}}}, weight([]int64{-2, 3, 1, 1})), []string{`"w"`}},
		"a sequence goes out": {graph([]*protos.NodeProto{{OpType: "SequenceConstruct", Input: []string{"x"},
			Output: []string{"y"}}}), []string{`"y" is a sequence`, "not supported"}},
		"a sequence is added": {graph([]*protos.NodeProto{
			{OpType: "SequenceConstruct", Input: []string{"x"}, Output: []string{"s"}},
			{OpType: "Add", Name: "a", Input: []string{"x", "s"}, Output: []string{"y"}}}), []string{"Add", `sequence "s"`}},
		"axis": {graph([]*protos.NodeProto{{OpType: "Softmax", Name: "s", Input: []string{"x"}, Output: []string{"y"},
			Attribute: []*protos.AttributeProto{{Name: "axis", I: 7}}}}), []string{"Softmax", "axis 7"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Normalise(t.Context(), c.m, []int{1, 3, 8, 8}, Options{})
			if err == nil {
				t.Fatal("no error")
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
		})
	}
}

// The models that docs/models.md lists as refused are refused, with operator, node and module.
func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		nodes []*protos.NodeProto
		want  string
	}{
		"RandomNormal": {}, "Multinomial": {}, "StringNormalizer": {}, "SequenceMap": {}, "ImageDecoder": {},
		"PackedAttention": {[]*protos.NodeProto{{OpType: "PackedAttention", Domain: "com.microsoft",
			Name: "/block/PackedAttention", Input: []string{"x"}, Output: []string{"y"}}}, "basic level"},
		"other domain": {[]*protos.NodeProto{{OpType: "MyOp", Domain: "my.own", Name: "/block/MyOp", Input: []string{"x"},
			Output: []string{"y"}}}, `domain "my.own"`},
	} {
		t.Run(name, func(t *testing.T) {
			if c.nodes == nil {
				c.nodes, c.want = []*protos.NodeProto{{OpType: name, Name: "/block/" + name, Input: []string{"x"},
					Output: []string{"y"}}}, "not supported"
			}
			other := weight([]int64{1}, 0.5)
			other.Name = "other"
			_, err := Normalise(t.Context(), graph(c.nodes, weight([]int64{1}, 0.25), other), []int{1, 3, 8, 8}, Options{})
			last := c.nodes[len(c.nodes)-1]
			if err == nil {
				t.Fatal("no error")
			}
			for _, w := range []string{"operator " + last.OpType, last.Name, "module block", c.want} {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
		})
	}
	m := graph([]*protos.NodeProto{{OpType: "Add", Name: "a", Input: []string{"x", "x2"}, Output: []string{"y"}}})
	m.Graph.Input = append(m.Graph.Input, &protos.ValueInfoProto{Name: "x2"})
	if _, err := Normalise(t.Context(), m, []int{1, 3, 8, 8}, Options{Picture: "x"}); err == nil ||
		!strings.Contains(err.Error(), `"x2" (undefined, []) is not given`) {
		t.Errorf("two inputs: error %v", err)
	}
}

// An initializer that is also listed as an input, as in older files, is a weight.
func TestInitializerListedAsInput(t *testing.T) {
	m := graph([]*protos.NodeProto{{OpType: "Conv", Input: []string{"x", "w"}, Output: []string{"y"}}},
		weight([]int64{2, 3, 1, 1}, 1, 2, 3, 4, 5, 6))
	m.Graph.Input = append([]*protos.ValueInfoProto{{Name: "w"}}, m.Graph.Input...)
	g, err := Normalise(t.Context(), m, []int{1, 3, 8, 8}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if g.Input != "x" || len(g.Weights) != 1 {
		t.Errorf("input %q, %d weights", g.Input, len(g.Weights))
	}
}

// Nodes may stand in any order; the rest stays as the file has it.
func TestOrder(t *testing.T) {
	m := graph([]*protos.NodeProto{
		{OpType: "Relu", Name: "third", Input: []string{"b"}, Output: []string{"y"}},
		{OpType: "Relu", Name: "second", Input: []string{"a"}, Output: []string{"b"}},
		{OpType: "Neg", Name: "aside", Input: []string{"x"}, Output: []string{"c"}},
		{OpType: "Relu", Name: "first", Input: []string{"x"}, Output: []string{"a"}},
	})
	g, err := Normalise(t.Context(), m, []int{1, 3, 8, 8}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, x := range g.Tensors {
		names = append(names, x.Node)
	}
	if want := []string{"first", "second", "third", "aside"}; !slices.Equal(names, want) {
		t.Errorf("the order is %q, want %q", names, want)
	}
	circle := graph([]*protos.NodeProto{
		{OpType: "Relu", Name: "a", Input: []string{"y"}, Output: []string{"b"}},
		{OpType: "Relu", Name: "b", Input: []string{"b"}, Output: []string{"y"}},
	})
	if _, err := Normalise(t.Context(), circle, []int{1, 3, 8, 8}, Options{}); err == nil ||
		!strings.Contains(err.Error(), "nothing before it makes") {
		t.Errorf("a circle: error %v", err)
	}
}

// Between convolutions and poolings nothing is transposed. In the whole network only the picture is, once, and nothing
// else that has a spatial size.
func TestChannelsLastHasNoTransposesBetween(t *testing.T) {
	m := golden3x3(t)
	g, err := Normalise(t.Context(), m, []int{1, 3, 64, 64}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var channelsLast, spatial int
	for _, x := range g.Tensors {
		if len(x.Dims) == 4 && x.Dims[2] > 1 && !x.Constant {
			spatial++
			if x.ChannelsLast {
				channelsLast++
			}
		}
	}
	if channelsLast != spatial || spatial < 30 {
		t.Errorf("%d of %d feature maps are channels-last", channelsLast, spatial)
	}
	kept, err := Normalise(t.Context(), m, []int{1, 3, 64, 64}, Options{KeepLayout: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range kept.Tensors {
		if x.ChannelsLast {
			t.Errorf("%s is channels-last although the layout is to be kept", x.Name)
		}
	}
}

func golden3x3(t *testing.T) *protos.ModelProto {
	t.Helper()
	data, err := os.ReadFile(golden.Path("models", "resnet-basic.dyn.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	m := &protos.ModelProto{}
	if err := proto.Unmarshal(data, m); err != nil {
		t.Fatal(err)
	}
	return m
}

// Model files are untrusted, so any content ends as a graph or an error, never as a panic. Bytes of real models are
// changed at random, and files that still parse are rewritten.
func TestDamagedModelsDoNotPanic(t *testing.T) {
	files, err := filepath.Glob(golden.Path("ops", "*.onnx"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no operator cases: %v", err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	parsed, rewritten := 0, 0
	for _, file := range files {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for range 60 {
			data := slices.Clone(whole)
			for range 1 + r.IntN(4) {
				data[r.IntN(len(data))] = byte(r.IntN(256))
			}
			m := &protos.ModelProto{}
			if proto.Unmarshal(data, m) != nil {
				continue
			}
			parsed++
			func() {
				defer func() {
					if e := recover(); e != nil {
						t.Errorf("%s, changed: panic %v", filepath.Base(file), e)
					}
				}()
				if _, err := Normalise(t.Context(), m, []int{1, 3, 6, 6}, Options{}); err == nil {
					rewritten++
				}
			}()
		}
	}
	t.Logf("%d damaged models parsed, %d of them were rewritten all the same", parsed, rewritten)
	if parsed < 100 {
		t.Errorf("only %d damaged models parsed: the test tests nothing", parsed)
	}
}

// Weights that are transposed while they are read, in one slab or in several, stand at the places of their indices.
func TestTransposeStored(t *testing.T) {
	for _, c := range []struct{ dims, perm []int }{
		{[]int{70, 9000}, []int{1, 0}}, // slabs of 32 rows
		{[]int{70, 9000}, []int{0, 1}},
		{[]int{40, 33, 3, 5}, []int{2, 3, 1, 0}},
		{[]int{40, 33, 3, 5}, []int{2, 3, 0, 1}},
		{[]int{5, 1, 3, 3}, []int{2, 3, 1, 0}},
		{[]int{2, 37, 65}, []int{1, 2, 0}},
		{[]int{1, 1}, []int{1, 0}},
		{[]int{0, 3}, []int{1, 0}},
		{[]int{4}, []int{0}},
	} {
		n := size(c.dims)
		var raw []byte
		for i := range n {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(i)))
		}
		got := make([]float32, n)
		transposeStored(got, StoredValues{len(raw), func(into []byte, at int) { copy(into, raw[at:]) }}, c.dims, c.perm)
		to := permute(c.dims, c.perm)
		for at := range n {
			index, rest := make([]int, len(to)), at // in the result
			for i := len(to) - 1; i >= 0; i-- {
				index[i], rest = rest%to[i], rest/to[i]
			}
			want := 0
			for axis, d := range c.dims {
				want = want*d + index[slices.Index(c.perm, axis)]
			}
			if got[at] != float32(want) {
				t.Fatalf("%v by %v: %v at %v, not %d", c.dims, c.perm, got[at], index, want)
			}
		}
	}
}
