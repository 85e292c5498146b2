package source

import (
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// A model that is built from any of its layers on, from the layer's values, answers as the whole model does, also if a
// connection goes around the layer, as in a U-Net.
func TestBuiltFromEveryLayer(t *testing.T) {
	for _, name := range []string{"unet", "resnet-basic", "densenet", "squeezenet", "vit", "convnext"} {
		m, err := ONNX(golden.Path("models", name+".dyn.onnx"))
		if err != nil {
			t.Fatal(err)
		}
		builtFromEveryLayer(t, name, m)
	}
}

func builtFromEveryLayer(t *testing.T, name string, m Model) {
	t.Helper()
	input := []int{1, 3, 64, 64}
	values := make([]float32, 3*64*64)
	for i := range values {
		values[i] = float32(i%17)/8 - 1
	}
	layers, err := m.Layers(t.Context(), input, "")
	if err != nil {
		t.Fatal(err)
	}
	layers = slices.DeleteFunc(layers, func(l Layer) bool { return !l.Feeds || l.Grid[0]*l.Grid[1] < 4 })
	answer := m.Card().Outputs[:1]
	for i := 0; i < len(layers); i += 1 + len(layers)/8 {
		l := layers[i].Name
		exec, err := model.NewExec(gobackend.GetBackend(), m.Store(), func(scope *model.Scope, x *Node) []*Node {
			built := m.Build(scope, x, []string{l}, answer)
			c := built.Cuts[0]
			from := m.(LayerBuilder).BuildFrom(scope, x, Start{l, c.Grid(c.Node), c.Node}, answer)
			off := ReduceAllMax(Abs(Sub(built.Outputs[answer[0]], from[answer[0]])))
			return []*Node{ConvertDType(off, dtypes.Float32), ConvertDType(ReduceAllMax(Abs(built.Outputs[answer[0]])),
				dtypes.Float32)}
		})
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Exec(tensors.FromFlatDataAndDimensions(values, input...))
		if err != nil {
			t.Fatalf("%s from %s: %v", name, l, err)
		}
		off, size := tensors.ToScalar[float32](out[0]), tensors.ToScalar[float32](out[1])
		if !(off <= 1e-5*size) {
			t.Errorf("%s from %s: off by %g of %g", name, l, off, size)
		}
		exec.Finalize()
	}
}
