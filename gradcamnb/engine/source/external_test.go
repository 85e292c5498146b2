package source

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/gomlx/compute-onnx/support/protos"
	"github.com/gomlx/compute/gobackend"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// external writes a golden model with its weights in a file of their own, and returns the model's path. change alters
// what the first weight says about its place.
func external(t *testing.T, change func(e *protos.StringStringEntryProto)) string {
	t.Helper()
	data, err := os.ReadFile(golden.Path("models", "squeezenet.dyn.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	m := &protos.ModelProto{}
	if err := proto.Unmarshal(data, m); err != nil {
		t.Fatal(err)
	}
	var weights []byte
	for i, w := range m.Graph.Initializer {
		if w.DataType != int32(protos.TensorProto_FLOAT) {
			continue
		}
		w.DataLocation = protos.TensorProto_EXTERNAL
		w.ExternalData = []*protos.StringStringEntryProto{
			{Key: "location", Value: "net.onnx.data"}, {Key: "offset", Value: strconv.Itoa(len(weights))},
			{Key: "length", Value: strconv.Itoa(len(w.RawData))},
		}
		weights, w.RawData = append(weights, w.RawData...), nil
		if i == 0 && change != nil {
			for _, e := range w.ExternalData {
				change(e)
			}
		}
	}
	if data, err = proto.Marshal(m); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range map[string][]byte{"net.onnx": data, "net.onnx.data": weights} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "net.onnx")
}

// A model with its weights in a second file is the same model.
func TestExternalWeights(t *testing.T) {
	dims, x := golden.Array(t, "golden/squeezenet/input.npy")
	var got [2][]float32
	for i, path := range []string{golden.Path("models", "squeezenet.dyn.onnx"), external(t, nil)} {
		m, err := ONNX(path)
		if err != nil {
			t.Fatal(err)
		}
		got[i] = outputs(t, gobackend.GetBackend(), m, dims, x)["logits"]
	}
	if len(got[0]) == 0 || !slices.Equal(got[0], got[1]) {
		t.Errorf("%v and %v", got[0], got[1])
	}
}

// A file that is missing, too short or outside the model's folder is an error that names the weight, and nothing
// outside the model's folder is read.
func TestBadExternalWeights(t *testing.T) {
	for name, c := range map[string]struct{ key, value, want string }{
		"missing":  {"location", "other.data", "other.data"},
		"outside":  {"location", "../../../../../../../../etc/hostname", "leads out of the folder"},
		"absolute": {"location", "/etc/hostname", "leads out of the folder"},
		"short":    {"length", "999999999", "belongs to another model"},
		"negative": {"length", "-5", "belongs to another model"},
		"before":   {"offset", "-8", "is no number"},
		"beyond":   {"offset", "999999999999", "belongs to another model"},
	} {
		_, err := ONNX(external(t, func(e *protos.StringStringEntryProto) {
			if e.Key == c.key {
				e.Value = c.value
			}
		}))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "the weight ") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// A tensor within an operator, or within a graph of one, that names a file is refused, so that no other runtime, which
// gets the model with its weights inside, opens the file.
func TestNestedExternal(t *testing.T) {
	outside := &protos.TensorProto{Name: "c", Dims: []int64{1}, DataType: int32(protos.TensorProto_FLOAT),
		DataLocation: protos.TensorProto_EXTERNAL,
		ExternalData: []*protos.StringStringEntryProto{{Key: "location", Value: "secret"}}}
	branch := &protos.GraphProto{Name: "b", Initializer: []*protos.TensorProto{outside},
		Node:   []*protos.NodeProto{{OpType: "Identity", Input: []string{"c"}, Output: []string{"d"}}},
		Output: []*protos.ValueInfoProto{{Name: "d"}}}
	for name, a := range map[string]*protos.AttributeProto{
		"a constant":     {Name: "value", Type: protos.AttributeProto_TENSOR, T: outside},
		"a list":         {Name: "values", Type: protos.AttributeProto_TENSORS, Tensors: []*protos.TensorProto{outside}},
		"a branch":       {Name: "then_branch", Type: protos.AttributeProto_GRAPH, G: branch},
		"sparse numbers": {Name: "sparse_value", SparseTensor: &protos.SparseTensorProto{Values: outside}},
	} {
		nodes := []*protos.NodeProto{{OpType: "Op", Output: []string{"v"}, Attribute: []*protos.AttributeProto{a}}}
		if err := checkNested(nodes); err == nil || !strings.Contains(err.Error(), `operator Op has values in the file "secret"`) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	m, err := ONNX(golden.Path("models", "squeezenet.dyn.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	fed, err := Feed(m, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewWholeModel(fed); err != nil {
		t.Fatal(err)
	}
	whole := m.(*onnxModel)
	whole.proto.Graph.Node = append(whole.proto.Graph.Node, &protos.NodeProto{OpType: "If",
		Attribute: []*protos.AttributeProto{{Name: "then_branch", Type: protos.AttributeProto_GRAPH, G: branch}}})
	if _, err := NewWholeModel(fed); err == nil {
		t.Error("a model whose branch names a file is handed over")
	}
}
