package walk_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/walk"
)

// A function keeps the pictures of a batch apart if the answer for the first one stays as it is while the second one
// changes. This is seen in the forms in which networks are written, and it is not said of a function that mixes them,
// whatever axes the pictures lie on in between.
func TestPicturesApart(t *testing.T) {
	const n = 2 // pictures of [4, 4, 4]
	turn := TransposeAllDims
	tokens := func(x *Node) *Node { return Reshape(x, n, 16, 4) }
	attend := func(x *Node) *Node { // to the tokens beside it: [..., tokens, channels]
		e := Exp(Einsum("bic,bjc->bij", x, x))
		return Einsum("bij,bjc->bic", Div(e, ReduceAndKeep(e, ReduceSum, -1)), x)
	}
	heads := func(x *Node) *Node { return turn(Reshape(tokens(x), n, 16, 2, 2), 0, 2, 1, 3) } // [b, heads, tokens, 2]
	weigh := func(x *Node) *Node {
		return Tanh(Einsum("rc,cd->rd", x, Sin(IotaFull(x.Graph(), shapes.Make(dtypes.Float32, 4, 4)))))
	}
	first := func(x *Node) *Node { return turn(tokens(x), 1, 0, 2) } // [tokens, b, channels]
	for name, c := range map[string]struct {
		apart bool
		fn    func(x *Node) *Node // of [b, 4, 4, 4]
	}{
		"heads after the pictures": {true, func(x *Node) *Node {
			return turn(Reshape(attend(Reshape(heads(x), n*2, 16, 2)), n, 2, 16, 2), 0, 2, 1, 3)
		}},
		"heads before the pictures": {true, func(x *Node) *Node {
			y := Reshape(turn(heads(x), 1, 0, 2, 3), 2*n, 16, 2)
			return turn(Reshape(attend(y), 2, n, 16, 2), 1, 2, 0, 3)
		}},
		"tokens before the pictures": {true, func(x *Node) *Node {
			return turn(Reshape(weigh(Reshape(first(x), 16*n, 4)), 16, n, 4), 1, 0, 2)
		}},
		"windows after the pictures": {true, func(x *Node) *Node {
			y := turn(Reshape(x, n, 2, 2, 2, 2, 4), 0, 1, 3, 2, 4, 5)
			y = attend(Reshape(y, n*4, 4, 4))
			return turn(Reshape(y, n, 2, 2, 2, 2, 4), 0, 1, 3, 2, 4, 5)
		}},
		"a mask for each window": {true, func(x *Node) *Node {
			y := Reshape(x, n, 4, 4, 4)
			return Reshape(Add(y, IotaFull(x.Graph(), shapes.Make(dtypes.Float32, 1, 4, 4, 4))), n*4, 4, 4)
		}},
		"a shuffle of pixels": {true, func(x *Node) *Node {
			return Reshape(turn(Reshape(x, n, 4, 4, 2, 2, 1), 0, 1, 3, 2, 4, 5), n, 8, 8, 1)
		}},
		"channels in groups": {true, func(x *Node) *Node {
			y := Reshape(turn(x, 0, 3, 1, 2), n*2, 32)
			return Reshape(Sub(y, ReduceAndKeep(y, ReduceMean, -1)), n, 4, 4, 4)
		}},
		"a token before the others": {true, func(x *Node) *Node {
			return Concatenate([]*Node{Zeros(x.Graph(), shapes.Make(dtypes.Float32, n, 1, 4)), tokens(x)}, 1)
		}},
		"two views, one after the other": {true, func(x *Node) *Node {
			y := weigh(Reshape(Concatenate([]*Node{x, Reverse(x, 2)}, 0), 2*n*16, 4))
			y = Reshape(y, 2*n, 64)
			return Mul(Slice(y, AxisRange(0, n)), Slice(y, AxisRange(n)))
		}},
		"the mean of two views": {true, func(x *Node) *Node {
			return ReduceMean(Reshape(Tanh(Concatenate([]*Node{x, Reverse(x, 2)}, 0)), 2, n, 64), 0)
		}},
		"every second of the heads": {true, func(x *Node) *Node {
			return Slice(Reshape(heads(x), n*2, 32), AxisRange(1).Stride(2))
		}},
		"sorted tokens":     {true, func(x *Node) *Node { return Sort(tokens(x), 1, true) }},
		"the largest three": {true, func(x *Node) *Node { values, _ := TopK(tokens(x), 3, 1); return values }},
		"put at places": {true, func(x *Node) *Node {
			at := Const(x.Graph(), [][]int32{{5}, {0}, {9}})
			three := Slice(first(x), AxisRange(0, 3))
			return turn(ScatterSum(Mul(first(x), first(x)), at, three, false, true), 1, 0, 2)
		}},
		"pictures last":               {true, func(x *Node) *Node { return turn(Exp(turn(x, 1, 2, 3, 0)), 3, 0, 1, 2) }},
		"rows of all pictures in one": {true, func(x *Node) *Node { return weigh(Reshape(x, n*16, 4)) }},

		"a mean of rows in another order": {false, func(x *Node) *Node {
			y := Reshape(Reshape(first(x), 16*n, 4), n, 16, 4)
			return ReduceMean(y, 1)
		}},
		"a mean after two reshapes": {false, func(x *Node) *Node {
			y := Reshape(Reshape(first(x), 16*n, 4), 16, n, 4)
			return Reshape(ReduceMean(y, 1), n, 32)
		}},
		"sorted pictures": {false, func(x *Node) *Node { return Sort(x, 0, true) }},
		"pictures put at places": {false, func(x *Node) *Node {
			at := Const(x.Graph(), [][]int32{{1}, {0}})
			return ScatterSum(ZerosLike(x), at, x, false, true)
		}},
		"the second picture before the first": {false, func(x *Node) *Node {
			return Concatenate([]*Node{Slice(x, AxisRange(1)), Slice(x, AxisRange(0, 1))}, 0)
		}},
		"the middle of two views": {false, func(x *Node) *Node {
			return Slice(Concatenate([]*Node{x, x}, 0), AxisRange(1, 1+n))
		}},
		"the windows of the second picture": {false, func(x *Node) *Node {
			return Slice(Reshape(x, n*2, 32), AxisRange(n, 2*n))
		}},
		"attention between pictures": {false, func(x *Node) *Node { return attend(first(x)) }},
		"two orders at once": {false, func(x *Node) *Node {
			return Reshape(Add(Reshape(first(x), 16*n, 4), Reshape(x, n*16, 4)), n, 64)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewGraph(gobackend.GetBackend(), name)
			x := Parameter(g, "x", shapes.Make(dtypes.Float32, n, 4, 4, 4))
			y := c.fn(x)
			y = ReduceSum(Reshape(y, n, y.Shape().Size()/n), -1)
			mixing := walk.Read(walk.Picture{Node: x, ChannelsLast: true}, y).Mixing(y)
			if err := g.Compile(y); err != nil {
				t.Fatal(err)
			}
			answer := func(second float64) float32 {
				values := make([]float32, n*64)
				for i := range values {
					values[i] = float32(math.Sin(float64(i)))
					if i >= 64 {
						values[i] = float32(math.Sin(second * float64(i)))
					}
				}
				return tensors.MustCopyFlatData[float32](g.Run(tensors.FromFlatDataAndDimensions(values, n, 4, 4, 4))[0])[0]
			}
			if apart := answer(2) == answer(3); apart != c.apart {
				t.Fatalf("the answers for the first picture are %g and %g", answer(2), answer(3))
			}
			if (mixing == nil) != c.apart {
				t.Errorf("the first operator that may mix pictures is %v", mixing)
			}
		})
	}
}
