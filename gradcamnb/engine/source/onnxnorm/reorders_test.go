package onnxnorm

import (
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
)

// A Gather whose first input is left out reorders nothing, and does not panic.
func TestGatherWithoutData(t *testing.T) {
	for _, in := range [][]*value{nil, {nil}} {
		if reorders(&node{NodeProto: &protos.NodeProto{OpType: "Gather"}, in: in}) {
			t.Errorf("a Gather of %v reorders its cells", in)
		}
	}
}
