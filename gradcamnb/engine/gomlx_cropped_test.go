package engine

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// meanOf opens a function that takes a part of a picture of 8 x 8 and answers with the mean of a convolution with the
// one weight 1.
func meanOf(t *testing.T, e *Engine, part func(x *Node) *Node) *gradcamnb.Model {
	t.Helper()
	m, err := source.GoMLX(source.Card{Name: "part", Input: []int{-1, 8, 8, 1}, Untrained: true}, model.NewStore(),
		func(scope *model.Scope, x *Node) []*Node {
			x = part(x)
			w := scope.In("conv").VariableWithValue("weights", [][][][]float32{{{{1}}}})
			x = Convolve(x, w.NodeValue(x.Graph())).NoPadding().Done()
			return []*Node{ReduceMean(activation.Relu(x), 1, 2)}
		})
	if err != nil {
		t.Fatal(err)
	}
	return gradcamnb.NewModel(e.Session(m))
}

// A map of a part that the function cuts from the picture lies on that part. By hand: the score is the mean of 16
// pixels, so the gradient of each is 1/16, and the map is pixel/16.
func TestMapOfPartInGoMLX(t *testing.T) {
	picture := gradcamnb.Tensor{Dims: []int{1, 8, 8, 1}}
	for i := range 64 {
		picture.Values = append(picture.Values, float32(i+1))
	}
	for name, part := range map[string]func(x *Node) *Node{
		"slices": func(x *Node) *Node {
			halves := []*Node{Slice(x, AxisRange(), AxisRange(0, 4)), Slice(x, AxisRange(), AxisRange(4))}
			return Slice(Concatenate(halves, 1), AxisRange(), AxisRange(4), AxisRange(2, 6)) // the halves are whole again
		},
		"indices": func(x *Node) *Node {
			return gatherRows(Slice(x, AxisRange(), AxisRange(), AxisRange(2, 6)), 4, 5, 6, 7)
		},
	} {
		t.Run(name, func(t *testing.T) {
			onBackends(t, func(t *testing.T, e *Engine) {
				results, err := meanOf(t, e, part).ExplainTensor(picture, gradcamnb.Methods("HiResCAM"))
				if err != nil {
					t.Fatal(err)
				}
				got := results[0].Maps[0]
				for y := range 8 {
					for x := range 8 {
						want := 0.0
						if y >= 4 && x >= 2 && x < 6 {
							want = float64(picture.Values[8*y+x]) / 16
						}
						if !(math.Abs(float64(got.At(x, y))-want) <= 1e-5) {
							t.Fatalf("(%d, %d) has %g, want %g", x, y, got.At(x, y), want)
						}
					}
				}
			})
		})
	}
}

// gatherRows takes rows of [batch, h, w, channels] by their numbers.
func gatherRows(x *Node, rows ...int32) *Node {
	at := Reshape(Const(x.Graph(), rows), len(rows), 1)
	return TransposeAllAxes(Gather(TransposeAllAxes(x, 1, 0, 2, 3), at), 1, 0, 2, 3)
}

// centred convolves a picture with the kernel of 3 x 3 whose middle is 1, every stride pixels, with so many rows and
// columns of padding before and behind. Without padding, a cell holds the pixel in the middle of its window.
func centred(x *Node, stride int, padding [2]int) *Node {
	kernel := Const(x.Graph(), [][][][]float32{{{{0}}, {{0}}, {{0}}}, {{{0}}, {{1}}, {{0}}}, {{{0}}, {{0}}, {{0}}}})
	return Convolve(x, kernel).Strides(stride).PaddingPerDim([][2]int{padding, padding}).Done()
}

