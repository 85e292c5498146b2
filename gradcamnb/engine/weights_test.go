package engine

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// A file whose score of another class is NaN is refused: beside it no class is the best, and backends take another one.
func TestNaNOfAnotherClassInAFile(t *testing.T) {
	m := golden.Model(t, "resnet-basic.dyn.onnx")
	found := false
	for _, w := range m.Graph.Initializer {
		if w.Name == "fc.bias" {
			found = true
			binary.LittleEndian.PutUint32(w.RawData[4*2:], math.Float32bits(float32(math.NaN())))
		}
	}
	if !found {
		t.Fatal("the model has no fc.bias")
	}
	file := golden.Save(t, m)
	onBackends(t, func(t *testing.T, e *Engine) {
		_, err := gradcamnb.NewModel(openFile(t, e, file)).ExplainTensor(*tiny(t, "resnet-basic"), gradcamnb.Class(1))
		if err == nil || !strings.Contains(err.Error(), "score 2 of") {
			t.Errorf("error %v", err)
		}
	})
}
