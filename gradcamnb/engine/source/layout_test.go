package source

import (
	"slices"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

func nodeOf(op, in, out string, attrs ...*protos.AttributeProto) *protos.NodeProto {
	n := &protos.NodeProto{OpType: op, Name: op, Input: []string{in}, Output: []string{out}, Attribute: attrs}
	return n
}

func (l layoutCase) reading(extra ...string) layoutCase {
	last := l.nodes[len(l.nodes)-1]
	last.Input = append(last.Input, extra...)
	return l
}

func intsAttr(name string, v ...int64) *protos.AttributeProto {
	return &protos.AttributeProto{Name: name, Type: protos.AttributeProto_INTS, Ints: v}
}

type layoutCase struct {
	dims     []int
	nodes    []*protos.NodeProto
	want     imgio.Layout
	channels int
}

// The order of the picture's axes follows from the first operator of planes, or of patches, that meets them; worked out
// by hand.
func TestLayoutOf(t *testing.T) {
	first, last := imgio.ChannelsFirst, imgio.ChannelsLast
	shape := func(name string, v ...int64) *protos.TensorProto {
		return &protos.TensorProto{Name: name, DataType: int32(protos.TensorProto_INT64), Dims: []int64{int64(len(v))},
			Int64Data: v}
	}
	weights := []*protos.TensorProto{
		{Name: "kernel5", DataType: int32(protos.TensorProto_FLOAT), Dims: []int64{8, 5, 3, 3}},
		shape("to NCHW", 1, 1, 28, 36), shape("patches", 2, 3, 4, 8, 4, 8), shape("patches, last", 2, 4, 8, 4, 8, 3),
		shape("at", 2, 1, 0),
		{Name: "mean", DataType: int32(protos.TensorProto_FLOAT), FloatData: []float32{1}},
		shape("free to NCHW", 0, 11, -1, 9),
		{Name: "bands", DataType: int32(protos.TensorProto_INT64), Dims: []int64{5, 1}, Int64Data: []int64{10, 3, 7, 0, 1}},
	}
	conv := func(in string) *protos.NodeProto {
		n := nodeOf("Conv", in, "y")
		n.Input = append(n.Input, "kernel5")
		return n
	}
	toFirst := func(in string) *protos.NodeProto {
		return nodeOf("Transpose", in, "t", intsAttr("perm", 0, 3, 1, 2))
	}
	for name, c := range map[string]layoutCase{
		"convolution":            {[]int{1, 5, 28, 36}, []*protos.NodeProto{conv("x")}, first, 5},
		"three on the last axis": {[]int{1, 5, 28, 3}, []*protos.NodeProto{conv("x")}, first, 5},
		"free":                   {[]int{-1, -1, -1, -1}, []*protos.NodeProto{conv("x")}, first, 5},
		"transposed":             {[]int{1, 28, 36, 5}, []*protos.NodeProto{toFirst("x"), conv("t")}, last, 5},
		"transposed, free":       {[]int{-1, -1, -1, -1}, []*protos.NodeProto{toFirst("x"), conv("t")}, last, 5},
		"normalised, then transposed": {[]int{1, 28, 36, 5},
			[]*protos.NodeProto{nodeOf("Sub", "x", "s"), nodeOf("Pad", "s", "p"), toFirst("p"), conv("t")}, last, 0},
		"one channel by Reshape": layoutCase{[]int{1, 28, 36, 1}, []*protos.NodeProto{nodeOf("Reshape", "x", "t")}, last,
			0}.reading("to NCHW"),
		"channels in another order": layoutCase{[]int{1, 3, 28, 36},
			[]*protos.NodeProto{nodeOf("Gather", "x", "t", &protos.AttributeProto{Name: "axis", I: 1})}, first, 0}.reading("at"),
		"channels by GatherND": {[]int{1, 11, 21, 33}, []*protos.NodeProto{
			nodeOf("Transpose", "x", "s", intsAttr("perm", 1, 0, 2, 3)), nodeWith("GatherND", []string{"s", "bands"}, "g"),
			nodeOf("Transpose", "g", "t", intsAttr("perm", 1, 0, 2, 3)), conv("t")}, first, 0},
		"pool": {[]int{1, 9, 9, 9}, []*protos.NodeProto{toFirst("x"), nodeOf("MaxPool", "t", "y")},
			last, 0},
		"mean over the places": {[]int{1, 9, 9, 9},
			[]*protos.NodeProto{nodeOf("ReduceMean", "x", "y", intsAttr("axes", 1, 2))}, last, 0},
		"mean over the places, first": {[]int{1, 9, 9, 9},
			[]*protos.NodeProto{nodeOf("ReduceMean", "x", "y", intsAttr("axes", -2, -1))}, first, 0},
		"patches by Reshape": layoutCase{[]int{2, 3, 32, 32}, []*protos.NodeProto{nodeOf("Reshape", "x", "y")}, first,
			0}.reading("patches"),
		"patches by Reshape, last": layoutCase{[]int{2, 32, 32, 3}, []*protos.NodeProto{nodeOf("Reshape", "x", "y")}, last,
			0}.reading("patches, last"),
		"nothing of places": {[]int{1, 9, 9, 9}, []*protos.NodeProto{nodeOf("Relu", "x", "r"), nodeOf("Flatten", "r", "y")},
			"", 0},
	} {
		if name == "one channel by Reshape" || name == "channels in another order" {
			c.nodes = append(c.nodes, conv("t"))
		}
		g := &protos.GraphProto{Node: c.nodes, Initializer: weights}
		got, ok := layoutOf(&protos.ModelProto{Graph: g}, "x", c.dims)
		if ok != (c.want != "") || got.layout != c.want || got.channels != c.channels && name != "one channel by Reshape" {
			t.Errorf("%s: layout %q, %d channels (found: %t), want %q, %d", name, got.layout, got.channels, ok, c.want,
				c.channels)
		}
	}
}

// A sidecar says the layout if the graph does not, and cannot contradict the graph.
func TestLayoutOfTheSidecar(t *testing.T) {
	silent := &protos.GraphProto{Node: []*protos.NodeProto{nodeOf("Flatten", "x", "y")}}
	plain := &protos.GraphProto{Node: []*protos.NodeProto{nodeOf("MaxPool", "x", "y")}}
	for _, c := range []struct {
		graph *protos.GraphProto
		dims  []int
		said  imgio.Layout
		want  imgio.Layout
		fails bool
	}{
		{silent, []int{1, 9, 9, 9}, "", "", false},
		{silent, []int{1, 9, 9, 9}, imgio.ChannelsLast, imgio.ChannelsLast, false},
		{silent, []int{1, 9, 9, 9}, "last", "", true},
		{silent, []int{1, 3, 9, 9}, "", imgio.ChannelsFirst, false},
		{silent, []int{1, -1, -1, 3}, "", imgio.ChannelsLast, false},
		{silent, []int{1, 3, 9, 3}, "", "", false},
		{plain, []int{1, 9, 9, 3}, "", imgio.ChannelsFirst, false},
		{plain, []int{1, 9, 9, 3}, imgio.ChannelsLast, "", true},
	} {
		m := &onnxModel{card: Card{Name: "net", Input: c.dims}, proto: &protos.ModelProto{Graph: c.graph}}
		m.options.Picture = "x"
		err := m.settle(c.said)
		if (err != nil) != c.fails || !c.fails && m.card.Layout != c.want {
			t.Errorf("%v, the sidecar saying %q: layout %q, error %v; want %q", c.dims, c.said, m.card.Layout, err, c.want)
		}
		if unknown := m.card.CheckLayout() != nil; !c.fails && unknown != (c.want == "") {
			t.Errorf("%v, the sidecar saying %q: refused: %t", c.dims, c.said, unknown)
		}
	}
}

// An input of three axes lacks the one that the graph adds: that of the batch, of one grey channel, or of a signal's
// rows. By hand.
func TestLift(t *testing.T) {
	first, last := imgio.ChannelsFirst, imgio.ChannelsLast
	conv := func(in string) *protos.NodeProto {
		n := nodeOf("Conv", in, "y")
		n.Input = append(n.Input, "kernel")
		return n
	}
	unsqueeze := func(at int64, in string) *protos.NodeProto { return nodeOf("Unsqueeze", in, "u", intsAttr("axes", at)) }
	transpose := func(in string, perm ...int64) *protos.NodeProto {
		return nodeOf("Transpose", in, "t", intsAttr("perm", perm...))
	}
	type nodes = []*protos.NodeProto
	for name, c := range map[string]struct {
		dims  []int
		nodes nodes
		want  []int // of the picture, the axis of length 1 among them
		axis  int
		as    imgio.Layout
	}{
		"one picture": {[]int{5, 8, 12}, nodes{unsqueeze(0, "x"), conv("u")}, []int{1, 5, 8, 12}, 1, first},
		"one picture, channels last": {[]int{8, 12, 5},
			nodes{unsqueeze(0, "x"), transpose("u", 0, 3, 1, 2), conv("t")}, []int{1, 8, 12, 5}, 1, last},
		"the same, turned first": {[]int{8, 12, 5}, nodes{transpose("x", 2, 0, 1), unsqueeze(0, "t"), conv("u")},
			[]int{1, 8, 12, 5}, 1, last},
		"of any size": {[]int{-1, -1, 5}, nodes{transpose("x", 2, 0, 1), unsqueeze(0, "t"), conv("u")},
			[]int{1, -1, -1, 5}, 1, last},
		"grey pictures": {[]int{1, 8, 12}, nodes{unsqueeze(1, "x"), conv("u")}, []int{1, 1, 8, 12}, 2, first},
		"signals":       {[]int{1, 5, 20}, nodes{unsqueeze(2, "x"), conv("u")}, []int{1, 5, 1, 20}, 3, first},
		"signals, channels last": {[]int{1, 20, 5}, nodes{transpose("x", 0, 2, 1), conv("t")}, []int{1, 1, 20, 5},
			2, last},
	} {
		m := &protos.ModelProto{OpsetImport: []*protos.OperatorSetIdProto{{Version: 11}}, Graph: &protos.GraphProto{
			Node: c.nodes, Input: []*protos.ValueInfoProto{onnxnorm.Declare("x", c.dims)},
			Initializer: []*protos.TensorProto{{Name: "kernel", DataType: int32(protos.TensorProto_FLOAT),
				Dims: []int64{8, 5, 3, 3}}},
		}}
		var card Card
		ok := card.lift(m, onnxnorm.Input{Name: "x", Type: "float32", Dims: c.dims})
		if !ok || !slices.Equal(card.Input, c.want) || card.AddedAxis != c.axis || card.Layout != c.as {
			t.Errorf("%s: %v, %v %d %s, want %v %d %s", name, ok, card.Input, card.AddedAxis, card.Layout, c.want, c.axis,
				c.as)
		}
	}
}