// A map of a part that the function cuts from what convolutions and poolings have made lies on that part, and what they
// have added at the ends and is taken off again counts as none. By hand: a cell of n is pixel/n, and covers as much of
// the picture as the whole map's cells do.
func TestMapOfPartBehindConvolutions(t *testing.T) {
	picture := gradcamnb.Tensor{Dims: []int{1, 8, 8, 1}}
	for i := range 64 {
		picture.Values = append(picture.Values, float32(i+1))
	}
	lower := func(x *Node) *Node { return Slice(x, AxisRange(), AxisRange(4), AxisRange(2, 6)) }
	for name, c := range map[string]struct {
		part         func(x *Node) *Node
		top, left    int     // where the map begins, in pixels
		height, wide int     // how much of the picture it covers
		first        float32 // the pixel in its first cell
	}{
		"convolution": {func(x *Node) *Node { return lower(centred(x, 1, [2]int{1, 1})) }, 4, 2, 4, 4, 35},
		"two, with a part between": {func(x *Node) *Node {
			return centred(lower(centred(x, 1, [2]int{1, 1})), 1, [2]int{1, 1})
		}, 4, 2, 4, 4, 35},
		"part of a part": {func(x *Node) *Node {
			return Slice(centred(lower(x), 1, [2]int{1, 1}), AxisRange(), AxisRange(0, 2), AxisRange(2))
		}, 4, 4, 2, 2, 37},
		"added and taken off": {func(x *Node) *Node {
			return Slice(centred(x, 1, [2]int{2, 2}), AxisRange(), AxisRange(1, 9), AxisRange(1, 9))
		}, 0, 0, 8, 8, 1},
		"added, taken off with more": {func(x *Node) *Node {
			return Slice(centred(x, 1, [2]int{2, 2}), AxisRange(), AxisRange(5, 9), AxisRange(3, 7))
		}, 4, 2, 4, 4, 35},
		"padded, then windows without": {func(x *Node) *Node {
			zero := ScalarZero(x.Graph(), x.DType())
			x = Pad(x, zero, PadAxis{}, PadAxis{Start: 1, End: 1}, PadAxis{Start: 1, End: 1}, PadAxis{})
			return lower(centred(x, 1, [2]int{}))
		}, 4, 2, 4, 4, 35},
		"every second cell": {func(x *Node) *Node { // 4 x 4 cells, of which the lower half and the two in the middle are taken
			return Slice(centred(x, 2, [2]int{1, 0}), AxisRange(), AxisRange(2), AxisRange(1, 3))
		}, 4, 2, 4, 4, 35},
		"every second of a part": {func(x *Node) *Node {
			return Slice(centred(x, 1, [2]int{1, 1}), AxisRange(), AxisRange(4).Stride(2), AxisRange(2, 6).Stride(2))
		}, 4, 2, 4, 4, 35},
		"pooling": {func(x *Node) *Node {
			return Slice(MaxPool(x).Window(2).Done(), AxisRange(), AxisRange(2), AxisRange(1, 3))
		}, 4, 2, 4, 4, 44},
		"pooling written as slices": {func(x *Node) *Node {
			rows := Max(Slice(x, AxisRange(), AxisRange().Stride(2)), Slice(x, AxisRange(), AxisRange(1).Stride(2)))
			return Slice(rows, AxisRange(), AxisRange(2), AxisRange(2, 6))
		}, 4, 2, 4, 4, 43},
		"wide windows written as slices": {func(x *Node) *Node { // of five rows each
			rows := Slice(x, AxisRange(), AxisRange(0, 4))
			for i := 1; i < 5; i++ {
				rows = Max(rows, Slice(x, AxisRange(), AxisRange(i, i+4)))
			}
			return rows
		}, 0, 0, 8, 8, 33},
	} {
		t.Run(name, func(t *testing.T) {
			onBackends(t, func(t *testing.T, e *Engine) {
				results, err := meanOf(t, e, c.part).ExplainTensor(picture, gradcamnb.Methods("HiResCAM"),
					gradcamnb.Layers("conv/relu"))
				if err != nil {
					t.Fatal(err)
				}
				got := results[0].Maps[0]
				cells := float32(got.Raw.H * got.Raw.W)
				if first := got.Raw.Values[0] * cells; !(math.Abs(float64(first-c.first)) <= 1e-4) {
					t.Errorf("the first of %s cells has the pixel %g, want %g", got.Raw.Size(), first, c.first)
				}
				for y := range 8 {
					for x := range 8 {
						in := y >= c.top && y < c.top+c.height && x >= c.left && x < c.left+c.wide
						if (got.At(x, y) > 0) != in {
							t.Errorf("(%d, %d) has %g, and lies in the part: %t", x, y, got.At(x, y), in)
						}
					}
				}
			})
		})
	}
}

