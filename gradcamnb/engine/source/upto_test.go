package source

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
	"google.golang.org/protobuf/proto"
)

// A model that ends in its own non-maximum suppression, which cannot be compiled, is read before it if the sidecar
// names the tensors.
func TestReadBeforeSuppression(t *testing.T) {
	float := int32(protos.TensorProto_FLOAT)
	var dims []*protos.TensorShapeProto_Dimension
	for _, d := range []int64{1, 3, 8, 8} {
		dims = append(dims, &protos.TensorShapeProto_Dimension{Value: &protos.TensorShapeProto_Dimension_DimValue{
			DimValue: d}})
	}
	m := &protos.ModelProto{
		IrVersion:   8,
		OpsetImport: []*protos.OperatorSetIdProto{{Version: 17}},
		Graph: &protos.GraphProto{
			Name: "detector",
			Input: []*protos.ValueInfoProto{{Name: "image", Type: &protos.TypeProto{Value: &protos.TypeProto_TensorType{
				TensorType: &protos.TypeProto_Tensor{ElemType: float, Shape: &protos.TensorShapeProto{Dim: dims}},
			}}}},
			Node: []*protos.NodeProto{
				{OpType: "Sigmoid", Name: "s", Input: []string{"image"}, Output: []string{"boxes"}},
				{OpType: "NonMaxSuppression", Name: "nms", Input: []string{"boxes", "boxes"}, Output: []string{"selected"}},
			},
			Output: []*protos.ValueInfoProto{{Name: "selected"}},
		},
	}
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "model.onnx")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("model.onnx", string(data))
	write("model.json", `{"detector": {"decoder": "before-nms", "outputs": ["boxes"]}}`)
	read, err := ONNX(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := read.Card().Outputs; !slices.Equal(got, []string{"boxes"}) {
		t.Errorf("the outputs are %q", got)
	}
	if layers, err := read.Layers(t.Context(), []int{1, 3, 8, 8}, ""); err != nil || len(layers) == 0 {
		t.Errorf("%d layers: %v", len(layers), err)
	}
	write("model.json", `{"detector": {"decoder": "before-nms", "outputs": ["box"]}}`)
	if _, err := ONNX(path); err == nil || !strings.Contains(err.Error(), `the tensor "box", which no node`) {
		t.Errorf("%v", err)
	}
}
