package source

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors/images"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/completed"
	"github.com/gradcam-go/gradcam/internal/fault"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// beginning is a function that begins a network; its output has an axis of pictures and is averaged over the others.
type beginning func(scope *model.Scope, x *Node) *Node

// convolve returns a beginning that is one convolution over channels at an axis.
func convolve(at images.ChannelsAxisConfig, kernel ...int) beginning {
	return func(scope *model.Scope, x *Node) *Node {
		return layers.Convolution(scope.In("conv"), x).ChannelsAxis(at).Channels(4).KernelSizePerAxis(kernel...).PadSame().Done()
	}
}

// then returns a beginning that changes the picture first.
func (r beginning) then(before func(x *Node) *Node) beginning {
	return func(scope *model.Scope, x *Node) *Node { return r(scope, before(x)) }
}

func inAxes(axes ...int) func(x *Node) *Node {
	return func(x *Node) *Node { return TransposeAllAxes(x, axes...) }
}

// The ways to begin a network on either order of axes.
var (
	last3, first3 = convolve(images.ChannelsLast, 3, 3), convolve(images.ChannelsFirst, 3, 3)
	last1, first1 = convolve(images.ChannelsLast, 1, 1), convolve(images.ChannelsFirst, 1, 1)

	lastPool  beginning = func(_ *model.Scope, x *Node) *Node { return MaxPool(x).Window(2).Done() }
	firstPool beginning = func(_ *model.Scope, x *Node) *Node {
		return MeanPool(x).ChannelsAxis(images.ChannelsFirst).Window(2).Done()
	}
)

// normalised subtracts a mean of its own from each picture, and divides by its deviation.
func normalised(x *Node) *Node {
	x = Sub(x, ReduceAndKeep(x, ReduceMean, 1, 2, 3))
	return Div(x, Sqrt(AddScalar(ReduceAndKeep(Square(x), ReduceMean, 1, 2, 3), 1e-3)))
}

// A card is refused if its order of axes differs from that of the function's first convolution or pooling. The error
// gives the line and the card that fits.
func TestCardsOfAnotherLayout(t *testing.T) {
	nchw, nhwc := imgio.ChannelsFirst, imgio.ChannelsLast
	const toFirst, toLast = "write Layout: imgio.ChannelsFirst", "write Layout: imgio.ChannelsLast"
	for name, c := range map[string]struct {
		layout imgio.Layout
		input  []int
		fn     beginning
		want   []string
	}{
		"channels first": {nhwc, []int{1, 8, 8, 3}, first3, []string{"takes the height", toFirst + ", Input: [1 3 8 8]"}},
		"channels last":  {nchw, []int{1, 3, 8, 8}, last3, []string{"takes the width", toLast + ", Input: [1 8 8 3]"}},
		"channels first, resized before": {nhwc, []int{1, 8, 8, 3}, first3.then(func(x *Node) *Node {
			return Interpolate(x, NoInterpolation, 16, 16, NoInterpolation).Bilinear().Done()
		}), []string{"takes the height"}},
		"the layout forgotten": {"", []int{1, 3, 8, 8}, first3,
			[]string{"takes the height", "the card says Layout: imgio.ChannelsLast, Input: [1 3 8 8]", toFirst + " in the card"}},
		"the layout forgotten, 11 channels": {"", []int{1, 11, 16, 16}, first3, []string{toFirst + " in the card"}},
		"one channel first":                 {nhwc, []int{1, 8, 8, 1}, first3, []string{toFirst + ", Input: [1 1 8 8]"}},
		"one channel last":                  {nchw, []int{1, 1, 8, 8}, last3, []string{toLast + ", Input: [1 8 8 1]"}},
		"as many channels as rows first":    {nhwc, []int{1, 8, 8, 8}, first3, []string{toFirst}},
		"as many channels as rows last":     {nchw, []int{1, 8, 8, 8}, last3, []string{toLast}},
		"1 x 1 convolution first":           {nhwc, []int{1, 8, 8, 3}, first1, []string{toFirst}},
		"1 x 1 convolution last":            {nchw, []int{1, 3, 8, 8}, last1, []string{toLast}},
		"pooling first":                     {nhwc, []int{1, 8, 8, 4}, firstPool, []string{"takes the height", toFirst}},
		"pooling last":                      {nchw, []int{1, 4, 8, 8}, lastPool, []string{"takes the width", toLast}},
		"normalised first":                  {nhwc, []int{1, 8, 8, 3}, first3.then(normalised), []string{toFirst}},
		"normalised last":                   {nchw, []int{1, 3, 8, 8}, last3.then(normalised), []string{toLast}},
		"scaled and padded": {nchw, []int{1, 3, 8, 8}, last3.then(func(x *Node) *Node {
			x = MulScalar(AddScalar(x, -0.5), 2)
			return Pad(x, ScalarZero(x.Graph(), x.DType()), PadAxis{}, PadAxis{}, PadAxis{Start: 1, End: 1})
		}), []string{toLast}},
		"transposed from the other order": {nchw, []int{1, 3, 8, 8}, first3.then(inAxes(0, 3, 1, 2)), []string{
			"takes the width", toLast}},
		"a network behind it": {nhwc, []int{1, 8, 8, 3}, func(scope *model.Scope, x *Node) *Node {
			return first3(scope.In("b"), Tanh(first3(scope.In("a"), x)))
		}, []string{toFirst}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := listBeginning(t, c.layout, c.input, c.fn, pureGo)
			var f *fault.FunctionError
			if !errors.As(err, &f) || !strings.Contains(f.Line, "gomlx_misread_test.go:") {
				t.Fatalf("error %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error lacks %q: %v", want, err)
				}
			}
		})
	}
}

