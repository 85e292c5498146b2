package source

import (
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// Ultralytics' words for a file of float32 are to divide by 255. If the same file takes bytes, it does so itself.
func TestMetadataOfBytes(t *testing.T) {
	for kind, want := range map[protos.TensorProto_DataType]float32{
		protos.TensorProto_FLOAT: 255, protos.TensorProto_UINT8: 1,
	} {
		data, err := os.ReadFile(golden.Path("detectors", "detect.onnx"))
		if err != nil {
			t.Fatal(err)
		}
		m := &protos.ModelProto{}
		if err := proto.Unmarshal(data, m); err != nil {
			t.Fatal(err)
		}
		m.Graph.Input[0].Type.GetTensorType().ElemType = int32(kind)
		path := golden.Save(t, m)
		opened, err := ONNX(path)
		if err != nil {
			t.Fatalf("%s: %v", filepath.Base(path), err)
		}
		if got := opened.Card().Prep.Scale[0]; got != want {
			t.Errorf("%s: pixels are divided by %g, want %g", kind, got, want)
		}
	}
}
