package engine

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors/images"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/attention"
	"github.com/gomlx/gomlx/ml/layers/fnn"
	"github.com/gomlx/gomlx/ml/layers/lstm"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

func conv3(s *model.Scope, x *Node, channels, strides int) *Node {
	return layers.Convolution(s, x).Channels(channels).KernelSize(3).Strides(strides).PadSame().Done()
}

func weight(s *model.Scope, x *Node, name string, dims ...int) *Node {
	return s.VariableWithShape(name, shapes.Make(x.DType(), dims...)).NodeValue(x.Graph())
}

func depthwise(s *model.Scope, x *Node, strides int) *Node {
	c := x.Shape().Dim(-1)
	k := weight(s, x, "kernel", 3, 3, 1, c)
	return Add(Convolve(x, k).ChannelGroupCount(c).Strides(strides).PadSame().Done(),
		Reshape(weight(s, x, "bias", c), 1, 1, 1, c))
}

var picture8 = []int{-1, 8, 8, 3}

func strangers() []stranger {
	return []stranger{
		{name: "layers DSL", input: picture8, suggested: "conv1/pool",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				for i := range 2 {
					scope := s.In("conv%d", i)
					name := []string{"conv0", "conv1"}[i]
					x = at(name, "bhwc", conv3(scope, x, 4+2*i, 1))
					x = at(name+"/relu", "bhwc", activation.Relu(x))
					x = at(name+"/pool", "bhwc", MaxPool(x).Window(2).Done())
				}
				x = Reshape(x, x.Shape().Dim(0), -1)
				x = layers.DropoutStatic(s, x, 0.5)
				x = activation.Relu(layers.Dense(s.In("hidden"), x, true, 10))
				return []*Node{layers.DenseWithBias(s.In("logits"), x, 3)}
			}},
		{name: "shared weights", input: picture8, suggested: "shared/add",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				a := at("shared/tanh", "bhwc", Tanh(conv3(s.In("shared"), x, 4, 2)))
				b := Tanh(conv3(s.Shared("shared"), Reverse(x, 2), 4, 2)) // is mirrored, so it has no map
				x = at("shared/add", "bhwc", Add(a, b))
				return []*Node{layers.Dense(s.In("head"), ReduceMean(x, 1, 2), true, 3)}
			}},
		{name: "channels first", input: []int{-1, 3, 8, 6}, layout: imgio.ChannelsFirst, suggested: "b/bn/tanh",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				for _, name := range []string{"a", "b"} {
					x = layers.Convolution(s.In("%s", name), x).ChannelsAxis(images.ChannelsFirst).Channels(5).
						KernelSize(3).Strides(2).PadSame().Done()
					x = norm.BatchNorm(s.Shared("%s", name).In("bn"), x, 1).Done()
					x = at(name+"/bn/tanh", "bchw", Tanh(x))
				}
				return []*Node{layers.Dense(s.In("head"), ReduceMean(x, 2, 3), true, 3)}
			}},
		{name: "depthwise separable", input: picture8, suggested: "block2/project",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				relu6 := func(x *Node) *Node { return ClipScalar(x, 0, 6) }
				x = at("stem", "bhwc", conv3(s.In("stem"), x, 4, 1))
				for _, name := range []string{"block1", "block2"} {
					b := s.In("%s", name)
					x = relu6(layers.Convolution(b.In("expand"), x).Channels(8).KernelSize(1).UseBias(false).Done())
					x = at(name+"/depthwise", "bhwc", depthwise(b.In("depthwise"), x, 2))
					x = relu6(x)
					x = at(name+"/project", "bhwc", layers.Convolution(b.In("project"), x).Channels(4).KernelSize(1).Done())
				}
				return []*Node{layers.Dense(s.In("head"), Reshape(x, x.Shape().Dim(0), -1), true, 3)}
			}},
		{name: "ConvNeXt block", input: picture8, suggested: "block1/add",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = layers.Convolution(s.In("stem"), x).Channels(4).KernelSize(2).Strides(2).Done()
				for _, name := range []string{"block0", "block1"} {
					b := s.In("%s", name)
					y := depthwise(b.In("dw"), x, 1)
					y = at(name+"/norm", "bhwc", norm.LayerNorm(b.In("norm"), y, -1).Done())
					y = at(name+"/up/gelu", "bhwc", activation.Gelu(layers.Dense(b.In("up"), y, true, 8)))
					y = layers.Dense(b.In("down"), y, true, 4)
					y = Mul(y, Reshape(weight(b, x, "gamma", 4), 1, 1, 1, 4))
					x = at(name+"/add", "bhwc", Add(x, y))
				}
				x = norm.LayerNorm(s.In("norm"), ReduceMean(x, 1, 2), -1).Done()
				return []*Node{layers.Dense(s.In("head"), x, true, 3)}
			}},
		{name: "MLP mixer", input: picture8, suggested: "mix1/add#2",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				n := x.Shape().Dim(0)
				x = Reshape(TransposeAllAxes(Reshape(x, n, 4, 2, 4, 2, 3), 0, 1, 3, 2, 4, 5), n, 16, 12)
				x = at("patch", "btc", layers.Dense(s.In("patch"), x, true, 6))
				for _, name := range []string{"mix0", "mix1"} {
					b := s.In("%s", name)
					y := Transpose(norm.LayerNorm(b.In("norm1"), x, -1).Done(), 1, 2)
					y = layers.Dense(b.In("tokens2"), activation.Gelu(layers.Dense(b.In("tokens1"), y, true, 8)), true, 16)
					x = at(name+"/add", "btc", Add(x, Transpose(y, 1, 2)))
					y = layers.Dense(b.In("channels2"), activation.Gelu(layers.Dense(b.In("channels1"), x, true, 8)), true, 6)
					x = at(name+"/add#2", "btc", Add(x, y))
				}
				return []*Node{layers.Dense(s.In("head"), ReduceMean(x, 1), true, 3)}
			}},
		{name: "attention pooling", input: picture8, suggested: "attention/mul",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				n := x.Shape().Dim(0)
				x = at("features/tanh", "bhwc", Tanh(conv3(s.In("features"), x, 5, 2)))
				tokens := Reshape(x, n, 16, 5)
				scores := Softmax(layers.Dense(s.In("attention"), tokens, false, 1), 1)
				pooled := ReduceSum(Mul(tokens, scores), 1)
				return []*Node{layers.Dense(s.In("head"), pooled, true, 3)}
			}},
		{name: "squeeze and excite", input: picture8, suggested: "se/mul",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = at("conv/swish", "bhwc", activation.Swish(conv3(s.In("conv"), x, 4, 2)))
				y := activation.Relu(layers.Dense(s.In("se").In("down"), ReduceMean(x, 1, 2), true, 2))
				y = Sigmoid(layers.Dense(s.Shared("se").In("up"), y, true, 4))
				x = at("se/mul", "bhwc", Mul(x, ExpandAxes(y, 1, 2)))
				return []*Node{layers.Dense(s.In("head"), Reshape(x, x.Shape().Dim(0), -1), true, 3)}
			}},
		{name: "transposed convolution", input: picture8, suggested: "middle/relu",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				a := at("down/relu", "bhwc", activation.Relu(conv3(s.In("down"), x, 3, 2)))
				b := at("middle/relu", "bhwc", activation.Relu(conv3(s.In("middle"), a, 5, 2)))
				axes := ConvolveAxesConfig{InputBatch: 0, InputSpatial: []int{1, 2}, InputChannels: 3, KernelSpatial: []int{0, 1},
					KernelInputChannels: 2, KernelOutputChannels: 3, OutputBatch: 0, OutputSpatial: []int{1, 2}, OutputChannels: 3}
				up := ConvGeneral(b, weight(s.In("up"), x, "kernel", 2, 2, 5, 3), axes, []int{1, 1},
					[][2]int{{1, 1}, {1, 1}}, []int{2, 2}, []int{1, 1}, 1, 1)
				up = at("up", "bhwc", up)
				x = at("concat", "bhwc", Concatenate([]*Node{up, a}, -1))
				x = conv3(s.In("out"), x, 3, 1)
				return []*Node{ReduceMean(x, 1, 2)}
			}},
		{name: "dilated pyramid", input: picture8, suggested: "classes",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = at("stem/relu", "bhwc", activation.Relu(conv3(s.In("stem"), x, 4, 2)))
				var all []*Node
				for _, d := range []int{1, 2, 3} {
					all = append(all, layers.Convolution(s.At("aspp").In("d%d", d), x).Channels(3).KernelSize(3).
						Dilations(d).PadSame().Done())
				}
				x = at("aspp/concat", "bhwc", Concatenate(all, -1))
				x = layers.Convolution(s.In("classes"), x).Channels(3).KernelSize(1).Done()
				x = Interpolate(x, NoInterpolation, 8, 8, NoInterpolation).Bilinear().Done()
				return []*Node{ReduceMean(Tanh(x), 1, 2)}
			}},
		{name: "group norm", input: picture8, suggested: "norm/relu",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = at("conv", "bhwc", conv3(s.In("conv"), x, 6, 2))
				n, g := x.Shape().Dim(0), Reshape(x, x.Shape().Dim(0), 4, 4, 2, 3)
				mean := ReduceAndKeep(g, ReduceMean, 1, 2, 4)
				variance := ReduceAndKeep(Square(Sub(g, mean)), ReduceMean, 1, 2, 4)
				g = Div(Sub(g, mean), Sqrt(AddScalar(variance, 1e-5)))
				x = Reshape(g, n, 4, 4, 6)
				scope := s.In("norm")
				x = Mul(x, Reshape(weight(scope, x, "scale", 6), 1, 1, 1, 6))
				x = Add(x, Reshape(weight(scope, x, "offset", 6), 1, 1, 1, 6))
				x = at("norm", "bhwc", x)
				x = at("norm/relu", "bhwc", activation.Relu(x))
				return []*Node{layers.Dense(s.In("head"), ReduceMean(x, 1, 2), true, 3)}
			}},
		{name: "RMS norm", input: picture8, suggested: "norm/tanh",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = at("conv", "bhwc", conv3(s.In("conv"), x, 6, 2))
				x = at("norm", "bhwc", norm.RMSNorm(s.In("norm"), x).Done())
				x = at("norm/tanh", "bhwc", Tanh(x))
				return []*Node{layers.Dense(s.In("head"), Reshape(x, x.Shape().Dim(0), -1), true, 3)}
			}},
		{name: "BYOL, a backbone that is kept still", input: picture8, suggested: "backbone/relu",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = at("backbone/relu", "bhwc", activation.Relu(conv3(s.In("backbone"), x, 6, 2)))
				x = StopGradient(ReduceMean(x, 1, 2))
				return []*Node{fnn.New(s.In("readout"), x, 3).NumHiddenLayers(1, 5).Done()}
			}},
		{name: "one branch is kept still", input: picture8, suggested: "concat",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = at("stem/relu", "bhwc", activation.Relu(conv3(s.In("stem"), x, 4, 2)))
				a := StopGradient(Tanh(conv3(s.In("still"), x, 3, 1)))
				b := Tanh(conv3(s.In("moving"), x, 3, 1))
				x = at("concat", "bhwc", Concatenate([]*Node{a, b}, -1))
				return []*Node{layers.Dense(s.In("head"), Reshape(x, x.Shape().Dim(0), -1), true, 3)}
			}},
		{name: "pre-activation", input: picture8, suggested: "block1/add",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = conv3(s.In("stem"), x, 4, 1)
				for i, name := range []string{"block0", "block1"} {
					b := s.In("%s", name)
					y := activation.Relu(norm.BatchNorm(b.In("n1"), x, -1).Done())
					y = conv3(b.In("c1"), y, 4*(i+1), 2)
					y = conv3(b.In("c2"), activation.Relu(norm.BatchNorm(b.In("n2"), y, -1).Done()), 4*(i+1), 1)
					x = MeanPool(x).Window(2).Done()
					if i > 0 {
						x = Concatenate([]*Node{x, ZerosLike(x)}, -1)
					}
					x = at(name+"/add", "bhwc", Add(x, y))
				}
				return []*Node{layers.Dense(s.In("head"), Reshape(x, x.Shape().Dim(0), -1), true, 3)}
			}},
		{name: "windows", input: picture8, suggested: "block/add",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				n := x.Shape().Dim(0)
				x = at("embed", "bhwc", layers.Convolution(s.In("embed"), x).Channels(6).KernelSize(2).Strides(2).Done())
				b := s.In("block")
				y := norm.LayerNorm(b.In("norm"), x, -1).Done()
				y = Reshape(TransposeAllAxes(Reshape(y, n, 2, 2, 2, 2, 6), 0, 1, 3, 2, 4, 5), n*4, 4, 6)
				y = attention.SelfAttention(b.In("attention"), y, 2, 3).Done()
				y = Reshape(TransposeAllAxes(Reshape(y, n, 2, 2, 2, 2, 6), 0, 1, 3, 2, 4, 5), n, 4, 4, 6)
				x = at("block/add", "bhwc", Add(x, y))
				return []*Node{layers.Dense(s.In("head"), Reshape(x, x.Shape().Dim(0), -1), true, 3)}
			}},
		{name: "ViT by mean", input: picture8, suggested: "block1/add",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				n := x.Shape().Dim(0)
				x = layers.Convolution(s.In("patch"), x).Channels(6).KernelSize(2).Strides(2).Done()
				x = Reshape(x, n, 16, 6)
				x = at("patch/add", "btc", Add(x, Sin(IotaFull(x.Graph(), shapes.Make(x.DType(), 1, 16, 6)))))
				for _, name := range []string{"block0", "block1"} {
					b := s.In("%s", name)
					y := at(name+"/norm", "btc", norm.LayerNorm(b.In("norm"), x, -1).Done())
					x = at(name+"/add", "btc", Add(x, attention.SelfAttention(b.In("attention"), y, 2, 3).Done()))
				}
				return []*Node{layers.Dense(s.In("head"), Reshape(x, x.Shape().Dim(0), -1), true, 3)}
			}},
		{name: "ViT with a class token", input: picture8, suggested: "block1/norm",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				n := x.Shape().Dim(0)
				x = layers.Convolution(s.In("patch"), x).Channels(6).KernelSize(2).Strides(2).Done()
				x = Reshape(x, n, 16, 6)
				x = Concatenate([]*Node{BroadcastToDims(weight(s, x, "class", 1, 1, 6), n, 1, 6), x}, 1)
				x = Add(x, weight(s, x, "positions", 1, 17, 6))
				for _, name := range []string{"block0", "block1"} {
					b := s.In("%s", name)
					y := at(name+"/norm", "btc+1", norm.LayerNorm(b.In("norm"), x, -1).Done())
					x = Add(x, attention.SelfAttention(b.In("attention"), y, 2, 3).Done())
				}
				return []*Node{layers.Dense(s.In("head"), Reshape(Slice(x, AxisRange(), AxisElem(0)), n, 6), true, 3)}
			}},
		{name: "densely connected", input: picture8, suggested: "norm/relu",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = conv3(s.In("stem"), x, 4, 2)
				for _, name := range []string{"dense0", "dense1"} {
					y := activation.Relu(norm.BatchNorm(s.In("%s", name).In("norm"), x, -1).Done())
					x = at(name+"/concat", "bhwc", Concatenate([]*Node{x, conv3(s.Shared("%s", name).In("conv"), y, 3, 1)}, -1))
				}
				x = at("norm/relu", "bhwc", activation.Relu(norm.BatchNorm(s.In("norm"), x, -1).Done()))
				return []*Node{layers.Dense(s.In("head"), ReduceMean(x, 1, 2), true, 3)}
			}},
		{name: "LSTM over columns", input: picture8, suggested: "conv/relu",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				n := x.Shape().Dim(0)
				x = at("conv/relu", "bhwc", activation.Relu(conv3(s.In("conv"), x, 4, 2)))
				x = Reshape(TransposeAllAxes(x, 0, 2, 1, 3), n, 4, 16)
				_, last, _ := lstm.New(s.In("lstm"), x, 5).Done()
				return []*Node{layers.Dense(s.In("head"), Reshape(last, n, -1), true, 3)}
			}},
		{name: "learned slope, instance norm, global max", input: picture8, suggested: "act/where",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = conv3(s.In("conv"), x, 4, 2)
				x = Sub(x, ReduceAndKeep(x, ReduceMean, 1, 2))
				x = Div(x, Sqrt(AddScalar(ReduceAndKeep(Square(x), ReduceMean, 1, 2), 1e-5)))
				a := Reshape(weight(s.In("act"), x, "slope", 4), 1, 1, 1, 4)
				x = at("act/where", "bhwc", Where(GreaterThan(x, ZerosLike(x)), x, Mul(x, a)))
				return []*Node{layers.Dense(s.In("head"), ReduceMax(x, 1, 2), true, 3)}
			}},
		{name: "einsum", input: picture8, suggested: "proj/tanh",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = MeanPool(x).Window(2).Done()
				x = Einsum("bhwc,cd->bhwd", x, weight(s.In("proj"), x, "w", 3, 5))
				x = at("proj", "bhwc", x)
				x = at("proj/tanh", "bhwc", Tanh(x))
				return []*Node{Einsum("bc,cd->bd", ReduceMean(x, 1, 2), weight(s.In("head"), x, "w", 5, 3))}
			}},
		{name: "normed weights", input: picture8, suggested: "conv/relu",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				w := weight(s.In("conv"), x, "v", 3, 3, 3, 4)
				w = Div(w, Sqrt(ReduceAndKeep(Square(w), ReduceSum, 0, 1, 2)))
				w = Mul(w, Reshape(weight(s.Shared("conv"), x, "g", 4), 1, 1, 1, 4))
				x = at("conv", "bhwc", Convolve(x, w).Strides(2).PadSame().Done())
				x = at("conv/relu", "bhwc", activation.Relu(x))
				return []*Node{layers.Dense(s.In("head"), ReduceMean(x, 1, 2), true, 3)}
			}},
		{name: "pixel shuffle", input: picture8, suggested: "low/tanh",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				n := x.Shape().Dim(0)
				x = Reshape(TransposeAllAxes(Reshape(x, n, 4, 2, 4, 2, 3), 0, 1, 3, 2, 4, 5), n, 4, 4, 12)
				x = at("low/tanh", "bhwc", Tanh(conv3(s.In("low"), x, 8, 1)))
				x = Reshape(TransposeAllAxes(Reshape(x, n, 4, 4, 2, 2, 2), 0, 1, 3, 2, 4, 5), n, 8, 8, 2)
				x = at("high", "bhwc", conv3(s.In("high"), x, 3, 1))
				return []*Node{ReduceMean(Tanh(x), 1, 2)}
			}},
		{name: "pool of all", input: picture8, suggested: "conv/relu",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = at("conv/relu", "bhwc", activation.Relu(conv3(s.In("conv"), x, 4, 2)))
				x = MeanPool(x).Window(4).Done()
				x = layers.Convolution(s.In("classes"), x).Channels(3).KernelSize(1).Done()
				return []*Node{Reshape(x, x.Shape().Dim(0), 3)}
			}},
		{name: "picture enlarged and scaled", input: picture8, suggested: "conv/relu",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = SubScalar(MulScalar(x, 2), 1)
				x = Interpolate(x, NoInterpolation, 16, 16, NoInterpolation).Bilinear().Done()
				x = at("conv/relu", "bhwc", activation.Relu(conv3(s.In("conv"), x, 4, 4)))
				return []*Node{layers.Dense(s.In("head"), ReduceMean(x, 1, 2), true, 3)}
			}},
		{name: "dynamic tanh", input: picture8, suggested: "norm",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = conv3(s.In("conv"), x, 4, 2)
				x = at("norm", "bhwc", norm.DynamicTanh(s.In("norm"), x).Done())
				return []*Node{layers.Dense(s.In("head"), Reshape(x, x.Shape().Dim(0), -1), true, 3)}
			}},
		{name: "bfloat16", input: picture8, suggested: "b/relu", kind: dtypes.BFloat16, within: 0.05, fn: twoConvolutions},
		{name: "float16", input: picture8, suggested: "b/relu", kind: dtypes.Float16, within: 0.01, fn: twoConvolutions},
		{name: "float64", input: picture8, suggested: "b/relu", kind: dtypes.Float64, within: 1e-5, fn: twoConvolutions},
		{name: "squeezed logit", input: picture8, suggested: "b/relu", unit: "output",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = layers.Dense(s.In("one"), twoConvolutions(s, x, at)[0], true, 1)
				return []*Node{Squeeze(x, -1)}
			}},
		{name: "several heads", input: picture8, suggested: "b/relu", outputs: []string{"classes", "ages"},
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = twoConvolutions(s, x, at)[0]
				age := Sigmoid(layers.Dense(s.In("age"), x, true, 1))
				return []*Node{layers.Dense(s.In("classes"), x, true, 4), MulScalar(age, 100)}
			}},
		{name: "mixed types", input: picture8, suggested: "b/relu", within: 0.05,
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				kind := x.DType()
				if kind == dtypes.Float32 {
					x = ConvertDType(x, dtypes.BFloat16)
				}
				x = twoConvolutions(s, x, at)[0]
				return []*Node{layers.Dense(s.In("head"), ConvertDType(x, kind), true, 3)}
			}},
		{name: "gated halves of length one", input: picture8, suggested: "b/norm",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = at("conv/swish", "bhwc", activation.SwiGLU(conv3(s.In("conv"), x, 8, 2)))
				x = at("b", "bhwc", conv3(s.In("b"), x, 4, 1))
				x = at("b/norm", "bhwc", L2Normalize(x, -1))
				return []*Node{layers.Dense(s.In("head"), Reshape(x, x.Shape().Dim(0), -1), true, 3)}
			}},
		{name: "one projection", input: picture8, suggested: "add",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				n := x.Shape().Dim(0)
				x = layers.Convolution(s.In("patch"), x).Channels(8).KernelSize(2).Strides(2).Done()
				x = Reshape(x, n, 16, 8)
				y := at("norm", "btc", norm.RMSNorm(s.In("norm"), x).Done())
				x = at("add", "btc", Add(x, attention.SelfAttention(s.In("attention"), y, 2, 4).UseQKVProjection().Done()))
				return []*Node{MulScalar(layers.Dense(s.In("head"), Reshape(x, x.Shape().Dim(0), -1), true, 3), 1/math.Sqrt(2))}
			}},
	}
}

func twoConvolutions(s *model.Scope, x *Node, at tap) []*Node {
	x = at("a/relu", "bhwc", activation.Relu(conv3(s.In("a"), x, 4, 2)))
	x = at("b/relu", "bhwc", activation.Relu(conv3(s.In("b"), x, 5, 1)))
	return []*Node{layers.Dense(s.In("c"), ReduceMean(x, 1, 2), true, 3)}
}
