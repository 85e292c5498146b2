package source

import (
	"errors"
	"fmt"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute-onnx/support/protos"
	"github.com/gomlx/compute/dtypes"
	_ "github.com/gomlx/compute/gobackend" // what constants are computed by
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/onnx-gomlx/onnx/parser"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

var constantsBackend = sync.OnceValues(func() (compute.Backend, error) {
	return compute.NewWithConfig("go:ops_sequential")
})

// evaluate computes a tensor of a graph of constants on GoMLX's pure-Go backend. If reading a weight panics, the panic
// goes on as it is.
func evaluate(p *protos.ModelProto, weights map[string]onnxnorm.Weight, want string) (values []float32, err error) {
	var inputs []any
	for _, in := range p.Graph.Input {
		w := weights[in.Name]
		inputs = append(inputs, tensors.FromFlatDataAndDimensions(w.Values(), w.Dims...))
	}
	defer func() {
		if recover() != nil {
			err = errors.New("the operators do not fit together")
		}
	}()
	backend, err := constantsBackend()
	if err != nil {
		return nil, err
	}
	data, err := proto.Marshal(p)
	if err != nil {
		return nil, err
	}
	imported, err := parser.Parse(data)
	if err != nil {
		return nil, err
	}
	imported.DisableFusion()
	g := NewGraph(backend, "constants")
	defer g.Finalize()
	feed := map[string]*Node{}
	for i, in := range p.Graph.Input {
		feed[in.Name] = Parameter(g, fmt.Sprint("p", i), shapes.Make(dtypes.Float32, weights[in.Name].Dims...))
	}
	out := imported.CallGraph(nil, g, feed, want)[0]
	if err := g.Compile(ConvertDType(out, dtypes.Float32)); err != nil {
		return nil, err
	}
	return tensors.CopyFlatData[float32](g.Run(inputs...)[0])
}
