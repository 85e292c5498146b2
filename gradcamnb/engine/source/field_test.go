package source

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// Receptive fields agree with the networks themselves: pixels outside a cell's field leave the cell as it is, and each
// of the field's outermost lines of pixels changes it. Gates, which see the whole picture, are not in these networks.
func TestFieldsAgainstNetworks(t *testing.T) {
	b, err := compute.NewWithConfig("go:ops_sequential")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"resnet-basic.ts.onnx", "resnet-basic.dyn.onnx", "vgg.ts.onnx", "inception.dyn.onnx",
		"squeezenet.ts.onnx", "densenet.ts.onnx", "convnext.dyn.onnx", "unet.ts.onnx"} {
		t.Run(file, func(t *testing.T) {
			m, err := ONNX(golden.Path("models", file))
			if err != nil {
				t.Fatal(err)
			}
			dims := slices.Clone(m.Card().Input)
			dims[0] = 1
			layers, err := m.Layers(t.Context(), dims, "")
			if err != nil {
				t.Fatal(err)
			}
			checked := 0
			for _, l := range probed(layers, dims) {
				checkField(t, b, m, dims, l)
				checked++
			}
			t.Logf("%d layers", checked)
			if checked == 0 {
				t.Error("no layer has a field that fits into the picture")
			}
		})
	}
}

// probed returns the last three layers whose middle cell's field lies within the picture and is larger than a pixel.
func probed(layers []Layer, dims []int) []Layer {
	var out []Layer
	for _, l := range slices.Backward(layers) {
		if l.Field == nil || l.Field.Gated || !l.Spatial() || len(out) == 3 || l.Channels != l.Shape[1] ||
			l.Grid[0] != l.Shape[2] {
			continue
		}
		lo, hi := middleField(l)
		if lo[0] > 0 && lo[1] > 0 && hi[0] < dims[2] && hi[1] < dims[3] && hi[0]-lo[0] > 2 {
			out = append(out, l)
		}
	}
	return out
}

// middleField returns the field of a layer's middle cell, in whole pixels.
func middleField(l Layer) (lo, hi [2]int) {
	for i := range 2 {
		at := float64(l.Grid[i] / 2)
		lo[i] = int(math.Floor(l.Field.Lo[i] + at*l.Field.Step[i]))
		hi[i] = int(math.Ceil(l.Field.Hi[i] + at*l.Field.Step[i]))
	}
	return lo, hi
}

func checkField(t *testing.T, b compute.Backend, m Model, dims []int, l Layer) {
	t.Helper()
	e, err := model.NewExec(b, m.Store(), func(scope *model.Scope, x *Node) *Node {
		y := m.Build(scope, x, nil, []string{l.Name}).Outputs[l.Name]
		return Slice(y, AxisElem(0), AxisRange(), AxisElem(l.Grid[0]/2), AxisElem(l.Grid[1]/2))
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Finalize()
	cell := func(x []float32) []float32 {
		return tensors.MustCopyFlatData[float32](e.MustCall(tensors.FromFlatDataAndDimensions(x, dims...))[0])
	}
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, dims[1]*dims[2]*dims[3])
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	// changed is the picture with other values at the chosen pixels.
	changed := func(chosen func(y, x int) bool) []float32 {
		out := slices.Clone(x)
		for i := range out {
			if chosen(i/dims[3]%dims[2], i%dims[3]) {
				out[i] = float32(3 * rng.NormFloat64())
			}
		}
		return out
	}
	lo, hi := middleField(l)
	inside := func(y, x int) bool { return y >= lo[0] && y < hi[0] && x >= lo[1] && x < hi[1] }
	was := cell(x)
	moved := func(x []float32) (most float64) {
		for i, v := range cell(x) {
			most = max(most, math.Abs(float64(v-was[i])))
		}
		return most
	}
	if d := moved(changed(func(y, x int) bool { return !inside(y, x) })); !(d <= 1e-5) {
		t.Errorf("%s: pixels outside the field %v to %v move its middle cell by %g", l.Name, lo, hi, d)
	}
	for side, line := range map[string]func(y, x int) bool{
		"top":    func(y, x int) bool { return inside(y, x) && y == lo[0] },
		"bottom": func(y, x int) bool { return inside(y, x) && y == hi[0]-1 },
		"left":   func(y, x int) bool { return inside(y, x) && x == lo[1] },
		"right":  func(y, x int) bool { return inside(y, x) && x == hi[1]-1 },
	} {
		if moved(changed(line)) == 0 {
			t.Errorf("%s: the %s line of the field %v to %v does not move its middle cell", l.Name, side, lo, hi)
		}
	}
}
