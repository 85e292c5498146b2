package source

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// TestGradientAtWhatChangesNothing asks for the gradient at a tensor that is a second name of another one. A pointwise
// convolution makes the first and another one reads the second. By hand: y_i = 2 a_i - 3 b_i, score = y_0 + cos(1) y_1.
func TestGradientAtWhatChangesNothing(t *testing.T) {
	want := []float64{2, 2 * math.Cos(1), -3, -3 * math.Cos(1)}
	for op, beside := range map[string][]string{"Identity": nil, "Pad": {"none"}} {
		same := nodeOf(op, "r", "same")
		same.Input = append(same.Input, beside...)
		conv := nodeOf("Conv", "same", "y")
		conv.Input = append(conv.Input, "kernel")
		before := nodeOf("Conv", "image", "before")
		before.Input = append(before.Input, "itself")
		c := backendCase{
			inputs: []numbers{{name: "image", dims: []int{1, 2, 1, 2}, values: []float64{1, -1, 2, 3}, real: true}},
			proto: &protos.ModelProto{
				IrVersion: 8, OpsetImport: []*protos.OperatorSetIdProto{{Version: 17}},
				Graph: &protos.GraphProto{
					Name:   "g",
					Input:  []*protos.ValueInfoProto{onnxnorm.Declare("image", []int{1, 2, 1, 2})},
					Output: []*protos.ValueInfoProto{{Name: "y"}},
					Node:   []*protos.NodeProto{before, nodeOf("Relu", "before", "r"), same, conv},
					Initializer: []*protos.TensorProto{
						initializer("kernel", false, []int64{1, 2, 1, 1}, 2, -3), initializer("none", true, []int64{8}, 0, 0, 0, 0, 0, 0,
							0, 0),
						initializer("itself", false, []int64{2, 2, 1, 1}, 1, 0, 0, 1),
					},
				},
			},
		}
		onBackends(t, func(t *testing.T, b compute.Backend, _ onnxnorm.Options) {
			r, err := bench{b}.open(c, []string{"same"})
			if err != nil {
				t.Fatal(err)
			}
			r.at, r.known = []int{0, 1}, make([]numbers, 2)
			got, err := r.values(nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for i, w := range want {
				if !(math.Abs(got[1].values[i]-w) <= 1e-6) {
					t.Errorf("%s: the gradient is %v, want %v", op, got[1].values, want)
					break
				}
			}
		})
	}
}
