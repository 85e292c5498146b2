package source

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
	"github.com/gomlx/gomlx/support/exceptions"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// A model that is read with its weights left in the file is the model that protobuf reads. If the file is cut off
// anywhere, it is an error for both or the same model for both.
func TestUnmarshalIsProtobufs(t *testing.T) {
	data, err := os.ReadFile(golden.Path("models", "tagger.dyn.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	const parts = 300
	for i := range parts + 1 {
		end := i * len(data) / parts
		var want, got protos.ModelProto
		wantErr := proto.Unmarshal(data[:end], &want)
		path := filepath.Join(t.TempDir(), "net.onnx")
		if err := os.WriteFile(path, data[:end], 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		stored, gotErr := unmarshal(f, int64(end), &got)
		if (wantErr == nil) != (gotErr == nil) {
			t.Fatalf("the first %d bytes: error %v, protobuf's %v", end, gotErr, wantErr)
		}
		if wantErr == nil && end == len(data) && len(stored) == 0 {
			t.Fatal("no weight stayed in the file")
		}
		for _, w := range got.GetGraph().GetInitializer() {
			if s, ok := stored[w.Name]; ok {
				w.RawData = make([]byte, s.Size)
				s.Read(w.RawData, 0)
			}
		}
		if wantErr == nil && !proto.Equal(&want, &got) {
			t.Fatalf("the first %d bytes are read as another model", end)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Weights are not read from a file that was overwritten while the model was open.
func TestChangedFile(t *testing.T) {
	data, err := os.ReadFile(golden.Path("models", "tagger.dyn.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "net.onnx")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := ONNX(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data[:len(data)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, s := range m.(*onnxModel).options.Stored {
		err := exceptions.TryCatch[error](func() { s.Read(make([]byte, s.Size), 0) })
		if err == nil || !strings.Contains(err.Error(), "open the model again") {
			t.Errorf("error %v", err)
		}
	}
}
