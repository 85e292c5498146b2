package engine

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"
)

// dense1 is a convolution of 1 x 1 without a bias.
func dense1(s *model.Scope, x *Node, channels int) *Node {
	return layers.Convolution(s, x).Channels(channels).KernelSize(1).UseBias(false).Done()
}

// roll moves rows or columns by n, those at the end to the beginning.
func roll(x *Node, axis, n int) *Node {
	if n == 0 { // XLA has no empty slices
		return x
	}
	size := x.Shape().Dim(axis)
	part := func(from, to int) *Node {
		specs := make([]SliceAxisSpec, x.Rank())
		for i := range specs {
			specs[i] = AxisRange()
		}
		specs[axis] = AxisRange(from, to)
		return Slice(x, specs...)
	}
	n = (n%size + size) % size
	return Concatenate([]*Node{part(size-n, size), part(0, size-n)}, axis)
}

// attend is attention of one head within [groups, tokens, channels].
func attend(s *model.Scope, x *Node) *Node {
	c := x.Shape().Dim(-1)
	part := func(name string) *Node { return layers.Dense(s.In("%s", name), x, false, c) }
	q, k, v := part("q"), part("k"), part("v")
	scores := Softmax(MulScalar(DotGeneral(q, []int{2}, []int{0}, k, []int{2}, []int{0}), 0.4), -1)
	return DotGeneral(scores, []int{2}, []int{0}, v, []int{1}, []int{0})
}

