package engine

import (
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// Before a large sheet is measured in full, the engine says how many passes that takes. 9 maps with 8 steps of
// insertion and 8 of deletion take 144 passes, and comparing the best two by insertion over two baselines takes 32. A
// small sheet is measured without a word.
func TestMeasuringSaysItsCost(t *testing.T) {
	for _, backend := range []string{"go", "xla:cpu"} {
		var said strings.Builder
		e := NewSaying(backend, &said)
		require.Backend(t, backend, e.Start())
		s := openFile(t, e, golden.Path("models", "resnet-basic.dyn.onnx"))
		in := tiny(t, "resnet-basic")
		in.Dims, in.Values = []int{1, 3, 64, 64}, in.Values[:3*64*64]
		m := gradcamnb.NewModel(s)
		for _, c := range []struct {
			layers, methods []string
			says            string // empty if it says nothing
		}{{[]string{"layer1"}, []string{"Grad-CAM"}, ""},
			{[]string{"layer1", "layer2", "layer3"}, []string{"Grad-CAM", "HiResCAM", "LayerCAM"},
				"measuring 9 maps takes about 176 passes"}} {
			said.Reset()
			r := gradcamnb.Request{Tensor: in, Layers: c.layers, Methods: c.methods,
				Measuring: gradcamnb.Measuring{Metrics: []string{"insertion", "deletion"}}}
			rows, columns := []heatmap.Axis{heatmap.ByLayer}, []heatmap.Axis{heatmap.ByMethod}
			if _, err := m.RunSheet(t.Context(), r, rows, columns); err != nil {
				t.Fatal(err)
			}
			if got := said.String(); !strings.Contains(got, c.says) || strings.Contains(got, "measuring") != (c.says != "") {
				t.Errorf("%s: of %v it says %q", backend, c.layers, got)
			}
		}
	}
}
