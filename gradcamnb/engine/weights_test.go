package engine

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// A file whose score of another class is NaN is refused: beside it no class is the best, and backends take another one.
func TestNaNOfAnotherClassInAFile(t *testing.T) {
	data, err := os.ReadFile(golden.Path("models", "resnet-basic.dyn.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	var m protos.ModelProto
	if err := proto.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, w := range m.Graph.Initializer {
		if w.Name == "fc.bias" {
			found = true
			binary.LittleEndian.PutUint32(w.RawData[4*2:], math.Float32bits(float32(math.NaN())))
		}
	}
	if data, err = proto.Marshal(&m); err != nil || !found {
		t.Fatalf("%v, the bias is there: %t", err, found)
	}
	file := filepath.Join(t.TempDir(), "nan.onnx")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	onBackends(t, func(t *testing.T, e *Engine) {
		_, err := gradcamnb.NewModel(openFile(t, e, file)).ExplainTensor(*tiny(t, "resnet-basic"), gradcamnb.Class(1))
		if err == nil || !strings.Contains(err.Error(), "score 2 of") {
			t.Errorf("error %v", err)
		}
	})
}
