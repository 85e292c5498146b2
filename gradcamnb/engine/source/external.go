package source

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// storedWeights finds weights that the model keeps in other files, as torch's newer exporter writes them (net.onnx and
// net.onnx.data), and returns the files. openBeside opens such a file. It must lie in the model's folder or below it,
// so that a model cannot read any other file of the machine.
func storedWeights(m *protos.ModelProto, openBeside func(string) (*os.File, error)) (
	stored map[string]onnxnorm.StoredValues,
	files []string, err error) {
	open := map[string]*os.File{}
	stored = map[string]onnxnorm.StoredValues{}
	for _, t := range m.GetGraph().GetInitializer() {
		if t.DataLocation != protos.TensorProto_EXTERNAL {
			continue
		}
		location := externalData(t)["location"]
		if open[location] == nil {
			f, err := openBeside(filepath.FromSlash(location))
			if err != nil {
				return nil, nil, fmt.Errorf(
					"the weight %q: its values are in a file of their own, which must lie beside the model: %w", t.Name, err)
			}
			open[location], files = f, append(files, f.Name())
		}
		at, err := placeOf(t, open[location])
		if err == nil {
			stored[t.Name], err = valuesInFile(open[location], at)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("the weight %q: %w", t.Name, err)
		}
	}
	return stored, files, nil
}

// checkNested returns an error if a tensor within an operator, or within a graph of one, keeps its values in another
// file. Only the model's own weights do that, and only those are looked up in the model's folder.
func checkNested(nodes []*protos.NodeProto) error {
	for _, n := range nodes {
		for _, a := range n.Attribute {
			tensors := slices.Concat([]*protos.TensorProto{a.T}, a.Tensors)
			sparse := slices.Concat([]*protos.SparseTensorProto{a.SparseTensor}, a.SparseTensors)
			for _, g := range slices.Concat([]*protos.GraphProto{a.G}, a.Graphs) {
				tensors = slices.Concat(tensors, g.GetInitializer())
				sparse = slices.Concat(sparse, g.GetSparseInitializer())
				if err := checkNested(g.GetNode()); err != nil {
					return err
				}
			}
			for _, s := range sparse {
				tensors = append(tensors, s.GetValues(), s.GetIndices())
			}
			for _, t := range tensors {
				if t.GetDataLocation() == protos.TensorProto_EXTERNAL {
					return fmt.Errorf("the operator %s has values in the file %q, which only weights may have", n.OpType,
						externalData(t)["location"])
				}
			}
		}
	}
	return nil
}

// externalData returns the key-value pairs of a tensor's external_data.
func externalData(t *protos.TensorProto) map[string]string {
	out := map[string]string{"offset": "0"}
	for _, e := range t.ExternalData {
		out[e.Key] = e.Value
	}
	return out
}

// placeOf returns the part of a file that a tensor's external_data names.
func placeOf(t *protos.TensorProto, f *os.File) (stretch, error) {
	says := externalData(t)
	offset, err := strconv.ParseInt(says["offset"], 10, 64)
	if err != nil || offset < 0 {
		return stretch{}, fmt.Errorf("its offset %q in %q is no number: the file is damaged", says["offset"],
			says["location"])
	}
	info, err := f.Stat()
	if err != nil {
		return stretch{}, fmt.Errorf("its values are in a file of their own: %w", err)
	}
	length := max(0, info.Size()-offset)
	if text, ok := says["length"]; ok {
		if length, err = strconv.ParseInt(text, 10, 64); err != nil {
			return stretch{}, fmt.Errorf("its length %q in %q is no number: the file is damaged", text, says["location"])
		}
	}
	if length < 0 || offset > info.Size() || length > info.Size()-offset {
		return stretch{}, fmt.Errorf(
			"its values are the %d bytes from %d on of %q, which has %d: the file is damaged or belongs to another model",
			length, offset, says["location"], info.Size())
	}
	return stretch{offset, length}, nil
}
