package vjp

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// within is how far a gradient may be off central differences in float64, as a share of its largest value. The
// differences themselves have an error of this order.
const within = 1e-8

// onBackends runs a test on pure Go and on XLA. XLA may not be installed; pure Go always is.
func onBackends(t *testing.T, test func(t *testing.T, on compute.Backend)) {
	t.Helper()
	for _, name := range []string{"go", "xla:cpu"} {
		t.Run(name, func(t *testing.T) {
			on, err := device.OpenNamed(name)
			require.Backend(t, name, err)
			test(t, on.Backend)
		})
	}
}

// noise returns a tensor of numbers between -1 and 1.
func noise(seed uint64, dims ...int) *tensors.Tensor {
	r := rand.New(rand.NewPCG(seed, 1))
	n := 1
	for _, d := range dims {
		n *= d
	}
	values := make([]float64, n)
	for i := range values {
		values[i] = 2*r.Float64() - 1
	}
	return tensors.FromFlatDataAndDimensions(values, dims...)
}

// differences compares the gradients of the sum of the squares of f, at all inputs, with central differences of step
// 1e-5 in float64. It returns the largest difference over the largest value, which must not be 0.
func differences(t *testing.T, on compute.Backend, f func(in []*Node) *Node, in ...*tensors.Tensor) float64 {
	t.Helper()
	score := func(n []*Node) *Node {
		y := f(n)
		w := Sin(MulScalar(IotaFull(y.Graph(), shapes.Make(dtypes.Float64, y.Shape().Dimensions...)), 1.7))
		return ReduceAllSum(Mul(w, Mul(y, y)))
	}
	value := MustNewExec(on, score)
	slope := MustNewExec(on, func(n []*Node) []*Node { return Gradient(score(n), n...) })
	args := make([]any, len(in))
	for i, x := range in {
		args[i] = x
	}
	worst := 0.0
	for i, got := range slope.MustCall(args...) {
		slopes := tensors.MustCopyFlatData[float64](got)
		values := tensors.MustCopyFlatData[float64](in[i])
		largest, off := 0.0, 0.0
		for k := range values {
			at := func(d float64) float64 {
				moved := append([]float64{}, values...)
				moved[k] += d
				changed := append([]any{}, args...)
				changed[i] = tensors.FromFlatDataAndDimensions(moved, in[i].Shape().Dimensions...)
				return tensors.MustCopyFlatData[float64](value.MustCall(changed...)[0])[0]
			}
			const step = 1e-5
			want := (at(step) - at(-step)) / (2 * step)
			largest, off = max(largest, math.Abs(want)), max(off, math.Abs(want-slopes[k]))
		}
		if largest == 0 {
			t.Errorf("nothing depends on input %d", i)
		}
		worst = max(worst, off/largest)
	}
	return worst
}

// The gradients of a convolution with respect to the picture and the kernel are right, for kernels even and odd,
// strides, dilations, paddings, groups and orders of axes.
func TestConvolution(t *testing.T) { onBackends(t, testConvolution) }

func testConvolution(t *testing.T, on compute.Backend) {
	last := ConvolveAxesConfig{InputBatch: 0, InputSpatial: []int{1, 2}, InputChannels: 3, KernelSpatial: []int{0, 1},
		KernelInputChannels: 2, KernelOutputChannels: 3, OutputBatch: 0, OutputSpatial: []int{1, 2}, OutputChannels: 3}
	first := ConvolveAxesConfig{InputBatch: 0, InputSpatial: []int{2, 3}, InputChannels: 1, KernelSpatial: []int{2, 3},
		KernelInputChannels: 1, KernelOutputChannels: 0, OutputBatch: 0, OutputSpatial: []int{2, 3}, OutputChannels: 1}
	for i, c := range []struct {
		axes           ConvolveAxesConfig
		x, k           []int
		strides        []int
		paddings       [][2]int
		spread, gapped []int // kernel, input
		groups         int
	}{
		{last, []int{2, 6, 5, 2}, []int{2, 2, 2, 3}, []int{1, 1}, nil, nil, nil, 1},
		{last, []int{2, 6, 5, 2}, []int{2, 2, 2, 3}, []int{2, 2}, nil, nil, nil, 1},
		{last, []int{1, 7, 6, 2}, []int{4, 4, 2, 2}, []int{2, 2}, [][2]int{{1, 2}, {2, 1}}, nil, nil, 1},
		{last, []int{1, 6, 6, 2}, []int{2, 3, 2, 2}, []int{1, 1}, [][2]int{{1, 1}, {2, 2}}, []int{2, 2}, nil, 1},
		{last, []int{1, 7, 7, 2}, []int{3, 3, 2, 2}, []int{3, 2}, [][2]int{{1, 1}, {1, 1}}, nil, nil, 1},
		{last, []int{1, 5, 5, 4}, []int{3, 3, 2, 6}, []int{1, 1}, [][2]int{{1, 1}, {1, 1}}, nil, nil, 2},
		{last, []int{2, 5, 5, 4}, []int{3, 3, 1, 4}, []int{2, 2}, [][2]int{{1, 1}, {1, 1}}, nil, nil, 4},
		{last, []int{1, 5, 5, 3}, []int{2, 2, 1, 6}, []int{1, 1}, [][2]int{{0, 1}, {0, 1}}, nil, nil, 3},
		{first, []int{2, 4, 6, 5}, []int{4, 2, 2, 4}, []int{2, 1}, [][2]int{{1, 1}, {1, 2}}, nil, nil, 2},
		{first, []int{1, 2, 6, 6}, []int{3, 2, 3, 3}, []int{1, 1}, [][2]int{{2, 2}, {2, 2}}, []int{2, 2}, nil, 1},
		{last, []int{1, 3, 4, 2}, []int{3, 3, 2, 2}, []int{1, 1}, [][2]int{{1, 2}, {1, 2}}, nil, []int{2, 2}, 1},
		{last, []int{1, 3, 4, 2}, []int{2, 2, 2, 2}, []int{2, 1}, [][2]int{{1, 1}, {1, 1}}, nil, []int{3, 2}, 1},
	} {
		off := differences(t, on, func(in []*Node) *Node {
			return ConvGeneral(in[0], in[1], c.axes, c.strides, c.paddings, c.gapped, c.spread, c.groups, 1)
		}, noise(uint64(i), c.x...), noise(uint64(i)+100, c.k...))
		t.Logf("case %d: %.2g", i, off)
		if !(off <= within) {
			t.Errorf("case %d, %v: the gradients are off by %.3g of their largest value", i, fmt.Sprintf("%+v", c), off)
		}
	}
}

