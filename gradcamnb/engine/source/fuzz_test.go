package source

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// A model file with any content is opened and its layers are listed, or it is refused; nothing panics. A longer run: go
// test ./gradcamnb/engine/source -run - -fuzz FuzzOpen -fuzztime 10m
func FuzzOpen(f *testing.F) {
	for _, folder := range []string{"ops", "axes", "batch"} {
		files, err := filepath.Glob(golden.Path(folder, "*.onnx"))
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			if len(data) < 1000 { // larger ones are mostly weights, and many seeds take long
				f.Add(data)
			}
		}
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(dir, "m.onnx")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := Open(t.Context(), path, io.Discard)
		if err != nil {
			return
		}
		if closer, ok := m.(io.Closer); ok {
			defer func() { _ = closer.Close() }() // only read
		}
		in := m.Card().Input
		for i, d := range in {
			if d < 0 || d > 64 {
				in[i] = 16
			}
		}
		_, _ = m.Layers(t.Context(), in, "") // a list or an error
	})
}

// A sidecar with any content is read or refused; nothing panics. A longer run: go test ./gradcamnb/engine/source -fuzz
// FuzzSidecar -fuzztime 10m
func FuzzSidecar(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"name": "x", "labels": "l.txt"}`, `{"labels": "../l.txt"}`, `{"labels": "/etc/passwd"}`,
		`{"labels": "\u0000"}`, `{} x`, `[`, `{"input": {"mean": [1, 2]}}`,
		`{"input": {"width": 224, "height": 224, "fit": "crop", "resize": 256, "mean": [1, 2, 3], "scale": [1, 1, 1], "order": "RGB"}}`,
		`{"inputs": {"a": [[1, 2], [3, 4]]}}`, `{"inputs": {"a": 1e400}}`, `{"detector": {"decoder": "yolov8"}}`,
		`{"heads": {"a": ["b"]}}`, `{"layout": "NHWC"}`,
	} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, "m.json"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		side, _, err := readSidecar(filepath.Join(dir, "m.onnx"))
		c := Card{Input: []int{1, 3, 8, 8}}
		if err == nil && c.takePrep(side.Input) == nil && c.Prep != nil && c.Prep.Validate() != nil {
			t.Errorf("a preprocessing that cannot be was taken: %+v", c.Prep)
		}
	})
}