// Functions that read the picture as the card says are not refused, however they begin.
func TestCardsOfTheFunctionsLayout(t *testing.T) {
	on := []func() (compute.Backend, error){pureGo}
	if !slices.Contains(compute.List(), "xla") {
		t.Log("on pure Go only: XLA is not built in")
	} else if xla, err := compute.NewWithConfig("xla:cpu"); err == nil {
		on = append(on, func() (compute.Backend, error) { return completed.Backend(xla), nil })
	} else {
		t.Logf("on pure Go only: %v", err)
	}
	right := rightBeginnings(t)
	for _, channels := range []int{1, 2, 3, 4, 8, 11} { // 8 is as many as rows
		first, last := []int{1, channels, 8, 12}, []int{1, 8, 12, channels}
		for name, r := range map[string]rightBeginning{
			"convolution first": {imgio.ChannelsFirst, first, first3}, "convolution last": {imgio.ChannelsLast, last, last3},
			"1 x 1 first": {imgio.ChannelsFirst, first, first1}, "1 x 1 last": {imgio.ChannelsLast, last, last1},
			"pooling first": {imgio.ChannelsFirst, first, firstPool}, "pooling last": {imgio.ChannelsLast, last, lastPool},
			"transposed to first":    {imgio.ChannelsLast, last, first3.then(inAxes(0, 3, 1, 2))},
			"transposed to last":     {imgio.ChannelsFirst, first, last3.then(inAxes(0, 2, 3, 1))},
			"transposed to 1 x 1":    {imgio.ChannelsFirst, first, last1.then(inAxes(0, 2, 3, 1))},
			"columns before rows":    {imgio.ChannelsLast, last, last3.then(inAxes(0, 2, 1, 3))},
			"normalised, first":      {imgio.ChannelsFirst, first, first3.then(normalised)},
			"normalised, last":       {imgio.ChannelsLast, last, last3.then(normalised)},
			"normalised, transposed": {imgio.ChannelsLast, last, first3.then(normalised).then(inAxes(0, 3, 1, 2))},
		} {
			right[name+strings.Repeat("'", channels)] = r
		}
	}
	for name, c := range right {
		for _, on := range on {
			if _, err := listBeginning(t, c.layout, c.input, c.fn, on); err != nil {
				t.Errorf("%s, %v: %v", name, c.input, err)
			}
		}
	}
}

type rightBeginning struct {
	layout imgio.Layout
	input  []int
	fn     beginning
}