// Batch norm's inference form has the values of its formula and the gradients of differences, on the pure-Go backend,
// too.
func TestBatchNorm(t *testing.T) { onBackends(t, testBatchNorm) }

func testBatchNorm(t *testing.T, on compute.Backend) {
	variance := tensors.FromFlatDataAndDimensions([]float64{0.5, 1, 2}, 3)
	norm := func(in []*Node) *Node {
		return InternalBatchNormForInference(in[0], in[1], in[2], in[3], in[4], 1e-3, 1)
	}
	in := []*tensors.Tensor{noise(1, 2, 3, 4), noise(2, 3), noise(3, 3), noise(4, 3), variance}
	if off := differences(t, on, norm, in...); !(off <= within) {
		t.Errorf("the gradients are off by %.3g", off)
	}
	// (2 - 1) * 3 / sqrt(0.249 + 0.001) + 5 = 11
	one := func(v float64) *tensors.Tensor { return tensors.FromFlatDataAndDimensions([]float64{v}, 1) }
	y := MustExecOnce(on, func(in []*Node) *Node {
		return InternalBatchNormForInference(in[0], in[1], in[2], in[3], in[4], 1e-3, 1)
	}, tensors.FromFlatDataAndDimensions([]float64{2}, 1, 1), one(3), one(5), one(1), one(0.249))
	if got := tensors.MustCopyFlatData[float64](y)[0]; !(math.Abs(got-11) <= 1e-6) {
		t.Errorf("batch norm gives %g, want 11", got)
	}
}

// The gradients of mean and sum pooling are right with strides, gaps and padding, and so is the second derivative of
// max pooling, whose first derivative is the function here.
func TestPooling(t *testing.T) { onBackends(t, testPooling) }

func testPooling(t *testing.T, on compute.Backend) {
	for name, f := range map[string]func(x *Node) *Node{
		"mean, padded":      func(x *Node) *Node { return MeanPool(x).Window(3).Strides(1).PadSame().Done() },
		"mean, strides":     func(x *Node) *Node { return MeanPool(x).Window(2).Done() },
		"sum, windows meet": func(x *Node) *Node { return SumPool(x).Window(3).Strides(2).PadSame().Done() },
		"sum of all":        func(x *Node) *Node { return SumPool(x).WindowPerAxis(7, 6).Done() },
		"max":               func(x *Node) *Node { return MaxPool(x).Window(2).Done() },
		"max, second": func(x *Node) *Node {
			return Gradient(ReduceAllSum(Mul(MaxPool(x).Window(3).Strides(2).PadSame().Done(),
				MaxPool(x).Window(3).Strides(2).PadSame().Done())), x)[0]
		},
		"nearest, second": func(x *Node) *Node {
			y := Interpolate(x, NoInterpolation, 9, 4, NoInterpolation).Nearest().Done()
			return Gradient(ReduceAllSum(Mul(Mul(y, y), y)), x)[0]
		},
		"bilinear, second": func(x *Node) *Node {
			y := Interpolate(x, NoInterpolation, 9, 4, NoInterpolation).Bilinear().Done()
			return Gradient(ReduceAllSum(Mul(Mul(y, y), y)), x)[0]
		},
		"taken rows, second": func(x *Node) *Node {
			y := Gather(x, Const(x.Graph(), [][]int32{{0}, {0}, {0}}))
			return Gradient(ReduceAllSum(Mul(Mul(y, y), y)), x)[0]
		},
		"convolution in groups, second": func(x *Node) *Node {
			k := Const(x.Graph(), noise(9, 2, 3, 1, 4))
			y := Convolve(x, k).ChannelGroupCount(2).Strides(2).PadSame().Done()
			return Gradient(ReduceAllSum(Mul(Mul(y, y), y)), x)[0]
		},
		"convolution, second": func(x *Node) *Node {
			k := Const(x.Graph(), noise(9, 3, 3, 2, 2))
			y := Convolve(x, k).Strides(2).PadSame().Done()
			return Gradient(ReduceAllSum(Mul(Mul(y, y), y)), x)[0]
		},
	} {
		off := differences(t, on, func(in []*Node) *Node { return f(in[0]) }, noise(3, 1, 7, 6, 2))
		t.Logf("%s: %.2g", name, off)
		if !(off <= within) {
			t.Errorf("%s: the gradient is off by %.3g of its largest value", name, off)
		}
	}
}
