package source

import (
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// onnxScope is the scope of the model's weights in the store.
const onnxScope = "onnx"

// weightNodes returns the graph's nodes for the weights. A weight is decoded, reordered and uploaded when it is first
// used, on all cores.
func weightNodes(scope *model.Scope, g *Graph, weights map[string]onnxnorm.Weight) map[string]*Node {
	names := slices.Sorted(maps.Keys(weights))
	values := make([]*tensors.Tensor, len(names))
	failed := make([]any, len(names)) // the panic of each decoding, which a damaged file may cause
	var wait sync.WaitGroup
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, name := range names {
		if scope.GetVariable(variableName(name)) != nil {
			continue
		}
		free <- struct{}{}
		wait.Go(func() {
			defer func() { failed[i] = recover(); <-free }()
			values[i] = upload(g.Backend(), weights[name])
		})
	}
	wait.Wait()
	nodes := map[string]*Node{}
	for i, name := range names {
		if failed[i] != nil {
			panic(failed[i])
		}
		v := scope.GetVariable(variableName(name))
		if v == nil {
			v = scope.VariableWithValue(variableName(name), values[i]).SetTrainable(false)
		}
		nodes[name] = v.NodeValue(g)
	}
	return nodes
}

// upload decodes a weight onto the backend, right to where it stays if the backend shares the host's memory. No copy
// stays in Go's memory.
func upload(b compute.Backend, w onnxnorm.Weight) *tensors.Tensor {
	shape := shapes.Make(dtypes.Float32, w.Dims...)
	if b.HasSharedBuffers() {
		t, err := tensors.FromShapeForBackend(b, 0, shape)
		if err == nil {
			err = tensors.MutableFlatData(t, w.Fill)
		}
		if err != nil {
			panic(err)
		}
		return t
	}
	flat := w.Values()
	raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(flat))), 4*len(flat))
	t, err := tensors.FromRaw(b, 0, shape, raw)
	if err != nil {
		panic(err)
	}
	return t
}

func variableName(weight string) string { return strings.ReplaceAll(weight, model.ScopeSeparator, "|") }
