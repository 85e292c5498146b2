package places

import (
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

var (
	_ = register(copyFirst, "BatchNormalization", "LayerNormalization", "InstanceNormalization", "GroupNormalization",
		"RMSNormalization", "SimplifiedLayerNormalization", "GroupNorm",
		"MeanVarianceNormalization", "LpNormalization", "Softmax", "LogSoftmax", "Hardmax", "LRN", "CumSum", "Dropout",
		"Trilu")
	_ = register(step.mergeInputs, "SkipLayerNormalization", "SkipSimplifiedLayerNormalization", "SkipGroupNorm",
		"BiasGelu", "FastGelu", "QuickGelu")
	_ = register(plane(true), "Conv", "FusedConv", "QLinearConv", "ConvInteger", "ConvTranspose", "DeformConv",
		"SpaceToDepth", "DepthToSpace")
	_ = register(plane(false), "MaxPool", "AveragePool", "LpPool", "QLinearAveragePool", "Resize", "Upsample", "Pad",
		"GridSample", "CenterCropPad", "Crop")
	_ = register(along("axis", 0), "GatherElements", "Compress")
	_ = register(along("axis", -1), "TopK")
	_ = register(along("time_axis", 0), "ReverseSequence")
	_ = register(traceGatherND, "GatherND")
	_ = register(traceScatter, "ScatterND", "ScatterElements", "Scatter")
	_ = register(tracePool, "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool", "QLinearGlobalAveragePool")
	_ = register(traceTranspose, "Transpose")
	_ = register(func(s step) []Axis {
		if !s.isComputed(0) {
			return nil
		}
		return regroup(s.inputAxes(0), s.Dims)
	}, "Reshape", "Flatten", "Squeeze", "Unsqueeze")
	_ = register(traceExpand, "Expand", "Tile")
	_ = register(traceProduct, "MatMul", "FusedMatMul", "QLinearMatMul", "MatMulInteger",
		"DynamicQuantizeMatMul", "MatMulIntegerToFloat")
	_ = register(traceNBits, "MatMulNBits")
	_ = register(traceDense, "Gemm", "FusedGemm", "QGemm")
	_ = register(traceReduce, "ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum", "ReduceProd", "ReduceL1", "ReduceL2",
		"ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp", "ArgMax", "ArgMin")
	_ = register(traceEinsum, "Einsum")
	_ = register(func(s step) []Axis {
		out := make([]Axis, len(s.Dims))
		for i, d := range s.Dims {
			out[i] = otherAxis(d)
		}
		return out
	}, "RoiAlign", "NonMaxSuppression", "NonZero", "MaxRoiPool")
)

// copyFirst returns the axes of the first input, which has the shape of the output.
func copyFirst(s step) []Axis { return slices.Clone(s.inputAxes(0)) }

// mergeInputs returns the axes of an elementwise operator's output. If the inputs disagree about an axis, the one that
// says more about places counts.
func (s step) mergeInputs() []Axis {
	out := make([]Axis, len(s.Dims))
	for i := range s.Inputs {
		a, dims := s.inputAxes(i), s.dims(i)
		shift := len(s.Dims) - len(dims)
		if shift < 0 {
			return nil
		}
		for k, axis := range a {
			if dims[k] == s.Dims[k+shift] {
				out[k+shift] = pickBetter(out[k+shift], axis)
			}
		}
	}
	for i, d := range s.Dims {
		if out[i] == nil {
			out[i] = otherAxis(d)
		}
	}
	return out
}

// plane returns the rule of an operator of [batch, channels, height, width] that makes new rows and columns.
func plane(newChannels bool) rule {
	return func(s step) []Axis {
		in, before := s.inputAxes(0), s.dims(0)
		if len(in) != len(s.Dims) || len(in) < 3 {
			return nil
		}
		out := slices.Clone(in)
		for i := range out {
			switch {
			case i == 1 && newChannels:
				out[1] = otherAxis(s.Dims[1])
			case s.Op == "Pad" || s.Op == "Resize" || s.Op == "Upsample" || s.Op == "CenterCropPad" || i >= 2:
				out[i] = s.margins(i, in[i], resizeAxis(in[i], before[i], s.Dims[i]))
			}
		}
		if newChannels && len(out) == 4 && isUnknown(in[2]) && isUnknown(in[3]) { // the map starts again
			out[2], out[3] = Axis{cells(Row, s.Dims[2])}, Axis{cells(Column, s.Dims[3])}
		}
		return out
	}
}

func isUnknown(a Axis) bool { return len(a) == 1 && a[0].Kind == Unknown }

// resizeAxis returns an axis that was resized from before to after elements.
func resizeAxis(a Axis, before, after int) Axis {
	p, ok := a.place()
	switch {
	case ok:
		return Axis{p.remake(after)}
	case before == after:
		return a
	case len(a) == 1 && a[0].Kind == Other || len(a) == 0:
		return otherAxis(after)
	}
	return unknown(after)
}

func tracePool(s step) []Axis {
	in := s.inputAxes(0)
	if len(in) < 2 {
		return nil
	}
	return slices.Concat(in[:2], make([]Axis, len(s.Dims)-2))
}

func traceTranspose(s step) []Axis {
	in := s.inputAxes(0)
	perm, ok := s.ints(-1, "perm")
	if !ok {
		for i := range in {
			perm = append(perm, len(in)-1-i)
		}
	}
	if len(perm) != len(in) {
		return nil
	}
	var out []Axis
	for _, p := range perm {
		out = append(out, in[p])
	}
	return out
}

func traceExpand(s step) []Axis {
	in, dims := s.inputAxes(0), s.dims(0)
	shift := len(s.Dims) - len(dims)
	if in == nil || shift < 0 {
		return nil
	}
	out := make([]Axis, len(s.Dims))
	for i, d := range s.Dims {
		switch {
		case i < shift || dims[i-shift] == 1 && d != 1:
			out[i] = otherAxis(d)
		case dims[i-shift] == d:
			out[i] = in[i-shift]
		default:
			out[i] = unknown(d)
		}
	}
	return out
}

// traceProduct returns the axes of a matrix product [..., n, k] x [..., k, m] -> [..., n, m].
func traceProduct(s step) []Axis {
	y := 1
	if s.Op == "QLinearMatMul" {
		y = 3
	}
	a, b, da, db := s.inputAxes(0), s.inputAxes(y), s.dims(0), s.dims(y)
	rank := len(s.Dims)
	if len(da) < 2 || len(db) < 2 || rank < 2 {
		return nil
	}
	out := make([]Axis, rank)
	for _, x := range []struct {
		axes []Axis
		dims []int
	}{{a, da}, {b, db}} {
		shift := rank - len(x.dims)
		for k := range len(x.axes) - 2 {
			if x.dims[k] == s.Dims[k+shift] {
				out[k+shift] = pickBetter(out[k+shift], x.axes[k])
			}
		}
	}
	if a != nil {
		out[rank-2] = a[len(a)-2]
	}
	if b != nil {
		out[rank-1] = b[len(b)-1]
	}
	for i, d := range s.Dims {
		if out[i] == nil {
			out[i] = otherAxis(d)
		}
	}
	return out
}

// traceNBits returns the axes of a product with packed weights, which replace the last axis.
func traceNBits(s step) []Axis {
	in := s.inputAxes(0)
	if len(in) == 0 || len(in) != len(s.Dims) {
		return nil
	}
	out := slices.Clone(in)
	out[len(out)-1] = otherAxis(s.Dims[len(out)-1])
	return out
}

// traceDense returns the axes of a Gemm [n, k] x [k, m] -> [n, m]. Either operand may be transposed.
func traceDense(s step) []Axis {
	a, b := s.inputAxes(0), s.inputAxes(1)
	if len(s.Dims) != 2 {
		return nil
	}
	out := []Axis{otherAxis(s.Dims[0]), otherAxis(s.Dims[1])}
	if len(a) == 2 {
		out[0] = a[s.attr("transA", 0)]
	}
	if len(b) == 2 {
		out[1] = b[1-s.attr("transB", 0)]
	}
	return out
}

func traceReduce(s step) []Axis {
	in := s.inputAxes(0)
	var over []int
	if s.Op == "ArgMax" || s.Op == "ArgMin" {
		over = []int{s.attr("axis", 0)}
	} else {
		over, _ = s.ints(1, "axes")
		if len(over) == 0 {
			over, _ = s.ints(-1, "axes")
		}
	}
	if len(over) == 0 {
		return nil
	}
	gone := map[int]bool{}
	for _, a := range over {
		gone[onnxnorm.CountFromStart(a, len(in))] = true
	}
	var out []Axis
	for i, a := range in {
		switch {
		case !gone[i]:
			out = append(out, a)
		case s.attr("keepdims", 1) != 0:
			out = append(out, nil)
		}
	}
	return out
}

// traceEinsum gives every axis of the result that which it stands for in an operand.
func traceEinsum(s step) []Axis {
	var ranks []int
	for i := range s.Inputs {
		ranks = append(ranks, len(s.dims(i)))
	}
	operands, result, ok := onnxnorm.EinsumAxes(s.text("equation"), ranks)
	if !ok || len(result) != len(s.Dims) {
		return nil
	}
	out := make([]Axis, len(result))
	for i, name := range result {
		for k, axes := range operands {
			if at := slices.Index(axes, name); at >= 0 && at < len(s.inputAxes(k)) {
				out[i] = pickBetter(out[i], s.inputAxes(k)[at])
			}
		}
		if out[i] == nil {
			out[i] = otherAxis(s.Dims[i])
		}
	}
	return out
}
