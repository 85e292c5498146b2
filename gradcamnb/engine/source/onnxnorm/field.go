package onnxnorm

// Field is the receptive field of a tensor's cells in the model's input. Cell i of an axis depends on the pixels
// between the edges Lo + i*Step and Hi + i*Step, which may lie in the padding.
type Field struct {
	Lo, Hi, Step [2]float64 // height, width
	Gated        bool       // each channel is also multiplied by a factor that depends on the whole picture
}

// cellByCell are the operators, besides the [elementwise] ones, whose output cells depend only on the same cell of the
// inputs if the size stays the same.
var cellByCell = set("BatchNormalization", "Concat", "Gather", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceSum",
	"Slice", "Split", "Transpose")

func set(names ...string) map[string]bool {
	out := map[string]bool{}
	for _, n := range names {
		out[n] = true
	}
	return out
}

// cells returns the size of a picture-like value, whether the file has its channels first or last.
func (v *value) cells() (size [2]int, ok bool) {
	if v == nil || len(v.dims) != 4 {
		return size, false
	}
	if v.tail {
		return [2]int(v.dims[1:3]), true
	}
	return [2]int(v.dims[2:4]), true
}

// fieldOf returns the receptive field of a node's output; nil if it has no cells, or if the field is unknown, as after
// attention.
func fieldOf(n *node, out *value) *Field {
	size, ok := out.cells()
	if !ok || out.konst != nil || size == [2]int{1, 1} {
		return nil
	}
	switch {
	case n.window != nil:
		return n.in[0].field.widen(windowSteps(*n.window))
	case n.OpType == "Pad":
		return padField(n)
	case n.OpType == "Resize":
		return resizeField(n, size)
	case n.OpType == "ConvTranspose":
		return fieldAfterTransposed(n)
	case reorders(n):
		return nil
	case elementwise[n.OpType], cellByCell[n.OpType], worksOnChannelsAlone(n, out):
		return uniteFields(n, size)
	}
	return nil
}

// reorders tells whether a node may put the cells of a map in another order: it slices backwards, or looks up rows or
// columns.
func reorders(n *node) bool {
	isCells := func(axis int) bool { return axis > 1 }
	if len(n.in) > 0 && n.in[0] != nil && n.in[0].tail {
		isCells = func(axis int) bool { return axis > 0 && axis != len(n.in[0].dims)-1 }
	}
	switch n.OpType {
	case "Slice":
		_, _, step := sliceRange(n)
		for at, s := range step {
			if s < 0 && isCells(at) {
				return true
			}
		}
	case "Gather":
		return len(n.in) > 0 && n.in[0] != nil && isCells(axis(n.intOr("axis", 0), len(n.in[0].dims)))
	}
	return false
}

// worksOnChannelsAlone tells whether a node works on the last axis, the channels, for every cell alone.
func worksOnChannelsAlone(n *node, out *value) bool {
	if len(n.in) == 0 || n.in[0] == nil || !n.in[0].tail || !out.tail {
		return false
	}
	return n.OpType == "LayerNormalization" ||
		n.OpType == "MatMul" && len(n.in) == 2 && n.in[1] != nil && n.in[1].konst != nil
}

// steps tells which cells of the input an output cell i reads on each axis: those from first + i*stride to last +
// i*stride.
type steps struct{ first, last, stride [2]float64 }

// widen returns the field of an operator's output, given its input's.
func (f *Field) widen(s steps) *Field {
	if f == nil {
		return nil
	}
	out := *f
	for i := range 2 {
		out.Lo[i] = f.Lo[i] + s.first[i]*f.Step[i]
		out.Hi[i] = f.Hi[i] + s.last[i]*f.Step[i]
		out.Step[i] = f.Step[i] * s.stride[i]
	}
	return &out
}

// windowSteps returns the steps of a window: output cell i reads i*stride - pad and the reach - 1 cells after it.
func windowSteps(w window) steps {
	var s steps
	for i := range 2 {
		s.first[i] = -float64(w.before[i])
		s.last[i] = float64(w.extent(i) - 1 - w.before[i])
		s.stride[i] = float64(w.stride[i])
	}
	return s
}

// padField returns the field after a Pad: output cell i is input cell i - pad.
func padField(n *node) *Field {
	if len(n.in[0].dims) != 4 || n.stringOr("mode", "constant") != "constant" {
		return nil
	}
	before, _ := readPads(n, 4)
	at := 2
	if n.in[0].tail {
		at = 1
	}
	s := steps{stride: [2]float64{1, 1}}
	for i := range 2 {
		s.first[i] = -float64(before[at+i])
		s.last[i] = s.first[i]
	}
	return n.in[0].field.widen(s)
}

// resizeField returns the field after a Resize: output cell i reads no further than two cells of the input around its
// place (i + 1/2)*in/out - 1/2, in every mode except cubic.
func resizeField(n *node, out [2]int) *Field {
	in, ok := n.in[0].cells()
	if !ok || n.stringOr("mode", "nearest") == "cubic" || n.intOr("antialias", 0) != 0 ||
		n.input(1) != nil && size(n.input(1).dims) == 8 {
		return nil
	}
	var s steps
	for i := range 2 {
		s.stride[i] = float64(in[i]) / float64(out[i])
		if in[i] == out[i] {
			continue
		}
		middle := s.stride[i]/2 - 0.5
		s.first[i], s.last[i] = middle-1, middle+1
	}
	return n.in[0].field.widen(s)
}

// fieldAfterTransposed returns the field after a transposed convolution: output cell i depends on the input cells j for
// which some kernel cell k has stride*j + dilation*k - pad = i.
func fieldAfterTransposed(n *node) *Field {
	if len(n.in[0].dims) != 4 || len(n.in[1].dims) != 4 {
		return nil
	}
	t := newTransposedConv(n, n.in[0].dims, n.in[1].dims)
	var s steps
	for i := range 2 {
		stride := float64(t.stride[i])
		s.stride[i] = 1 / stride
		s.first[i] = float64(t.cut[i]-(t.kernel[i]-1)*t.dilate[i]) / stride
		s.last[i] = float64(t.cut[i]) / stride
	}
	return n.in[0].field.widen(s)
}

// uniteFields returns the union of the inputs' receptive fields. Inputs of 1 x 1 cells, such as gates, are left out.
func uniteFields(n *node, size [2]int) *Field {
	var out *Field
	gated := false
	for _, v := range n.in {
		if v == nil || v.konst != nil {
			continue
		}
		own, ok := v.cells()
		if !ok || own == [2]int{1, 1} {
			gated = true
			continue
		}
		if own != size || v.field == nil {
			return nil
		}
		if out == nil {
			f := *v.field
			out = &f
			continue
		}
		if v.field.Step != out.Step {
			return nil
		}
		for i := range 2 {
			out.Lo[i], out.Hi[i] = min(out.Lo[i], v.field.Lo[i]), max(out.Hi[i], v.field.Hi[i])
		}
		out.Gated = out.Gated || v.field.Gated
	}
	if out != nil {
		out.Gated = out.Gated || gated
	}
	return out
}
