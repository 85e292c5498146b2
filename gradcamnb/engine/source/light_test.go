package source

import (
	"os"
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
	const parts = 300
	for i := range parts + 1 {
		end := i * len(data) / parts
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
