package source

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute-onnx/support/protos"
	"github.com/gomlx/gomlx/support/exceptions"
	"google.golang.org/protobuf/proto"
)

// PictureInput returns the name of the ONNX file's input that takes the picture.
func PictureInput(m Model) string {
	if o, ok := m.(*onnxModel); ok {
		return o.options.Picture
	}
	return ""
}

// Expose returns the model as an ONNX file for another runtime, as it was read and with its weights inside. The file's
// outputs are the named tensors. It is made for a picture of the given shape, and for the shapes of the other inputs'
// values.
func Expose(f BoundModel, input []int, names []string) ([]byte, error) {
	o, ok := f.whole.(*onnxModel)
	if !ok {
		return nil, errors.New("the model is no ONNX file, so no other runtime can be asked")
	}
	g := &protos.GraphProto{Name: "g", Node: o.proto.Graph.Node, SparseInitializer: o.proto.Graph.SparseInitializer}
	weights := map[string]bool{}
	for _, w := range o.proto.Graph.Initializer {
		weights[w.Name] = true
		inside, err := o.inside(w)
		if err != nil {
			return nil, err
		}
		g.Initializer = append(g.Initializer, inside)
	}
	for _, in := range o.proto.Graph.Input {
		if weights[in.Name] {
			continue // older files list weights among the inputs
		}
		dims := input
		if in.Name != o.options.Picture {
			v, ok := f.values[in.Name]
			if !ok {
				continue // nothing reads it
			}
			dims = v.Dims
		}
		in = proto.CloneOf(in)
		var shape []*protos.TensorShapeProto_Dimension
		for _, d := range dims {
			shape = append(shape, &protos.TensorShapeProto_Dimension{Value: &protos.TensorShapeProto_Dimension_DimValue{
				DimValue: int64(d)}})
		}
		in.GetType().GetTensorType().Shape = &protos.TensorShapeProto{Dim: shape}
		g.Input = append(g.Input, in)
	}
	for _, name := range names {
		g.Output = append(g.Output, &protos.ValueInfoProto{Name: name})
	}
	return o.encode(g)
}

// inside returns a weight with its values, also if they are kept in another file.
func (m *onnxModel) inside(w *protos.TensorProto) (*protos.TensorProto, error) {
	s, ok := m.options.Stored[w.Name]
	if !ok {
		return w, nil
	}
	raw := make([]byte, s.Size)
	if err := exceptions.TryCatch[error](func() { s.Read(raw, 0) }); err != nil {
		return nil, err
	}
	return &protos.TensorProto{Name: w.Name, DataType: w.DataType, Dims: w.Dims, RawData: raw}, nil
}

// encode returns the model's ONNX file with another graph.
func (m *onnxModel) encode(g *protos.GraphProto) ([]byte, error) {
	data, err := proto.Marshal(&protos.ModelProto{IrVersion: m.proto.IrVersion, OpsetImport: m.proto.OpsetImport,
		Functions: m.proto.Functions, Graph: g})
	if err != nil {
		return nil, fmt.Errorf("writing the model for another runtime: %w", err)
	}
	return data, nil
}