// A map of a picture that the function pads lies on the picture, and not on what was added, also behind convolutions
// that pad themselves. By hand: the score is the mean of 96 cells, so a pixel has pixel/96.
func TestMapOfPaddedPictureInGoMLX(t *testing.T) {
	picture := gradcamnb.Tensor{Dims: []int{1, 8, 8, 1}}
	for i := range 64 {
		picture.Values = append(picture.Values, float32(i+1))
	}
	bars := func(x *Node) *Node {
		return Pad(x, ScalarZero(x.Graph(), x.DType()), PadAxis{}, PadAxis{Start: 2, End: 2}, PadAxis{}, PadAxis{})
	}
	for name, part := range map[string]func(x *Node) *Node{
		"bars":                bars,
		"bars, a convolution": func(x *Node) *Node { return centred(bars(x), 1, [2]int{1, 1}) },
		"bars, two": func(x *Node) *Node {
			return centred(activation.Relu(centred(bars(x), 1, [2]int{1, 1})), 1, [2]int{1, 1})
		},
	} {
		t.Run(name, func(t *testing.T) {
			onBackends(t, func(t *testing.T, e *Engine) {
				results, err := meanOf(t, e, part).ExplainTensor(picture, gradcamnb.Methods("HiResCAM"))
				if err != nil {
					t.Fatal(err)
				}
				got := results[0].Maps[0]
				for y := range 8 {
					for x := range 8 {
						want := picture.Values[8*y+x] / 96
						if !(math.Abs(float64(got.At(x, y)-want)) <= 1e-6) {
							t.Fatalf("%s: (%d, %d) has %g, want %g", got.Layer, x, y, got.At(x, y), want)
						}
					}
				}
			})
		})
	}
}

