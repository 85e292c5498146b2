package source

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// TestSkipNorms norms x + skip + bias = (1, 3) + (1, -1) + (0, 2) = (2, 4), whose mean is 3, whose deviation is 1
// and whose root mean square is sqrt(10), and scales it by (2, 3) and moves it by (1, 0).
func TestSkipNorms(t *testing.T) {
	root := math.Sqrt(10)
	for op, c := range map[string]struct {
		inputs []string
		norm   []float64
	}{
		"SkipLayerNormalization":           {[]string{"skip", "scale", "shift", "bias"}, []float64{-1*2 + 1, 1 * 3}},
		"SkipSimplifiedLayerNormalization": {[]string{"skip", "scale", "bias"}, []float64{2 / root * 2, 4 / root * 3}},
	} {
		n := nodeOf(op, "x", "norm")
		n.Domain, n.Input, n.Output = "com.microsoft", append(n.Input, c.inputs...), append(n.Output, "", "", "sum")
		dims := []int{1, 1, 2}
		model := backendCase{
			inputs: []numbers{{name: "x", dims: dims, values: []float64{1, 3}, real: true, step: 1e-6}},
			outputs: []numbers{
				{dims: dims, values: c.norm, real: true, step: 1e-6},
				{dims: dims, values: []float64{2, 4}, real: true, step: 1e-6},
			},
			proto: &protos.ModelProto{
				IrVersion:   8,
				OpsetImport: []*protos.OperatorSetIdProto{{Version: 17}, {Domain: "com.microsoft", Version: 1}},
				Graph: &protos.GraphProto{
					Name:   "g",
					Input:  []*protos.ValueInfoProto{onnxnorm.Declare("x", dims)},
					Output: []*protos.ValueInfoProto{{Name: "norm"}, {Name: "sum"}},
					Node:   []*protos.NodeProto{n},
					Initializer: []*protos.TensorProto{
						initializer("skip", false, []int64{1, 1, 2}, 1, -1),
						initializer("scale", false, []int64{2}, 2, 3),
						initializer("shift", false, []int64{2}, 1, 0), initializer("bias", false, []int64{2}, 0, 2),
					},
				},
			},
		}
		onBackends(t, func(t *testing.T, b compute.Backend, _ onnxnorm.Options) {
			if verdict, err := (bench{b}).compare(model); verdict != "pass" {
				t.Errorf("%s: %s, %v", op, verdict, err)
			}
		})
	}
}
