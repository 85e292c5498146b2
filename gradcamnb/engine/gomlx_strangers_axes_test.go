package engine

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors/images"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// strangersOfAxes are networks that turn the axes of a picture round, or take it apart and put it together.
func strangersOfAxes() []stranger {
	head := func(s *model.Scope, x *Node) []*Node {
		return []*Node{layers.Dense(s.In("head"), ReduceMean(x, 1, 2), true, 3)}
	}
	flat := func(s *model.Scope, x *Node) []*Node {
		return []*Node{layers.Dense(s.In("head"), Reshape(x, x.Shape().Dim(0), -1), true, 3)}
	}
	return []stranger{
		{name: "coordinate attention", input: []int{-1, 8, 6, 3}, suggested: "gate/mul#2",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = at("stem/tanh", "bhwc", Tanh(conv3(s.In("stem"), x, 4, 2)))
				h, w := x.Shape().Dim(1), x.Shape().Dim(2)
				ph := ReduceAndKeep(x, ReduceMean, 2)                               // b h 1 c
				pw := TransposeAllAxes(ReduceAndKeep(x, ReduceMean, 1), 0, 2, 1, 3) // b w 1 c
				y := Concatenate([]*Node{ph, pw}, 1)
				y = activation.Swish(dense1(s.In("gate").In("squeeze"), y, 3))
				g := s.Shared("gate")
				gh := Sigmoid(dense1(g.In("h"), Slice(y, AxisRange(), AxisRange(0, h)), 4))
				gw := Sigmoid(dense1(g.In("w"), TransposeAllAxes(Slice(y, AxisRange(), AxisRange(h, h+w)), 0, 2, 1, 3), 4))
				x = at("gate/mul#2", "bhwc", Mul(Mul(x, gh), gw))
				return flat(s, x)
			}},
		{name: "patch merging by slices", input: picture8, suggested: "merge1/dense/tanh",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = at("patch", "bhwc", layers.Convolution(s.In("patch"), x).Channels(4).KernelSize(1).Done())
				for _, name := range []string{"merge0", "merge1"} {
					q := func(i, j int) *Node {
						return Slice(x, AxisRange(), AxisRange(i).Stride(2), AxisRange(j).Stride(2), AxisRange())
					}
					x = Concatenate([]*Node{q(0, 0), q(1, 0), q(0, 1), q(1, 1)}, -1)
					x = norm.LayerNorm(s.In("%s", name).In("norm"), x, -1).Done()
					x = at(name+"/dense", "bhwc", layers.Dense(s.Shared("%s", name).In("dense"), x, false, 5))
					x = Tanh(x)
				}
				x = at("merge1/dense/tanh", "bhwc", x)
				return flat(s, x)
			}},
		{name: "gradient reversal", input: picture8, suggested: "b/relu",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = at("a/relu", "bhwc", activation.Relu(conv3(s.In("a"), x, 4, 2)))
				x = IdentityWithCustomGradient(x, func(_, v *Node) *Node { return MulScalar(v, -3) })
				x = at("b/relu", "bhwc", activation.Relu(conv3(s.In("b"), x, 5, 1)))
				f := IdentityWithCustomGradient(ReduceMean(x, 1, 2), func(_, v *Node) *Node { return Neg(v) })
				return []*Node{layers.Dense(s.In("c"), f, true, 3)}
			}},
		{name: "standardised kernel that is used twice", input: picture8, suggested: "trident/add",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = at("stem/relu", "bhwc", activation.Relu(conv3(s.In("stem"), x, 4, 1)))
				w := weight(s.In("trident"), x, "kernel", 3, 3, 4, 4)
				w = Sub(w, ReduceAndKeep(w, ReduceMean, 0, 1, 2))
				w = Div(w, AddScalar(Sqrt(ReduceAndKeep(Square(w), ReduceMean, 0, 1, 2)), 1e-5))
				a := Convolve(x, w).PadSame().Strides(2).Done()
				c := Convolve(x, w).PadSame().DilationPerAxis(1, 1).Strides(2).Done()
				x = at("trident/add", "bhwc", Add(activation.Relu(a), Tanh(c)))
				return head(s, x)
			}},
		{name: "axial attention", input: []int{-1, 8, 6, 3}, suggested: "cols/add",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = at("stem", "bhwc", conv3(s.In("stem"), x, 4, 2))
				d := x.Shape().Dimensions
				y := Reshape(x, d[0]*d[1], d[2], d[3])
				x = at("rows/add", "bhwc", Add(x, Reshape(attend(s.In("rows"), y), d...)))
				z := TransposeAllAxes(x, 0, 2, 1, 3)
				z = Reshape(attend(s.In("cols"), Reshape(z, d[0]*d[2], d[1], d[3])), d[0], d[2], d[1], d[3])
				x = at("cols/add", "bhwc", Add(x, TransposeAllAxes(z, 0, 2, 1, 3)))
				return flat(s, x)
			}},
		{name: "shifted windows of tokens, merged", input: picture8, suggested: "merge",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				n := x.Shape().Dim(0)
				x = layers.Convolution(s.In("patch"), x).Channels(4).KernelSize(1).Done()
				x = at("patch", "btc", Reshape(x, n, 64, 4))
				y := Reshape(norm.LayerNorm(s.In("s0").In("norm"), x, -1).Done(), n, 8, 8, 4)
				y = roll(roll(y, 1, -2), 2, -2)
				y = Reshape(TransposeAllAxes(Reshape(y, n, 2, 4, 2, 4, 4), 0, 1, 3, 2, 4, 5), n*4, 16, 4)
				y = attend(s.Shared("s0").In("attn"), y)
				y = Reshape(TransposeAllAxes(Reshape(y, n, 2, 2, 4, 4, 4), 0, 1, 3, 2, 4, 5), n, 8, 8, 4)
				y = roll(roll(y, 1, 2), 2, 2)
				x = at("s0/add", "btc", Add(x, Reshape(y, n, 64, 4)))
				z := Reshape(x, n, 8, 8, 4)
				q := func(i, j int) *Node {
					return Slice(z, AxisRange(), AxisRange(i).Stride(2), AxisRange(j).Stride(2), AxisRange())
				}
				z = Reshape(Concatenate([]*Node{q(0, 0), q(1, 0), q(0, 1), q(1, 1)}, -1), n, 16, 16)
				z = at("merge", "btc", layers.Dense(s.In("merge"), z, false, 6))
				return []*Node{layers.Dense(s.In("head"), ReduceMean(z, 1), true, 3)}
			}},
		{name: "channels first ViT", input: []int{-1, 3, 8, 8}, layout: imgio.ChannelsFirst, suggested: "block/add",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				n := x.Shape().Dim(0)
				x = layers.Convolution(s.In("patch"), x).ChannelsAxis(images.ChannelsFirst).Channels(5).KernelSize(2).Strides(2).Done()
				x = Transpose(Reshape(x, n, 5, 16), 1, 2)
				y := at("block/norm", "btc", norm.LayerNorm(s.In("block").In("norm"), x, -1).Done())
				x = at("block/add", "btc", Add(x, attend(s.Shared("block").In("attn"), y)))
				return []*Node{layers.Dense(s.In("head"), ReduceMean(x, 1), true, 3)}
			}},
		{name: "class token last", input: picture8, suggested: "block1/norm",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				n := x.Shape().Dim(0)
				x = layers.Convolution(s.In("patch"), x).Channels(6).KernelSize(2).Strides(2).Done()
				x = Concatenate([]*Node{Reshape(x, n, 16, 6), BroadcastToDims(weight(s, x, "class", 1, 1, 6), n, 1, 6)}, 1)
				for _, name := range []string{"block0", "block1"} {
					y := norm.LayerNorm(s.In("%s", name).In("norm"), x, -1).Done()
					x = Add(x, attend(s.Shared("%s", name).In("attention"), at(name+"/norm", "btc-1", y)))
				}
				return []*Node{layers.Dense(s.In("head"), Reshape(Slice(x, AxisRange(), AxisElem(-1)), n, 6), true, 3)}
			}},
		{name: "capsules", input: picture8, suggested: "conv/relu",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = at("conv/relu", "bhwc", activation.Relu(conv3(s.In("conv"), x, 6, 2)))
				squash := func(v *Node) *Node {
					q := ReduceAndKeep(Square(v), ReduceSum, -1)
					return Mul(v, Div(Sqrt(AddScalar(q, 1e-6)), OnePlus(q)))
				}
				each := squash(Reshape(x, x.Shape().Dim(0), 32, 3))
				votes := Einsum("bid,dko->biko", each, weight(s.In("caps"), x, "w", 3, 3, 4))
				v := squash(MulScalar(ReduceSum(votes, 1), 1./3))
				agreement := Softmax(Einsum("biko,bko->bik", votes, v), -1)
				return []*Node{ReduceSum(Square(squash(Einsum("bik,biko->bko", agreement, votes))), -1)}
			}},
		{name: "triplet attention", input: []int{-1, 8, 6, 3}, suggested: "add#2",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				x = at("stem/tanh", "bhwc", Tanh(conv3(s.In("stem"), x, 4, 2)))
				gate := func(name string, x *Node) *Node {
					z := Concatenate([]*Node{ReduceAndKeep(x, ReduceMean, -1), ReduceAndKeep(x, ReduceMax, -1)}, -1)
					return Mul(x, Sigmoid(conv3(s.In("%s", name), z, 1, 1)))
				}
				a := gate("hw", x)
				b := TransposeAllAxes(gate("cw", TransposeAllAxes(x, 0, 3, 2, 1)), 0, 3, 2, 1)
				c := TransposeAllAxes(gate("hc", TransposeAllAxes(x, 0, 1, 3, 2)), 0, 1, 3, 2)
				x = at("add#2", "bhwc", Add(Add(a, b), c))
				return flat(s, x)
			}},
		{name: "padding by hand", input: picture8, suggested: "b/relu",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				around, zero := PadAxis{Start: 1, End: 1}, ScalarZero(x.Graph(), x.DType())
				x = Pad(x, zero, PadAxis{}, around, around, PadAxis{})
				x = at("a/relu", "bhwc", activation.Relu(layers.Convolution(s.In("a"), x).Channels(4).KernelSize(3).NoPadding().Done()))
				x = Pad(x, zero, PadAxis{}, PadAxis{End: 1}, PadAxis{End: 1}, PadAxis{})
				x = at("b/relu", "bhwc", activation.Relu(layers.Convolution(s.In("b"), x).Channels(4).KernelSize(3).Strides(2).NoPadding().Done()))
				return head(s, x)
			}},
		{name: "Perceiver", input: picture8, suggested: "stem/tanh",
			fn: func(s *model.Scope, x *Node, at tap) []*Node {
				n := x.Shape().Dim(0)
				x = at("stem/tanh", "bhwc", Tanh(conv3(s.In("stem"), x, 5, 2)))
				tokens := Reshape(x, n, 16, 5)
				q := weight(s.In("latents"), x, "q", 3, 5)
				k := layers.Dense(s.In("k"), tokens, false, 5)
				v := layers.Dense(s.In("v"), tokens, false, 5)
				a := Softmax(Einsum("ld,btd->blt", q, k), -1)
				z := Einsum("blt,btd->bld", a, v)
				return []*Node{layers.Dense(s.In("head"), Reshape(z, n, 15), true, 3)}
			}},
	}
}
