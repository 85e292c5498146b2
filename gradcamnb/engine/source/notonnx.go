package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gradcam-go/gradcam/internal/nearest"
	"github.com/gradcam-go/gradcam/internal/printable"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// exports maps the endings of other model files to words that say what such a file is and how to get an ONNX file of
// it.
var exports = map[string]string{
	".pth":         pytorch,
	".pt":          pytorch,
	".ckpt":        pytorch,
	".bin":         pytorch,
	".safetensors": "holds weights alone, as of the hub: export the model that they belong to, with optimum-cli export onnx --model NAME DIR or, from torch, torch.onnx.export(model.eval(), (torch.zeros(1, 3, 224, 224),), \"model.onnx\")",
	".h5":          keras,
	".keras":       keras,
	".tflite":      "is a TensorFlow Lite model: convert it with python -m tf2onnx.convert --tflite model.tflite --output model.onnx",
	".pb":          "is a TensorFlow graph: convert its folder with python -m tf2onnx.convert --saved-model DIR --output model.onnx",
	".mlmodel":     "is a Core ML model: export the model that it was made of to ONNX",
	".engine":      "is a TensorRT engine: take the ONNX file that it was built of",
	".json":        "is a JSON file, such as a model's sidecar: name the .onnx file that it belongs to",
}

const (
	pytorch = "is a PyTorch file: load the model and export it with torch.onnx.export(model.eval(), (torch.zeros(1, 3, 224, 224),), \"model.onnx\")"
	keras   = "is a Keras model: load it and export it with model.export(\"model.onnx\", format=\"onnx\")"
)

// refuseOtherFormat returns an error for a file that is clearly no ONNX file. The error says how to get one.
func refuseOtherFormat(path string) error {
	address := printable.Address(path)
	if scheme, rest, ok := strings.Cut(address, "://"); ok {
		if scheme == "http" || scheme == "https" {
			return fmt.Errorf("%s: models are not read from an address: download the file first, or name one on the hub, hf://owner/name/file.onnx", address)
		}
		return fmt.Errorf("%s: addresses begin with hf://, as hf://owner/name/file.onnx, and not with %s:// (%s)", address,
			scheme, rest)
	}
	info, err := os.Stat(path)
	var of *fs.PathError
	if errors.As(err, &of) {
		err = &fs.PathError{Op: "open", Path: path, Err: of.Err} // Stat calls it stat
	}
	if err != nil {
		return fmt.Errorf("opening the model: %w%s", err, neighbours(path))
	}
	if info.IsDir() {
		return refuseFolder(path)
	}
	if strings.EqualFold(filepath.Ext(path), ".onnx") {
		return nil
	}
	if how, ok := exports[strings.ToLower(filepath.Ext(path))]; ok {
		return fmt.Errorf("%s %s", path, how)
	}
	if how := formatByMagic(path); how != "" {
		return fmt.Errorf("%s %s", path, how)
	}
	return nil
}

// formatByMagic returns what a file is by its first bytes.
func formatByMagic(path string) string {
	f, err := regular.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // only read
	head := make([]byte, 16)
	n, _ := io.ReadFull(f, head)
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("\x80\x02\x8a\x0a")): // a zip file, as torch.save writes it; a pickle
		return pytorch
	case bytes.HasPrefix(head, []byte("\x89HDF\r\n")):
		return keras
	case len(head) > 7 && string(head[4:8]) == "TFL3":
		return exports[".tflite"]
	}
	return ""
}

// refuseFolder returns the error for a folder, which names the models in it.
func refuseFolder(path string) error {
	found, _ := filepath.Glob(filepath.Join(path, "*.onnx")) // a strange pattern finds nothing
	if len(found) > 0 {
		return fmt.Errorf("%s is a folder; name one of the models in it: %s", path, strings.Join(firstNames(found), ", "))
	}
	if _, err := os.Stat(filepath.Join(path, "saved_model.pb")); err == nil {
		return fmt.Errorf("%s is a TensorFlow SavedModel: convert it with python -m tf2onnx.convert --saved-model %s --output model.onnx", path, path)
	}
	return fmt.Errorf("%s is a folder, and no ONNX file lies in it", path)
}

// neighbours returns words for the models in the folder of a missing file: those whose names are like its own, or else
// the first few.
func neighbours(path string) string {
	found, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.onnx")) // a strange pattern finds nothing
	names := make([]string, len(found))
	for i, f := range found {
		names[i] = filepath.Base(f)
	}
	near := nearest.DidYouMean(filepath.Base(path), names)
	switch {
	case len(names) == 0:
		return regular.DescribeMissing(path)
	case near == "":
		return "; the models of that folder are " + strings.Join(firstNames(found), ", ")
	}
	return near
}

// firstNames returns the names of the first few files.
func firstNames(files []string) []string {
	var names []string
	for _, f := range files[:min(5, len(files))] {
		names = append(names, filepath.Base(f))
	}
	if more := len(files) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return names
}
