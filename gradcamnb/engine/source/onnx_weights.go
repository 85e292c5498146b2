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

// onnxScope is where the store keeps the model's weights.
const onnxScope = "onnx"

// weightNodes returns the graph's nodes of the weights. A weight is decoded, reordered and
// uploaded the first time it is used, on all cores.
func weightNodes(scope *model.Scope, g *Graph, weights map[string]onnxnorm.Weight) map[string]*Node {
	names := slices.Sorted(maps.Keys(weights))
	values := make([]*tensors.Tensor, len(names))
	failed := make([]any, len(names)) // what decoding panicked with, as a damaged file makes it
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

// upload decodes a weight onto the backend, with no copy in Go's memory that would stay.
func upload(b compute.Backend, w onnxnorm.Weight) *tensors.Tensor {
	flat := w.Values()
	raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(flat))), 4*len(flat))
	t, err := tensors.FromRaw(b, 0, shapes.Make(dtypes.Float32, w.Dims...), raw)
	if err != nil {
		panic(err)
	}
	return t
}

func variableName(weight string) string { return strings.ReplaceAll(weight, model.ScopeSeparator, "|") }
