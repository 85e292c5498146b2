//go:build cgo && !noonnxruntime

package onnxruntime

import (
	"errors"
	"strings"
	"testing"
)

// What onnxruntime 1.32.0 says of a model becomes a sentence without places in its source, and stays behind it.
func TestFaults(t *testing.T) {
	for said, want := range map[string]string{
		"Error running network: Non-zero status code returned while running Relu node. Name:'' Status Message: " +
			"/onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:360 void* onnxruntime::BFCArena::AllocateRawInternal(" +
			"size_t, bool, onnxruntime::Stream*) Failed to allocate memory for requested buffer of size 6442450944": "doing: it needs more memory than there is",
		"Error creating C session: This is an invalid model. In Node, (\"\", Relu, \"\", -1) : (\"x\": tensor(float),) -> (\"t0\",) " +
			", Error No Op registered for Relu with domain_version of 0": `doing: it does not know the operator "Relu" of version 0 of its operators`,
		"Error running network: Got invalid dimensions for input: x for the following indices\n index: 3 Got: 32 Expected: 8\n " +
			"Please fix either the inputs/outputs or the model.": `doing: the input "x" has 32 at axis 3, counted from 0, and the file says 8`,
		"Error creating C session: Node (a) Op (Conv) [ShapeInferenceError] Attribute pads must not contain negative values": `doing: operator Conv, node "a": its attributes, shapes and inputs contradict each other`,
		"Error running network: Non-zero status code returned while running Resize node. Name:'up' Status Message: " +
			"upsample.cc:1 x": `doing: operator Resize, node "up": it cannot be computed with these shapes and values`,
		"Error creating C session: /onnxruntime_src/onnxruntime/core/graph/model.cc:245 onnxruntime::Model::Model(onnx::ModelProto&&) " +
			"Missing opset": "doing: the file is damaged, or has something that this onnxruntime does not support",
	} {
		cause := errors.New(said)
		err := inWords("doing", cause)
		if err.Error() != want || !errors.Is(err, cause) || strings.Contains(err.Error(), "_src") {
			t.Errorf("%.60q: %v, want %s", said, err, want)
		}
	}
}
