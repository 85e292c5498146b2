package gomlxzoo

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/go-huggingface/hub"
	"github.com/gomlx/go-huggingface/models/safetensors"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

type weights struct {
	dims   []int
	values []float32
}

// writeSafetensors writes float32 tensors as the hub's files have them: the length of a table in JSON, the table, and
// the values.
func writeSafetensors(t *testing.T, path string, of map[string]weights) {
	t.Helper()
	type entry struct {
		DType   string `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets [2]int `json:"data_offsets"`
	}
	table := map[string]entry{}
	var values []byte
	for name, w := range of {
		begin := len(values)
		values, _ = binary.Append(values, binary.LittleEndian, w.values)
		table[name] = entry{"F32", w.dims, [2]int{begin, len(values)}}
	}
	head, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	all := binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
	if err := os.WriteFile(path, append(append(all, head...), values...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Weights that go-huggingface's own loader reads, from a repository of the hub whose weights are in two files, go into
// the store under the names of their modules, before or by the function, and the network is explained with them.
//
// A picture of two cells 1, -2 is weighed by 3 and -1 with the biases 1 and 2: u = (4, -5) and v = (1, 4), with the
// means -1/2 and 5/2. Class 0 is u + 2 v + 1/4 of the means, 4.75; HiResCAM at the convolution is (u + 2 v)/2 = 3, 1.5.
func TestWeightsFromTheHubsFiles(t *testing.T) {
	dir := t.TempDir()
	writeSafetensors(t, filepath.Join(dir, "model-00001-of-00002.safetensors"), map[string]weights{
		"stem.conv.weights": {[]int{1, 1, 1, 2}, []float32{3, -1}}, "stem.conv.biases": {[]int{2}, []float32{1, 2}},
	})
	writeSafetensors(t, filepath.Join(dir, "model-00002-of-00002.safetensors"), map[string]weights{
		"head.dense.weights": {[]int{2, 2}, []float32{1, 0, 2, -1}}, "head.dense.biases": {[]int{2}, []float32{0.25, 0}},
	})
	onBackends(t, func(t *testing.T, on *device.Backend) {
		load := func(into *model.Store) {
			for weight, err := range safetensors.IterTensorsFromRepo(on.Backend, hub.NewLocal(dir)) {
				if err != nil {
					t.Fatal(err)
				}
				into.VariableWithValue("/"+strings.ReplaceAll(weight.Name, ".", "/"), weight.Tensor)
			}
		}
		loaded := model.NewStore()
		load(loaded)
		for name, store := range map[string]*model.Store{"loaded before": loaded, "read by the function": model.NewStore()} {
			m, err := source.GoMLX(source.Card{Name: name, Input: []int{-1, 1, 2, 1}}, store,
				func(scope *model.Scope, x *Node) []*Node {
					if store.NumVariables() == 0 {
						load(store)
					}
					x = layers.Convolution(scope.In("stem"), x).Channels(2).KernelSize(1).Done()
					return []*Node{layers.Dense(scope.In("head"), ReduceMean(x, 1, 2), true, 2)}
				})
			if err != nil {
				t.Fatal(err)
			}
			r, err := gradcamnb.NewModel(engine.New(on.Name).Session(m)).ExplainTensor(gradcamnb.Tensor{Dims: []int{1, 1, 2, 1},
				Values: []float32{1, -2}}, gradcamnb.Class(0), gradcamnb.Methods("HiResCAM"))
			if err != nil {
				t.Fatal(err)
			}
			got := r[0].Maps[0]
			if got.Layer != "stem" || got.Score != 4.75 {
				t.Errorf("%s: the layer %q is explained, and the score is %g; want stem and 4.75", name, got.Layer, got.Score)
			}
			if want := []float32{3, 1.5}; !slices.Equal(got.Raw.Values, want) {
				t.Errorf("%s: HiResCAM is %v, want %v", name, got.Raw.Values, want)
			}
		}
	})
}
