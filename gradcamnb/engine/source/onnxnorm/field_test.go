package onnxnorm

import (
	"fmt"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
)

// chain returns a network of convolutions "c kernel stride pad" and pools "p ...", one
// channel wide.
func chain(t *testing.T, size int, layers ...[4]int) *Field {
	t.Helper()
	var nodes []*protos.NodeProto
	var weights []*protos.TensorProto
	from := "x"
	for i, l := range layers {
		to := fmt.Sprint("t", i)
		if i == len(layers)-1 {
			to = "y"
		}
		k, s, p := l[1], l[2], l[3]
		n := &protos.NodeProto{OpType: "MaxPool", Input: []string{from}, Output: []string{to},
			Attribute: []*protos.AttributeProto{
				attrInts("kernel_shape", []int{k, k}), attrInts("strides", []int{s, s}), attrInts("pads", []int{p, p, p, p}),
			}}
		if l[0] == 'c' {
			w := weight([]int64{1, 1, int64(k), int64(k)}, make([]float32, k*k)...)
			w.Name = fmt.Sprint("w", i)
			weights = append(weights, w)
			n.OpType, n.Input = "Conv", []string{from, w.Name}
		}
		nodes = append(nodes, n)
		from = to
	}
	g, err := Normalise(t.Context(), graph(nodes, weights...), []int{1, 1, size, size}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := find(t, g, "y").Field
	if f == nil {
		t.Fatal("the field is not known")
	}
	return f
}

// Sizes and strides as Araujo, Norris and Sim 2019 (Distill) list them: VGG-16 sees 212
// pixels at its last pool, with stride 32; AlexNet v2 195 at pool5 without the padding
// of its first layer.
func TestFieldsOfPublishedNetworks(t *testing.T) {
	conv, pool := [4]int{'c', 3, 1, 1}, [4]int{'p', 2, 2, 0}
	for name, c := range map[string]struct {
		size   int
		layers [][4]int
		want   float64
	}{
		"VGG-16": {224, [][4]int{conv, conv, pool, conv, conv, pool, conv, conv, conv, pool, conv, conv, conv, pool, conv,
			conv, conv, pool}, 212},
		"AlexNet v2": {224, [][4]int{{'c', 11, 4, 0}, {'p', 3, 2, 0}, {'c', 5, 1, 2}, {'p', 3, 2, 0}, conv, conv, conv,
			{'p', 3, 2, 0}}, 195},
	} {
		f := chain(t, c.size, c.layers...)
		if got := f.Hi[0] - f.Lo[0]; got != c.want || f.Step != [2]float64{32, 32} || f.Hi != [2]float64{f.Hi[0], f.Hi[0]} {
			t.Errorf("%s: %g pixels, steps %v, want %g and 32", name, got, f.Step, c.want)
		}
	}
}

// By hand: a convolution 3x3 with stride 2 and pad 1 reads pixels 2i-1 to 2i+1, so the
// edges -1 and 2 for i = 0; a pool 2x2 with stride 2 over it reads its cells 0 and 1,
// which see -1 to 2 and 1 to 4.
func TestFieldByHand(t *testing.T) {
	f := chain(t, 16, [4]int{'c', 3, 2, 1}, [4]int{'p', 2, 2, 0})
	want := Field{Lo: [2]float64{-1, -1}, Hi: [2]float64{4, 4}, Step: [2]float64{4, 4}}
	if *f != want {
		t.Errorf("%+v, want %+v", *f, want)
	}
}

// A shortcut around a convolution adds nothing. Of two branches the wider one counts. A squeeze-and-excitation is a
// gate.
func TestFieldOfBranches(t *testing.T) {
	g, err := Normalise(t.Context(), graph([]*protos.NodeProto{
		{OpType: "Conv", Input: []string{"x", "w"}, Output: []string{"a"},
			Attribute: []*protos.AttributeProto{attrInts("pads", []int{1, 1, 1, 1})}},
		{OpType: "Add", Input: []string{"x", "a"}, Output: []string{"b"}},
		{OpType: "GlobalAveragePool", Input: []string{"b"}, Output: []string{"pooled"}},
		{OpType: "Sigmoid", Input: []string{"pooled"}, Output: []string{"gate"}},
		{OpType: "Mul", Input: []string{"b", "gate"}, Output: []string{"y"}},
	}, weight([]int64{1, 1, 3, 3}, make([]float32, 9)...)), []int{1, 1, 8, 8}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := Field{Lo: [2]float64{-1, -1}, Hi: [2]float64{2, 2}, Step: [2]float64{1, 1}}
	if got := find(t, g, "b").Field; got == nil || *got != want {
		t.Errorf("the sum sees %+v, want %+v", got, want)
	}
	want.Gated = true
	if got := find(t, g, "y").Field; got == nil || *got != want {
		t.Errorf("the gated sum sees %+v, want %+v", got, want)
	}
	if got := find(t, g, "pooled").Field; got != nil {
		t.Errorf("the pooled vector has the field %+v, and it has no cells", got)
	}
}

// An elementwise operator changes no field. A Pad for some axes shifts the field as a Pad for all axes does: padded by
// one, cell 0 lies left of and above the picture.
func TestFieldOfElementsAndPads(t *testing.T) {
	pads, along := ints("pads", 1, 1, 1, 1), ints("along", 2, 3)
	g, err := Normalise(t.Context(), graph([]*protos.NodeProto{
		{OpType: "Mish", Input: []string{"x"}, Output: []string{"a"}},
		{OpType: "Pad", Input: []string{"a", "pads", "", "along"}, Output: []string{"y"}},
	}, pads, along), []int{1, 1, 8, 8}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]Field{
		"a": {Lo: [2]float64{0, 0}, Hi: [2]float64{1, 1}, Step: [2]float64{1, 1}},
		"y": {Lo: [2]float64{-1, -1}, Hi: [2]float64{0, 0}, Step: [2]float64{1, 1}},
	} {
		if got := find(t, g, name).Field; got == nil || *got != want {
			t.Errorf("%s sees %+v, want %+v", name, got, want)
		}
	}
}
