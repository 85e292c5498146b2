package source

import (
	"os"
	"slices"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/internal/golden"
)

// A model read with its weights left in place is the model that protobuf reads, and a
// file that ends anywhere is an error or the same model to both.
func TestUnmarshalIsProtobufs(t *testing.T) {
	data, err := os.ReadFile(golden.Path("models", "tagger.dyn.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	step := len(data)/300 + 1
	for _, end := range append(slices.Collect(multiples(step, len(data))), len(data)) {
		var want, got protos.ModelProto
		wantErr, gotErr := proto.Unmarshal(data[:end], &want), unmarshal(data[:end], &got)
		if (wantErr == nil) != (gotErr == nil) {
			t.Fatalf("the first %d bytes: error %v, protobuf's %v", end, gotErr, wantErr)
		}
		if wantErr == nil && !proto.Equal(&want, &got) {
			t.Fatalf("the first %d bytes are read as another model", end)
		}
	}
}

func multiples(step, below int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < below && yield(i); i += step {
		}
	}
}