// rightBeginnings returns functions that begin in ways of their own.
func rightBeginnings(t *testing.T) map[string]rightBeginning {
	nhwc, square := imgio.ChannelsLast, []int{1, 8, 8, 3}
	file, err := ONNX(golden.Path("models", "resnet-basic.dyn.onnx"))
	if err != nil {
		require.Missing(t, "models", err.Error())
	}
	return map[string]rightBeginning{
		"patches by a convolution": {nhwc, square, func(scope *model.Scope, x *Node) *Node {
			return layers.Convolution(scope, x).Channels(4).KernelSize(4).Strides(4).Done()
		}},
		"patches by a product": {nhwc, square, func(scope *model.Scope, x *Node) *Node {
			x = Reshape(TransposeAllAxes(Reshape(x, 1, 2, 4, 2, 4, 3), 0, 1, 3, 2, 4, 5), 1, 4, 48)
			return layers.Dense(scope, x, true, 4)
		}},
		"space to depth": {nhwc, square, last3.then(func(x *Node) *Node {
			return Reshape(TransposeAllAxes(Reshape(x, 1, 4, 2, 4, 2, 3), 0, 1, 3, 2, 4, 5), 1, 4, 4, 12)
		})},
		"space to depth, channels first": {imgio.ChannelsFirst, []int{1, 3, 8, 8}, first3.then(func(x *Node) *Node {
			return Reshape(TransposeAllAxes(Reshape(x, 1, 3, 4, 2, 4, 2), 0, 1, 3, 5, 2, 4), 1, 12, 4, 4)
		})},
		"batch norm": {nhwc, square, func(scope *model.Scope, x *Node) *Node {
			return last3(scope, norm.BatchNorm(scope.In("norm"), x, -1).Done())
		}},
		"batch norm, channels first": {imgio.ChannelsFirst, []int{1, 3, 8, 8}, func(scope *model.Scope, x *Node) *Node {
			return first3(scope, norm.BatchNorm(scope.In("norm"), x, 1).Done())
		}},
		"layer norm": {nhwc, square, func(scope *model.Scope, x *Node) *Node {
			return last3(scope, norm.LayerNorm(scope.In("norm"), x, -1).Done())
		}},
		"linear layer on the channels": {nhwc, square, func(scope *model.Scope, x *Node) *Node {
			return last3(scope, layers.Dense(scope.In("dense"), x, true, 5))
		}},
		"linear layer on everything": {nhwc, square, func(scope *model.Scope, x *Node) *Node {
			return layers.Dense(scope, Reshape(x, 1, -1), true, 5)
		}},
		"nothing but means": {nhwc, square, func(_ *model.Scope, x *Node) *Node { return ReduceMean(x, 1, 2) }},
		"one channel without its axis": {nhwc, []int{1, 8, 8, 1}, first3.then(func(x *Node) *Node {
			return Reshape(x, 1, 1, 8, 8)
		})},
		"a spectrum over time": {nhwc, []int{1, 16, 8, 1}, func(scope *model.Scope, x *Node) *Node {
			return layers.Convolution(scope, Squeeze(x, -1)).Channels(4).KernelSize(3).Done()
		}},
		"a spectrum over time, in two dimensions": {nhwc, []int{1, 16, 8, 1},
			convolve(images.ChannelsLast, 3, 1).then(inAxes(0, 1, 3, 2))},
		"one number of a spectrum at a time": {nhwc, []int{1, 16, 8, 1}, last1.then(inAxes(0, 1, 3, 2))},
		"one side only":                      {nhwc, square, convolve(images.ChannelsLast, 1, 3)},
		"flipped, with other colours": {nhwc, square, last3.then(func(x *Node) *Node {
			return Concatenate([]*Node{Slice(Reverse(x, 2), AxisRange(), AxisRange(), AxisRange(), AxisRange(1)),
				Slice(x, AxisRange(), AxisRange(), AxisRange(), AxisRange(0, 1))}, -1)
		})},
		"coordinates beside the colours": {nhwc, square, last3.then(func(x *Node) *Node {
			at := Iota(x.Graph(), x.Shape(), 1)
			return Concatenate([]*Node{x, Slice(at, AxisRange(), AxisRange(), AxisRange(), AxisRange(0, 1))}, -1)
		})},
		"another size": {nhwc, square, last3.then(func(x *Node) *Node {
			return Interpolate(x, 1, 12, 10, 3).Bilinear().Done()
		})},
		"half precision": {nhwc, square, func(scope *model.Scope, x *Node) *Node {
			return last3(scope, ConvertDType(x, dtypes.BFloat16))
		}},
		"each channel by itself": {nhwc, square, func(_ *model.Scope, x *Node) *Node {
			k := Ones(x.Graph(), x.Shape())
			k = Slice(k, AxisRange(0, 1), AxisRange(0, 3), AxisRange(0, 3), AxisRange())
			return Convolve(x, Reshape(k, 3, 3, 1, 3)).ChannelGroupCount(3).PadSame().Done()
		}},
		"mixed over its rows, channel by channel": {nhwc, square, func(scope *model.Scope, x *Node) *Node {
			x = layers.Convolution(scope.In("patches"), x).Channels(6).KernelSize(2).Strides(2).Done()
			return first1(scope.In("mixer"), x) // its rows are the channels
		}},
		"a pool of the channels": {nhwc, []int{1, 8, 8, 4}, func(_ *model.Scope, x *Node) *Node {
			return MaxPool(Reshape(x, 1, 64, 4)).ChannelsAxis(images.ChannelsFirst).Window(2).Done()
		}},
		"a file's network": {imgio.ChannelsFirst, []int{1, 3, 64, 64}, func(scope *model.Scope, x *Node) *Node {
			return fileFeatures(t, file, scope, x)
		}},
		"a file's network behind a transposition": {nhwc, []int{1, 64, 64, 3}, func(scope *model.Scope, x *Node) *Node {
			return fileFeatures(t, file, scope, TransposeAllAxes(x, 0, 3, 1, 2))
		}},
	}
}

// fileFeatures returns the first layer of a file's network.
func fileFeatures(t *testing.T, file Model, scope *model.Scope, x *Node) *Node {
	t.Helper()
	all, err := file.Layers(t.Context(), []int{1, 3, 64, 64}, "")
	if err != nil {
		t.Fatal(err)
	}
	cut := file.Build(scope, x, []string{all[0].Name}, nil).Cuts[0]
	return cut.Grid(cut.Node)
}

// listBeginning lists the layers of a network that begins so.
func listBeginning(t *testing.T, layout imgio.Layout, input []int, fn beginning,
	on func() (compute.Backend, error)) ([]Layer, error) {
	t.Helper()
	m, err := GoMLX(Card{Name: "begun", Layout: layout, Input: input, Untrained: true}, model.NewStore(),
		func(scope *model.Scope, x *Node) []*Node {
			x = fn(scope, x)
			return []*Node{Reshape(x, x.Shape().Dim(0), -1)}
		})
	if err != nil {
		t.Fatal(err)
	}
	ListOn(m, on)
	return m.Layers(t.Context(), input, "")
}
