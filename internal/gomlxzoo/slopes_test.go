package gomlxzoo

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	_ "github.com/gradcam-go/gradcam/gradcamnb/engine/source/vjp"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/walk"
	"github.com/gradcam-go/gradcam/internal/completed"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// onBackends runs a test on pure Go and on XLA. XLA may not be installed; pure Go always is.
func onBackends(t *testing.T, test func(t *testing.T, on *device.Backend)) {
	t.Helper()
	for _, name := range []string{"go", "xla:cpu"} {
		t.Run(name, func(t *testing.T) {
			on, err := device.OpenNamed(name)
			if err != nil {
				require.Missing(t, "xla", err.Error())
			}
			test(t, on)
		})
	}
}

// The gradient of every network's score at its first map, one half way and the last agrees with central differences
// along random directions, in float64, on both backends. A step is small compared with the distance between the picture
// and the kinks of a ReLU or a pool.
func TestSlopes(t *testing.T) { onBackends(t, testSlopes) }

func testSlopes(t *testing.T, on *device.Backend) {
	for _, n := range Nets() {
		t.Run(n.Name, func(t *testing.T) {
			if n.Name == "inceptionv3" {
				require.Slow(t, "94 convolutions, five times, in float64")
			}
			var names []string
			store := n.Store()
			exec := model.MustNewExec(on.Backend, store, func(scope *model.Scope, x *Node) []*Node {
				var out *Node
				if !n.Single {
					out = n.Fn(scope, x)
				} else {
					single := ConvertDType(x, dtypes.Float32)
					out = inDouble(n.Fn(scope, single), single, x)
				}
				return slopes(walk.Read(walk.Picture{Node: x, ChannelsLast: true}, out), out, &names)
			})
			exec.WithName(completed.PlainPrefix + n.Name)
			r := rand.New(rand.NewPCG(7, 7))
			values := make([]float64, shapes.Make(dtypes.Float64, n.Input...).Size())
			for i := range values {
				values[i] = r.NormFloat64()
			}
			results := exec.MustExec(tensors.FromFlatDataAndDimensions(values, n.Input...))
			for i, name := range names {
				got, want := tensors.MustCopyFlatData[float64](results[2*i])[0],
					tensors.MustCopyFlatData[float64](results[2*i+1])[0]
				t.Logf("%s: %.9g, differences %.9g", name, got, want)
				if !(math.Abs(got-want) <= 1e-3*math.Abs(want)) || want == 0 {
					t.Errorf("%s: the gradient along the direction is %g, and differences give %g", name, got, want)
				}
			}
		})
	}
}

// slopes returns, for three layers, the gradient along a direction and the difference along it.
func slopes(w *walk.Walk, out *Node, names *[]string) []*Node {
	var maps []*walk.Place
	for _, p := range w.Places {
		if p.Layout.Map() && p.Layout.Rows > 1 {
			maps = append(maps, p)
		}
	}
	score := func(out *Node) *Node {
		weights := Sin(MulScalar(AddScalar(IotaFull(out.Graph(), out.Shape()), 1), 0.7))
		return ReduceAllSum(Mul(out, weights))
	}
	var nodes []*Node
	*names = nil
	for _, p := range []*walk.Place{maps[0], maps[len(maps)/2], maps[len(maps)-1]} {
		act := p.Node
		along := Sin(MulScalar(AddScalar(IotaFull(act.Graph(), act.Shape()), 1), 1.3))
		slope := ReduceAllSum(Mul(along, Gradient(score(out), act)[0]))
		const step = 1e-6
		at := func(d float64) *Node {
			moved := Add(StopGradient(act), MulScalar(along, d))
			return score(walk.Rebuild([]*Node{out}, map[*Node]*Node{act: moved}, nil)[0])
		}
		nodes = append(nodes, slope, DivScalar(Sub(at(step), at(-step)), 2*step))
		*names = append(*names, p.Name)
	}
	return nodes
}

// inDouble returns a float32 network rebuilt in float64 with the same weights.
func inDouble(out, single, double *Node) *Node {
	return walk.Rebuild([]*Node{out}, map[*Node]*Node{single: double}, func(n *Node, inputs []*Node) *Node {
		changed := false
		for _, in := range inputs {
			changed = changed || in.DType() == dtypes.Float64
		}
		if !changed {
			return nil
		}
		for i, in := range inputs {
			if in.DType() == dtypes.Float32 {
				inputs[i] = ConvertDType(in, dtypes.Float64)
			}
		}
		return n.CloneWithInputs(inputs...)
	})[0]
}