func moreStrangers() []stranger {
	head := func(s *model.Scope, x *Node) []*Node {
		return []*Node{layers.Dense(s.In("head"), ReduceMean(x, 1, 2), true, 3)}
	}
	return []stranger{
		{name: "coordinates and a spatial gate", input: picture8, suggested: "gate/mul",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				one := Slice(x, AxisRange(), AxisRange(), AxisRange(), AxisElem(0))
				x = Concatenate([]*Node{x, Iota(x.Graph(), one.Shape(), 1), Iota(x.Graph(), one.Shape(), 2)}, -1)
				x = at("stem/tanh", "bhwc", Tanh(conv3(s.In("stem"), x, 4, 2)))
				look := Concatenate([]*Node{ReduceAndKeep(x, ReduceMean, -1), ReduceAndKeep(x, ReduceMax, -1)}, -1)
				x = at("gate/mul", "bhwc", Mul(x, Sigmoid(conv3(s.In("gate"), look, 1, 1))))
				return head(s, x)
			}},
		{name: "grouped with a shuffle", input: picture8, suggested: "block/add",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = at("stem/swish", "bhwc", activation.Swish(conv3(s.In("stem"), x, 6, 2)))
				b := s.In("block")
				y := Convolve(x, weight(b.In("grouped"), x, "kernel", 1, 1, 3, 6)).ChannelGroupCount(2).PadSame().Done()
				d := y.Shape().Dimensions
				y = Reshape(TransposeAllAxes(Reshape(y, d[0], d[1], d[2], 2, 3), 0, 1, 2, 4, 3), d...)
				y = at("block/depthwise", "bhwc", depthwise(b.In("depthwise"), y, 1))
				x = at("block/add", "bhwc", Add(x, y))
				return head(s, x)
			}},
		{name: "non-local block", input: picture8, suggested: "nonlocal/add",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = at("stem/tanh", "bhwc", Tanh(conv3(s.In("stem"), x, 4, 2)))
				b, d := s.In("nonlocal"), x.Shape().Dimensions
				y := attend(b, Reshape(x, d[0], d[1]*d[2], d[3]))
				x = at("nonlocal/add", "bhwc", Add(x, dense1(b.In("out"), Reshape(y, d...), 4)))
				return head(s, x)
			}},
		{name: "shifted windows", input: picture8, suggested: "block1/add",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = at("patch", "bhwc", layers.Convolution(s.In("patch"), x).Channels(4).KernelSize(2).Strides(2).Done())
				for i, name := range []string{"block0", "block1"} {
					b := s.In("%s", name)
					y := norm.LayerNorm(b.In("norm"), x, -1).Done()
					y = roll(roll(y, 1, -i), 2, -i)
					n := y.Shape().Dim(0)
					y = Reshape(TransposeAllAxes(Reshape(y, n, 2, 2, 2, 2, 4), 0, 1, 3, 2, 4, 5), n*4, 4, 4)
					y = attend(b, y)
					y = Reshape(TransposeAllAxes(Reshape(y, n, 2, 2, 2, 2, 4), 0, 1, 3, 2, 4, 5), n, 4, 4, 4)
					y = roll(roll(y, 1, i), 2, i)
					x = at(name+"/add", "bhwc", Add(x, y))
				}
				return head(s, x)
			}},
		{name: "feature pyramid", input: picture8, suggested: "lateral3",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				c2 := at("c2/relu", "bhwc", activation.Relu(conv3(s.In("c2"), x, 4, 2)))
				c3 := at("c3/relu", "bhwc", activation.Relu(conv3(s.In("c3"), c2, 6, 2)))
				p3 := at("lateral3", "bhwc", dense1(s.In("lateral3"), c3, 4))
				up := Interpolate(p3, NoInterpolation, 4, 4, NoInterpolation).Nearest().Done()
				p2 := at("add", "bhwc", Add(dense1(s.In("lateral2"), c2, 4), up))
				p2 = at("smooth", "bhwc", conv3(s.In("smooth"), p2, 4, 1))
				both := Concatenate([]*Node{ReduceMean(p3, 1, 2), ReduceMean(p2, 1, 2)}, -1)
				return []*Node{layers.Dense(s.In("head"), both, true, 3)}
			}},
		{name: "U-Net", input: picture8, suggested: "middle/tanh",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				a := at("down1/tanh", "bhwc", Tanh(conv3(s.In("down1"), x, 3, 1)))
				b := at("down2/tanh", "bhwc", Tanh(conv3(s.In("down2"), MeanPool(a).Window(2).Done(), 4, 1)))
				m := at("middle/tanh", "bhwc", Tanh(conv3(s.In("middle"), MeanPool(b).Window(2).Done(), 6, 1)))
				k := weight(s.In("up2"), m, "kernel", 2, 2, 6, 4)
				u := Convolve(m, k).InputDilationPerAxis(2, 2).PaddingPerDim([][2]int{{1, 1}, {1, 1}}).Done()
				u = at("join2/tanh", "bhwc", Tanh(conv3(s.In("join2"), Concatenate([]*Node{u, b}, -1), 4, 1)))
				u = Interpolate(u, NoInterpolation, 8, 8, NoInterpolation).Bilinear().Done()
				u = at("join1/tanh", "bhwc", Tanh(conv3(s.In("join1"), Concatenate([]*Node{u, a}, -1), 3, 1)))
				return head(s, u)
			}},
		{name: "maxout and pools of all kinds", input: picture8, suggested: "out/max",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				maxout := func(x *Node) *Node {
					d := x.Shape().Dimensions
					return ReduceMax(Reshape(x, d[0], d[1], d[2], d[3]/2, 2), -1)
				}
				x = at("stem/max", "bhwc", maxout(conv3(s.In("stem"), x, 8, 1)))
				x = at("stem/pool", "bhwc", MeanPool(x).Window(3).Strides(2).PadSame().Done())
				x = at("out/max", "bhwc", maxout(conv3(s.In("out"), x, 8, 1)))
				both := Concatenate([]*Node{ReduceMean(x, 1, 2), ReduceMax(x, 1, 2)}, -1)
				return []*Node{layers.Dense(s.In("head"), both, true, 3)}
			}},
		{name: "cosine classifier", input: picture8, suggested: "conv/tanh",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = at("conv/tanh", "bhwc", Tanh(conv3(s.In("conv"), x, 5, 2)))
				f := L2Normalize(ReduceMean(x, 1, 2), -1)
				w := L2Normalize(weight(s.In("classes"), x, "weights", 5, 3), 0)
				return []*Node{MulScalar(MatMul(f, w), 4)}
			}},
		{name: "highway in a loop", input: picture8, suggested: "step/change/add#3",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = at("stem", "bhwc", conv3(s.In("stem"), x, 4, 2))
				b := s.In("step")
				for i := range 3 {
					if i > 0 {
						b = s.Shared("step")
					}
					t := Sigmoid(conv3(b.In("gate"), x, 4, 1))
					h := Tanh(conv3(b.In("change"), x, 4, 1))
					x = Add(Mul(t, h), Mul(OneMinus(t), x))
					x = at([]string{"step/change/add", "step/change/add#2", "step/change/add#3"}[i], "bhwc", x)
				}
				return head(s, x)
			}},
		{name: "blur pool on mirrored edges", input: picture8, suggested: "b/gelu",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				mirror := func(x *Node, axis int) *Node {
					first, last := []SliceAxisSpec{AxisRange()}, []SliceAxisSpec{AxisRange()}
					for len(first) < axis {
						first, last = append(first, AxisRange()), append(last, AxisRange())
					}
					return Concatenate([]*Node{Slice(x, append(first, AxisRange(1, 2))...), x,
						Slice(x, append(last, AxisRange(-2, -1))...)}, axis)
				}
				x = at("a/gelu", "bhwc", activation.Gelu(conv3(s.In("a"), x, 4, 1)))
				x = mirror(mirror(x, 1), 2)
				blur := BroadcastToDims(Reshape(Const(x.Graph(), []float32{1, 2, 1, 2, 4, 2, 1, 2, 1}), 3, 3, 1, 1), 3, 3, 1, 4)
				x = Convolve(x, MulScalar(ConvertDType(blur, x.DType()), 1./16)).ChannelGroupCount(4).Strides(2).NoPadding().Done()
				x = at("b/gelu", "bhwc", activation.Gelu(conv3(s.In("b"), x, 5, 1)))
				return head(s, x)
			}},
		{name: "kernels and dilations per axis", input: picture8, suggested: "wide/dilated/add",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = layers.Convolution(s.In("rows"), x).Channels(4).KernelSizePerAxis(3, 1).PadSame().Done()
				x = at("columns/relu", "bhwc", activation.Relu(layers.Convolution(s.In("columns"), x).Channels(4).
					KernelSizePerAxis(1, 3).StridePerAxis(2, 2).PadSame().Done()))
				w := s.In("wide")
				y := layers.Convolution(w.In("dilated"), x).Channels(4).KernelSize(3).DilationPerAxis(1, 2).PadSame().Done()
				x = at("wide/dilated/add", "bhwc", Add(x, y))
				return head(s, x)
			}},
	}
}
