package onnxnorm

import (
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
)

func sparseOf(at []int64, atDims []int64, dims ...int64) *protos.SparseTensorProto {
	return &protos.SparseTensorProto{
		Values: &protos.TensorProto{Name: "s", DataType: int32(protos.TensorProto_FLOAT), Dims: []int64{2},
			FloatData: []float32{5, -7}},
		Indices: &protos.TensorProto{DataType: int32(protos.TensorProto_INT64), Dims: atDims, Int64Data: at},
		Dims:    dims,
	}
}

// Places are named in both ways: by one number that counts row by row, and by one number for each axis.
func TestDensify(t *testing.T) {
	want := []float32{0, 5, 0, 0, 0, -7}
	for name, s := range map[string]*protos.SparseTensorProto{
		"by one number":  sparseOf([]int64{1, 5}, []int64{2}, 2, 3),
		"by row, column": sparseOf([]int64{0, 1, 1, 2}, []int64{2, 2}, 2, 3),
	} {
		m := &protos.ModelProto{Graph: &protos.GraphProto{SparseInitializer: []*protos.SparseTensorProto{s},
			Node: []*protos.NodeProto{{OpType: "Constant", Attribute: []*protos.AttributeProto{
				{Name: "sparse_value", Type: protos.AttributeProto_SPARSE_TENSOR, SparseTensor: s}}}}}}
		if err := Densify(m, 0); err != nil {
			t.Fatal(name, err)
		}
		a := m.Graph.Node[0].Attribute[0]
		for _, got := range []*protos.TensorProto{m.Graph.Initializer[0], a.T} {
			if !slices.Equal(got.FloatData, want) || !slices.Equal(got.Dims, []int64{2, 3}) || got.Name != "s" {
				t.Errorf("%s: %v", name, got)
			}
		}
		if a.Name != "value" || len(m.Graph.SparseInitializer) != 0 {
			t.Errorf("%s: %v", name, m)
		}
	}
}

func TestDensifyDamaged(t *testing.T) {
	for _, s := range []*protos.SparseTensorProto{
		sparseOf([]int64{1, 6}, []int64{2}, 2, 3),
		sparseOf([]int64{1, -1}, []int64{2}, 2, 3),
		sparseOf([]int64{1, 2, 3}, []int64{3}, 2, 3),
		sparseOf([]int64{1, 5}, []int64{2}, -2, 3),
		sparseOf([]int64{0, 5, 0, 0}, []int64{2, 2}, 2, 3), // column 5 of 3, and not row 1, column 2
		sparseOf([]int64{1, -1, 0, 0}, []int64{2, 2}, 2, 3),
		sparseOf([]int64{1, 5}, []int64{2}, 1<<12, 1<<12), // more numbers than a small file has room for
	} {
		m := &protos.ModelProto{Graph: &protos.GraphProto{SparseInitializer: []*protos.SparseTensorProto{s}}}
		if err := Densify(m, 0); err == nil || !strings.Contains(err.Error(), `"s"`) {
			t.Errorf("%v of %v", err, s)
		}
	}
}

// Truth values stay truth values.
func TestDensifyTruth(t *testing.T) {
	s := sparseOf([]int64{1, 2}, []int64{2}, 4)
	s.Values = &protos.TensorProto{Name: "s", DataType: int32(protos.TensorProto_BOOL), Dims: []int64{2},
		Int32Data: []int32{1, 1}}
	m := &protos.ModelProto{Graph: &protos.GraphProto{SparseInitializer: []*protos.SparseTensorProto{s}}}
	if err := Densify(m, 0); err != nil {
		t.Fatal(err)
	}
	got := m.Graph.Initializer[0]
	if got.DataType != int32(protos.TensorProto_BOOL) || !slices.Equal(got.Int32Data, []int32{0, 1, 1, 0}) {
		t.Errorf("%v", got)
	}
}
