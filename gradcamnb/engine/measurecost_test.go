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
		if err := e.Start(); err != nil {
			require.Missing(t, "xla", err.Error())
			continue
		}
		s := openFile(t, e, golden.Path("models", "resnet-basic.dyn.onnx"))
		in := tiny(t, "resnet-basic")
		in.Dims, in.Values = []int{1, 3, 64, 64}, in.Values[:3*64*64]
		m := gradcamnb.NewModel(s)
		for _, c := range []struct {
			layers, methods []string
			says            bool
		}{{[]string{"layer1"}, []string{"Grad-CAM"}, false},
			{[]string{"layer1", "layer2", "layer3"}, []string{"Grad-CAM", "HiResCAM", "LayerCAM"}, true}} {
			said.Reset()
			r := gradcamnb.Request{Tensor: in, Layers: c.layers, Methods: c.methods,
				Measuring: gradcamnb.Measuring{Metrics: []string{"insertion", "deletion"}}}
			rows, columns := []heatmap.Axis{heatmap.ByLayer}, []heatmap.Axis{heatmap.ByMethod}
			if _, err := m.RunSheet(t.Context(), r, rows, columns); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(said.String(), "measuring 9 maps takes about 176 passes"); got != c.says {
				t.Errorf("%s: of %v it says %q", backend, c.layers, said.String())
			}
		}
	}
}
