package source

import (
	"os"
	"path/filepath"
	"testing"
)

// Whatever a sidecar says, it is read or refused, and no panic.
// A longer run: go test ./gradcamnb/engine/source -fuzz FuzzSidecar -fuzztime 10m
func FuzzSidecar(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"name": "x", "labels": "l.txt"}`, `{"labels": "../l.txt"}`, `{"labels": "/etc/passwd"}`, `{"labels": "\u0000"}`, `{} x`, `[`, `{"input": {"mean": [1, 2]}}`,
		`{"input": {"width": 224, "height": 224, "fit": "crop", "resize": 256, "mean": [1, 2, 3], "scale": [1, 1, 1], "order": "RGB"}}`,
		`{"inputs": {"a": [[1, 2], [3, 4]]}}`, `{"inputs": {"a": 1e400}}`, `{"detector": {"decoder": "yolov8"}}`, `{"heads": {"a": ["b"]}}`, `{"layout": "NHWC"}`,
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
