package source

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// The nine networks of onnx's set "light" open as a user opens them and name a layer to explain at, and the gradient of
// a class's score there is a number everywhere. TestBackendTests checks that their outputs are right.
func TestLightNetworks(t *testing.T) {
	root := os.Getenv("GRADCAM_BACKEND_TESTS")
	if root == "" {
		require.Missing(t, "backend-tests",
			"GRADCAM_BACKEND_TESTS does not name the folder that testdata/backend/make.py filled")
	}
	if !require.IsSlow() {
		t.Skip("takes minutes: -slow")
	}
	files, err := filepath.Glob(filepath.Join(root, "light", "*", "model.onnx"))
	if err != nil || len(files) != 9 {
		t.Fatalf("%d networks: %v", len(files), err)
	}
	b, err := compute.NewWithConfig("go:ops_sequential")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			m, err := ONNX(file)
			if err != nil {
				t.Fatal(err)
			}
			dims := append([]int{1}, m.Card().Input[1:]...)
			layers, err := m.Layers(t.Context(), dims, "")
			if err != nil {
				t.Fatal(err)
			}
			layer := ""
			for _, l := range layers {
				if l.Suggested {
					layer = l.Name
				}
			}
			if layer == "" {
				t.Fatal("no layer is suggested")
			}
			output := m.Card().Outputs[0]
			e, err := model.NewExec(b, m.Store(), func(scope *model.Scope, x *Node) *Node {
				built := m.Build(scope, x, []string{layer}, []string{output})
				score := ReduceAllSum(Slice(Reshape(built.Outputs[output], -1), AxisRange(7, 8)))
				return Gradient(score, built.Cuts[0].Node)[0]
			})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Finalize()
			values := make([]float32, dims[1]*dims[2]*dims[3])
			for i := range values {
				values[i] = float32(i) / float32(len(values))
			}
			out, err := e.Call(tensors.FromFlatDataAndDimensions(values, dims...))
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range tensors.MustCopyFlatData[float32](out[0]) {
				if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
					t.Fatalf("the gradient at %s has %g as its value %d", layer, v, i)
				}
			}
		})
	}
}
