package source

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// The gradient of a norm over many numbers is what is left of numbers that are nearly equal. Those of all cells add up
// to 0, whatever the score is, since a number that is added to all changes nothing. The score is here the mean of n +
// sin(3 n)/100, whose derivative with respect to each n is near 1/1536: the sum must be 0 to 5e-8 of that of these.
func TestGradientOfNormOverManyNumbers(t *testing.T) {
	const rows, columns = 32, 48
	image := numbers{name: "image", dims: []int{1, 1, rows, columns}, real: true}
	for i := range rows * columns {
		image.values = append(image.values, float64(float32(math.Sin(float64(i)*0.37)+math.Cos(float64(i*i%97)))))
	}
	binary := func(op, x, y, out string) *protos.NodeProto {
		n := nodeOf(op, x, out)
		n.Input = append(n.Input, y)
		return n
	}
	norm := nodeOf("InstanceNormalization", "image", "n")
	norm.Input = append(norm.Input, "one", "zero")
	c := backendCase{inputs: []numbers{image}, proto: &protos.ModelProto{
		IrVersion: 8, OpsetImport: []*protos.OperatorSetIdProto{{Version: 17}},
		Graph: &protos.GraphProto{
			Name: "g", Input: []*protos.ValueInfoProto{onnxnorm.Declare("image", image.dims)},
			Output: []*protos.ValueInfoProto{{Name: "y"}},
			Node: []*protos.NodeProto{norm, binary("Mul", "n", "three", "a"), nodeOf("Sin", "a", "b"),
				binary("Mul", "b", "hundredth", "c"), binary("Add", "n", "c", "d"), nodeOf("GlobalAveragePool", "d", "y")},
			Initializer: []*protos.TensorProto{initializer("one", false, []int64{1}, 1),
				initializer("zero", false, []int64{1}, 0), initializer("three", false, nil, 3),
				initializer("hundredth", false, nil, 0.01)},
		},
	}}
	onBackends(t, func(t *testing.T, b compute.Backend, _ onnxnorm.Options) {
		r, err := bench{b}.open(c, []string{"image"})
		if err != nil {
			t.Fatal(err)
		}
		r.at, r.known = []int{0, 1}, make([]numbers, 2)
		got, err := r.values(nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		var sum, all float64
		for _, g := range got[1].values {
			sum, all = sum+g, all+math.Abs(g)
		}
		if !(math.Abs(sum) <= 5e-8) || !(all > 1e-3) {
			t.Errorf("the gradients add up to %g, and without their signs to %g", sum, all)
		}
	})
}
