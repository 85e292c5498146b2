package vjp

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/attention"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/internal/completed"
)

// groupNorm normalises groups of channels together (Wu and He 2018). GoMLX has no layer for it.
func groupNorm(scope *model.Scope, x *Node, groups int) *Node {
	d := x.Shape().Dimensions
	x = Reshape(x, d[0], d[1], d[2], groups, d[3]/groups)
	x = Sub(x, ReduceAndKeep(x, ReduceMean, 1, 2, 4))
	x = Div(x, Sqrt(AddScalar(ReduceAndKeep(Square(x), ReduceMean, 1, 2, 4), 1e-5)))
	gain := scope.VariableWithShape("gain", shapes.Make(x.DType(), 1, 1, 1, d[3])).NodeValue(x.Graph())
	return Mul(Reshape(x, d...), gain)
}

// The gradients of GoMLX's layers with respect to the picture, in graphs of explanations, agree with central
// differences in float64: norms, attention, interpolation, pools and the operators around them. The worst difference is
// of the order of the differences' own error.
func TestLayersOfGoMLX(t *testing.T) { onBackends(t, testLayersOfGoMLX) }

func testLayersOfGoMLX(t *testing.T, on compute.Backend) {
	tokens := func(x *Node) *Node { return Reshape(x, x.Shape().Dim(0), -1, x.Shape().Dim(3)) }
	for name, f := range map[string]func(scope *model.Scope, x *Node) *Node{
		"RMS norm": func(s *model.Scope, x *Node) *Node { return norm.RMSNorm(s, x).Done() },
		"RMS norm, no scale": func(s *model.Scope, x *Node) *Node {
			return norm.RMSNorm(s, x).WithScale(false).WithNormalizationAxes(1, 2, 3).Done()
		},
		"layer norm":         func(s *model.Scope, x *Node) *Node { return norm.LayerNorm(s, x, -1).Done() },
		"layer norm of maps": func(s *model.Scope, x *Node) *Node { return norm.LayerNorm(s, x, 1, 2, 3).Done() },
		"group norm":         func(s *model.Scope, x *Node) *Node { return groupNorm(s, x, 2) },
		"batch norm":         func(s *model.Scope, x *Node) *Node { return norm.BatchNorm(s, x, -1).Done() },
		"batch norm, direct": func(s *model.Scope, x *Node) *Node {
			return norm.BatchNorm(s, x, -1).UseBackendInference(false).Done()
		},
		"dynamic tanh": func(s *model.Scope, x *Node) *Node { return norm.DynamicTanh(s, x).Done() },
		"attention":    func(s *model.Scope, x *Node) *Node { return attention.SelfAttention(s, tokens(x), 2, 3).Done() },
		"nearest": func(_ *model.Scope, x *Node) *Node {
			return Interpolate(x, NoInterpolation, 12, 9, NoInterpolation).Nearest().Done()
		},
		"bilinear": func(_ *model.Scope, x *Node) *Node {
			return Interpolate(x, NoInterpolation, 12, 9, NoInterpolation).Bilinear().Done()
		},
		"bilinear, aligned": func(_ *model.Scope, x *Node) *Node {
			i := Interpolate(x, NoInterpolation, 12, 9, NoInterpolation).Bilinear()
			return i.AlignCorner(true).HalfPixelCenters(false).Done()
		},
		"gelu":          func(_ *model.Scope, x *Node) *Node { return activation.Gelu(x) },
		"gelu, by tanh": func(_ *model.Scope, x *Node) *Node { return activation.GeluApproximate(x) },
		"selu":          func(_ *model.Scope, x *Node) *Node { return activation.Selu(x) },
		"length":        func(_ *model.Scope, x *Node) *Node { return L2Norm(x, -1) },
		"inverse root":  func(_ *model.Scope, x *Node) *Node { return Rsqrt(AddScalar(Square(x), 0.1)) },
		"exponential":   func(_ *model.Scope, x *Node) *Node { return Expm1(x) },
		"clamp": func(_ *model.Scope, x *Node) *Node {
			return Clip(x, Scalar(x.Graph(), x.DType(), -0.5), Scalar(x.Graph(), x.DType(), 0.5))
		},
		"global max": func(_ *model.Scope, x *Node) *Node { return ReduceMax(x, 1, 2) },
		"max pool":   func(_ *model.Scope, x *Node) *Node { return MaxPool(x).Window(3).Strides(2).PadSame().Done() },
		"mean pool":  func(_ *model.Scope, x *Node) *Node { return MeanPool(x).Window(3).Strides(2).PadSame().Done() },
		"even kernel": func(s *model.Scope, x *Node) *Node {
			return layers.Convolution(s, x).Channels(3).KernelSize(4).Strides(2).PadSame().Done()
		},
		"dilated kernel": func(s *model.Scope, x *Node) *Node {
			return layers.Convolution(s, x).Channels(3).KernelSize(2).Dilations(2).PadSame().Done()
		},
		"softmax": func(_ *model.Scope, x *Node) *Node { return Softmax(x, -1) },
	} {
		store := model.NewStore()
		score := func(scope *model.Scope, x *Node) *Node {
			y := f(scope, x)
			w := Sin(MulScalar(IotaFull(y.Graph(), shapes.Make(dtypes.Float64, y.Shape().Dimensions...)), 1.7))
			return ReduceAllSum(Mul(w, Mul(y, y)))
		}
		value := model.MustNewExec(on, store, score).WithName(completed.PlainPrefix + "value")
		slope := model.MustNewExec(on, store,
			func(scope *model.Scope, x *Node) *Node { return Gradient(score(scope, x), x)[0] }).WithName(completed.PlainPrefix +
			"slope")
		picture := noise(11, 1, 6, 5, 4)
		of := func(e *model.Exec, x []float64) []float64 {
			return tensors.MustCopyFlatData[float64](e.MustCall(tensors.FromFlatDataAndDimensions(x, 1, 6, 5, 4))[0])
		}
		x := tensors.MustCopyFlatData[float64](picture)
		r := rand.New(rand.NewPCG(8, 8))
		got := of(slope, x)
		largest, off := 0.0, 0.0
		for i := range x {
			if r.IntN(4) > 0 && i > 0 {
				continue // a quarter of the cells is enough
			}
			at := func(d float64) float64 {
				moved := append([]float64{}, x...)
				moved[i] += d
				return of(value, moved)[0]
			}
			const step = 1e-5
			want := (at(step) - at(-step)) / (2 * step)
			largest, off = max(largest, math.Abs(want)), max(off, math.Abs(want-got[i]))
		}
		t.Logf("%s: %.2g", name, off/largest)
		if !(off <= within*largest) || largest == 0 {
			t.Errorf("%s: the gradient is off by %.3g of its largest value", name, off/largest)
		}
	}
}