// Two parts that overlap, each with layers of its own, have maps of their own. What is computed from both has none.
func TestOverlappingPartsInGoMLX(t *testing.T) {
	e := testEngine(t, "go")
	picture := gradcamnb.Tensor{Dims: []int{1, 8, 8, 1}, Values: slices.Repeat([]float32{1}, 64)}
	m := meanOf(t, e, func(x *Node) *Node {
		columns := func(from, to int) *Node { return Slice(x, AxisRange(), AxisRange(), AxisRange(from, to)) }
		left := Layer(activation.Relu(centred(columns(0, 5), 1, [2]int{1, 1})), "/left")
		right := Layer(activation.Relu(centred(columns(3, 8), 1, [2]int{1, 1})), "/right")
		return Layer(Add(left, right), "/both")
	})
	for layer, columns := range map[string][2]int{"/left": {0, 5}, "/right": {3, 8}, "/both": {}} {
		results, err := m.ExplainTensor(picture, gradcamnb.Methods("HiResCAM"), gradcamnb.Layers(layer))
		if layer == "/both" {
			if err == nil || !strings.Contains(err.Error(), "/both") {
				t.Errorf("two parts on each other: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for x := range 8 {
			if got := results[0].Maps[0].At(x, 4); (got > 0) != (x >= columns[0] && x < columns[1]) {
				t.Errorf("%s: column %d has %g", layer, x, got)
			}
		}
	}
}

// Cells that no longer lie where they lay have no map. Windows of a pooling that are written as slices are no crops.
func TestCellsThatMovedInGoMLX(t *testing.T) {
	e := testEngine(t, "go")
	picture := gradcamnb.Tensor{Dims: []int{1, 8, 8, 1}, Values: make([]float32, 64)}
	for name, c := range map[string]struct {
		part func(x *Node) *Node
		want string
	}{
		"mirrored": {func(x *Node) *Node { return Reverse(x, 2) }, "no layer"},
		"swapped": {func(x *Node) *Node {
			return Concatenate([]*Node{Slice(x, AxisRange(), AxisRange(4)), Slice(x, AxisRange(), AxisRange(0, 4))}, 1)
		}, "no layer"},
		"halves on each other": {func(x *Node) *Node {
			return Add(Slice(x, AxisRange(), AxisRange(4)), Slice(x, AxisRange(), AxisRange(0, 4)))
		}, "no layer"},
		"edges mirrored around": {func(x *Node) *Node {
			return Concatenate([]*Node{Reverse(Slice(x, AxisRange(), AxisRange(1, 2)), 1), x}, 1)
		}, ""},
		"rows in another order": {func(x *Node) *Node { return gatherRows(x, 1, 0, 2, 3, 4, 5, 6, 7) }, "no layer"},
		"rows rolled": {func(x *Node) *Node {
			at := Mod(AddScalar(Iota(x.Graph(), shapes.Make(dtypes.Int32, 8, 1), 0), 3), Scalar(x.Graph(), dtypes.Int32, 8))
			return TransposeAllAxes(Gather(TransposeAllAxes(x, 1, 0, 2, 3), at), 1, 0, 2, 3)
		}, "no layer"},
		"rows repeated": {func(x *Node) *Node { return gatherRows(x, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7) }, ""},
		"interpolated":  {func(x *Node) *Node { return Interpolate(x, NoInterpolation, 12, 12, NoInterpolation).Nearest().Done() }, ""},
		"interpolated between": {func(x *Node) *Node {
			return Interpolate(x, NoInterpolation, 12, 6, NoInterpolation).Bilinear().Done()
		}, ""},
		"the middle magnified": {func(x *Node) *Node { // rows 2, 2, 3, 3, 4, 4, 5, 5
			at := Floor(AddScalar(MulScalar(Iota(x.Graph(), shapes.Make(dtypes.Float32, 8, 1), 0), 0.5), 2))
			return TransposeAllAxes(Gather(TransposeAllAxes(x, 1, 0, 2, 3), ConvertDType(at, dtypes.Int32)), 1, 0, 2, 3)
		}, "no layer"},
		"mirrored by rounding": {func(x *Node) *Node {
			at := Round(Sub(Scalar(x.Graph(), dtypes.Float32, 7), Iota(x.Graph(), shapes.Make(dtypes.Float32, 8, 1), 0)))
			return TransposeAllAxes(Gather(TransposeAllAxes(x, 1, 0, 2, 3), ConvertDType(at, dtypes.Int32)), 1, 0, 2, 3)
		}, "no layer"},
		"rounded in a way that is not followed": {func(x *Node) *Node { // rows 7, 5, 2, 0, 0, 2, 5, 7
			wave := Cos(MulScalar(Iota(x.Graph(), shapes.Make(dtypes.Float32, 8, 1), 0), math.Pi/3.5))
			at := ConvertDType(Floor(MulScalar(AddScalar(wave, 1), 3.5)), dtypes.Int32)
			return TransposeAllAxes(Gather(TransposeAllAxes(x, 1, 0, 2, 3), at), 1, 0, 2, 3)
		}, "no layer"},
		"rows repeated by a division": {func(x *Node) *Node {
			at := Div(Iota(x.Graph(), shapes.Make(dtypes.Int32, 16, 1), 0), Scalar(x.Graph(), dtypes.Int32, 2))
			return TransposeAllAxes(Gather(TransposeAllAxes(x, 1, 0, 2, 3), at), 1, 0, 2, 3)
		}, ""},
		"rounded to a list": {func(x *Node) *Node {
			at := Floor(Const(x.Graph(), [][]float32{{2.5}, {2.5}, {3.5}, {3.5}, {4.5}, {4.5}, {5.5}, {5.5}}))
			return TransposeAllAxes(Gather(TransposeAllAxes(x, 1, 0, 2, 3), ConvertDType(at, dtypes.Int32)), 1, 0, 2, 3)
		}, "no layer"},
		"pooled": {func(x *Node) *Node {
			return Max(Slice(x, AxisRange(), AxisRange(0, 7)), Slice(x, AxisRange(), AxisRange(1, 8)))
		}, ""},
	} {
		_, err := meanOf(t, e, c.part).ExplainTensor(picture)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
