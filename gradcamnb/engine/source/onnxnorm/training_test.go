package onnxnorm

import (
	"strings"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
)

// A network that was exported in training mode is refused, and the error says why.
func TestTrainingModeIsRefused(t *testing.T) {
	yes := &protos.TensorProto{Name: "yes", DataType: int32(protos.TensorProto_BOOL), Int32Data: []int32{1}}
	one := weight([]int64{3}, 1, 1, 1)
	for name, n := range map[string]*protos.NodeProto{
		"dropout": {OpType: "Dropout", Input: []string{"x", "", "yes"}, Output: []string{"y"}},
		"batch norm": {OpType: "BatchNormalization", Input: []string{"x", "w", "w", "w", "w"}, Output: []string{"y"},
			Attribute: []*protos.AttributeProto{attrInt("training_mode", 1)}},
		"batch norm of opset 6": {OpType: "BatchNormalization", Input: []string{"x", "w", "w", "w", "w"},
			Output:    []string{"y"},
			Attribute: []*protos.AttributeProto{attrInt("is_test", 0)}},
		"dropout of opset 6": {OpType: "Dropout", Input: []string{"x"}, Output: []string{"y"},
			Attribute: []*protos.AttributeProto{attrInt("is_test", 0)}},
		"noise": {OpType: "RandomUniformLike", Input: []string{"x"}, Output: []string{"y"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := graph([]*protos.NodeProto{n}, yes, one)
			if strings.HasSuffix(name, "opset 6") {
				m.OpsetImport = []*protos.OperatorSetIdProto{{Version: 6}}
			}
			_, err := Normalise(t.Context(), m, []int{1, 3, 8, 8}, Options{})
			if err == nil || !strings.Contains(err.Error(), "model.eval()") {
				t.Errorf("error %v", err)
			}
		})
	}
}
