package source

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute-onnx/support/protos"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// reading returns a node with more inputs.
func reading(n *protos.NodeProto, more ...string) *protos.NodeProto {
	n.Input = append(n.Input, more...)
	return n
}

// whole is an attribute that is a whole number.
func whole(name string, v int64) *protos.AttributeProto {
	return &protos.AttributeProto{Name: name, Type: protos.AttributeProto_INT, I: v}
}

// counting returns the case of nodes of an opset that compute y from a picture whose numbers are 1, 2, 3 ...
func counting(opset int64, dims []int, nodes []*protos.NodeProto, given []*protos.TensorProto) backendCase {
	image := numbers{name: "image", dims: dims, real: true}
	for i := range shapes.Make(dtypes.Float32, dims...).Size() {
		image.values = append(image.values, float64(i+1))
	}
	return backendCase{inputs: []numbers{image}, outputs: []numbers{{name: "y"}}, proto: &protos.ModelProto{
		IrVersion: 8, OpsetImport: []*protos.OperatorSetIdProto{{Version: opset}},
		Graph: &protos.GraphProto{Name: "g", Input: []*protos.ValueInfoProto{onnxnorm.Declare("image", dims)},
			Output: []*protos.ValueInfoProto{{Name: "y"}}, Node: nodes, Initializer: given}}}
}

// compute returns the values of the first output.
func (c backendCase) compute(b compute.Backend) ([]float64, error) {
	r, err := bench{b}.open(c, nil)
	if err != nil {
		return nil, err
	}
	got, err := r.values(nil, 0)
	if err != nil {
		return nil, err
	}
	return got[0].values, nil
}
