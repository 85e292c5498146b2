package source

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/gomlx/compute-onnx/support/protos"
)

// inline brings weights that the model keeps in other files, as torch's newer exporter
// writes them (net.onnx and net.onnx.data), into the model itself, and returns the files.
// beside opens such a file, which must lie in the model's folder or below it: a model
// names no other file of the machine.
func inline(m *protos.ModelProto, beside func(string) (*os.File, error)) (files []string, err error) {
	for _, t := range m.GetGraph().GetInitializer() {
		if t.DataLocation != protos.TensorProto_EXTERNAL {
			continue
		}
		f, err := beside(filepath.FromSlash(says(t)["location"]))
		if err != nil {
			return nil, fmt.Errorf("the weight %q: its values are in a file of their own, which must lie beside the model: %w", t.Name, err)
		}
		t.RawData, err = externalData(f, t)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("the weight %q: %w", t.Name, err)
		}
		if !slices.Contains(files, f.Name()) {
			files = append(files, f.Name())
		}
		t.DataLocation, t.ExternalData = protos.TensorProto_DEFAULT, nil
	}
	return files, nil
}

// says is a tensor's external_data.
func says(t *protos.TensorProto) map[string]string {
	out := map[string]string{"offset": "0"}
	for _, e := range t.ExternalData {
		out[e.Key] = e.Value
	}
	return out
}

// externalData reads the part of a file that a tensor's external_data says.
func externalData(f *os.File, t *protos.TensorProto) ([]byte, error) {
	says := says(t)
	offset, err := strconv.ParseInt(says["offset"], 10, 64)
	if err != nil || offset < 0 {
		return nil, fmt.Errorf("its offset %q in %q is no number: the file is damaged", says["offset"], says["location"])
	}
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("its values are in a file of their own: %w", err)
	}
	length := info.Size() - offset
	if text, ok := says["length"]; ok {
		if length, err = strconv.ParseInt(text, 10, 64); err != nil {
			return nil, fmt.Errorf("its length %q in %q is no number: the file is damaged", text, says["location"])
		}
	}
	if length < 0 || offset > info.Size() || length > info.Size()-offset {
		return nil, fmt.Errorf("it needs %d bytes from %d on of %q, which has %d: the file is damaged or belongs to another model", length, offset, says["location"], info.Size())
	}
	data := make([]byte, length)
	if _, err := f.ReadAt(data, offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading its values: %w", err)
	}
	return data, nil
}
