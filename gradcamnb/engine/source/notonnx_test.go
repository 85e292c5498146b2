package source

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file that is clearly no ONNX file, by its name or its first bytes, is an error that says how to get one.
func TestForeignFiles(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file("resnet50.onnx", "not looked at")
	for ref, want := range map[string]string{
		file("a.pth", "x"):                          "torch.onnx.export(",
		file("a.PT", "x"):                           "torch.onnx.export(",
		file("a.safetensors", "x"):                  "optimum-cli export onnx",
		file("a.h5", "x"):                           `model.export("model.onnx", format="onnx")`,
		file("a.tflite", "x"):                       "tf2onnx.convert --tflite",
		file("weights", "PK\x03\x04 a zip file"):    "torch.onnx.export(",
		file("model", "\x89HDF\r\n\x1a\n and more"): `format="onnx"`,
		file("lite", "\x1c\x00\x00\x00TFL3 more"):   "tf2onnx.convert --tflite",
		dir:                                 "name one of the models in it: resnet50.onnx",
		"~/net.onnx":                        "open ~/net.onnx: no such file or directory; ~ is not read as the home folder",
		t.TempDir():                         "no ONNX file lies in it",
		"https://example.com/a.onnx":        "download the file first",
		"s3://bucket/a.onnx":                "addresses begin with hf://",
		filepath.Join(dir, "resnet5O.onnx"): `did you mean "resnet50.onnx"?`,
		filepath.Join(dir, "mine.onnx"):     "; the models of that folder are resnet50.onnx",
	} {
		if _, err := Open(context.Background(), ref, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", filepath.Base(ref), err, want)
		}
	}
}
