package gomlxzoo

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
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
			require.Backend(t, name, err)
			test(t, on)
		})
	}
}

// factors are two directions in which a layer is moved: every cell by a factor of its own.
var factors = []func(cell int) float64{
	func(cell int) float64 { return math.Sin(1.3 * float64(cell+1)) },
	func(cell int) float64 { return math.Cos(0.7 * float64(cell+1)) },
}

// An explanation of every network agrees within 1e-3 with central differences at its first map, one half way and the
// last before the output, in two directions each, on both backends. HiResCAM at a layer A is
// L_ij = SUM_k A_k,ij dS/dA_k,ij. So it gives the slope of the score along any factors f of the cells:
//
//	SUM_ij f_ij L_ij = d/dt S(A_k,ij (1 + t f_ij)) at t = 0
//
// The map is that of Explain, with float32 as a user has it; the slope is that of the network rebuilt in float64 with
// the same weights. Its step is small compared with the distance between the cells and the kinks of a ReLU or a pool.
func TestSlopes(t *testing.T) { onBackends(t, testSlopes) }

func testSlopes(t *testing.T, on *device.Backend) {
	for _, n := range Nets() {
		t.Run(n.Name, func(t *testing.T) {
			if n.Name == "inceptionv3" {
				require.Slow(t, "94 convolutions, thirteen times, in float64")
			}
			store := n.Store()
			var names []string
			exec := model.MustNewExec(on.Backend, store, func(scope *model.Scope, x, steps *Node) *Node {
				return n.moved(scope, x, steps, &names)
			}).WithName(completed.PlainPrefix + n.Name)
			r := n.request()
			x := make([]float64, len(r.Tensor.Values))
			for i, v := range r.Tensor.Values {
				x[i] = float64(v)
			}
			score := func(layer, direction int, step float64) float64 {
				steps := make([]float64, 3*len(factors))
				steps[layer*len(factors)+direction] = step
				return tensors.MustCopyFlatData[float64](exec.MustCall(tensors.FromFlatDataAndDimensions(x, n.Input...),
					tensors.FromFlatDataAndDimensions(steps, 3, len(factors)))[0])[0]
			}
			exact := score(0, 0, 0)
			r.Methods, r.Layers = []string{"HiResCAM"}, names
			if n.Name != "unet" { // whose class 0 is that of a region
				r.Targets = []gradcamnb.Target{gradcamnb.Class(0)}
			}
			results, err := openStore(t, on.Name, n, store).Run(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			for i, m := range results[0].Maps {
				if !(math.Abs(float64(m.Score)-exact) <= 1e-3*math.Abs(exact)) {
					t.Errorf("%s: the score is %g, and %g in float64", m.Layer, m.Score, exact)
				}
				for d, f := range factors {
					got := 0.
					for cell, v := range m.Raw.Values {
						got += f(cell) * float64(v)
					}
					const step = 1e-7 // within 1e-6 lies a kink of InceptionV3
					want := (score(i, d, step) - score(i, d, -step)) / (2 * step)
					t.Logf("%s: %.9g, differences %.9g", m.Layer, got, want)
					if !(math.Abs(got-want) <= 1e-3*math.Abs(want)) || want == 0 || m.Layer != names[i] {
						t.Errorf("%s, direction %d: the map gives the slope %g, and differences at %s give %g", m.Layer, d, got,
							names[i], want)
					}
				}
			}
		})
	}
}

// moved returns the network's score in float64 after cells of three layers were multiplied by 1 plus the sum of steps
// [3, directions] times the factors of the directions, and sets the names of the layers.
func (n Net) moved(scope *model.Scope, x, steps *Node, names *[]string) *Node {
	single := ConvertDType(x, dtypes.Float32)
	out := n.Fn(scope, single)
	var maps []*walk.Place
	for _, p := range walk.Read(walk.Picture{Node: single, ChannelsLast: true}, out).Places {
		if p.Layout.Map() && p.Layout.Rows > 1 && p.Node != out {
			maps = append(maps, p)
		}
		if n.Name == "vit" && p.Name == suggested[n.Name] {
			break // behind the last attention only the class token is read
		}
	}
	chosen := []*walk.Place{maps[0], maps[len(maps)/2], maps[len(maps)-1]}
	*names = nil
	for _, p := range chosen {
		*names = append(*names, p.Name)
	}
	double := walk.Rebuild([]*Node{out}, map[*Node]*Node{single: x}, func(node *Node, inputs []*Node) *Node {
		c := inDouble(node, inputs)
		for i, p := range chosen {
			if p.Node == node {
				c = moveCells(p.Layout, c, Squeeze(Slice(steps, AxisElem(i)), 0))
			}
		}
		return c
	})[0]
	return ReduceAllSum(Slice(double, AxisRange().Spacer(), AxisElem(0))) // of class 0, in the U-Net at all pixels
}

// inDouble returns a copy of a float32 node in float64, or nil if none of its inputs was copied.
func inDouble(n *Node, inputs []*Node) *Node {
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
}

// moveCells multiplies the cells of a layer by 1 + SUM_d steps_d f_d.
func moveCells(layout walk.Layout, act, steps *Node) *Node {
	grid := layout.Grid(act)
	by := ScalarOne(act.Graph(), dtypes.Float64)
	for d, f := range factors {
		values := make([]float64, layout.Rows*layout.Columns)
		for cell := range values {
			values[cell] = f(cell)
		}
		along := Reshape(Const(act.Graph(), values), 1, layout.Rows, layout.Columns, 1)
		by = Add(by, Mul(along, Squeeze(Slice(steps, AxisElem(d)), 0)))
	}
	return layout.Node(Mul(grid, by), act)
}
