package source

import (
	"context"
	"maps"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute-onnx/support/protos"
	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
	"github.com/gomlx/onnx-gomlx/onnx/parser"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/places"
	"github.com/gradcam-go/gradcam/internal/machine"
)

// rewrittenGraph is the model's graph for one shape, after the normalising pass.
type rewrittenGraph struct {
	*onnxnorm.Graph
	model  *onnxModel
	tensor map[string]onnxnorm.Tensor
	input  []int
	traced map[string][]places.Axis // nil until it is needed
}

// axes returns what the axes of each tensor count.
func (r *rewrittenGraph) axes() map[string][]places.Axis {
	if r.traced == nil {
		r.traced = r.model.trace(r.Graph, r.input)
	}
	return r.traced
}

// cells returns how the node of a tensor is turned into cells of the picture.
func (r *rewrittenGraph) cells(name string) cells {
	t := r.tensor[name]
	return cellsOf(t, places.Find(r.axes()[name], t.Dims, r.input[0], r.model.card.form()))
}

func (m *onnxModel) rewritten(g *Graph, input []int, cuts, wants []string) *rewrittenGraph {
	return m.rewrittenWith(m.options, g, input, cuts, wants)
}

// rewrittenWith is like [onnxModel.rewritten], with other options of the pass.
func (m *onnxModel) rewrittenWith(o onnxnorm.Options, g *Graph, input []int, cuts, wants []string) *rewrittenGraph {
	o.Needs = wants
	for _, cut := range cuts {
		if cut == Picture {
			cut = o.Picture
		}
		o.Cuts = append(o.Cuts, cut)
	}
	o.PureGo = g.Backend().Name() == gobackend.GetBackend().Name()
	o.Vectors = o.Vectors || machine.Vectors()
	o.Winograd = o.PureGo || runsOnXLACPU(g.Backend())
	b, err := m.findBatching(context.Background(), input)
	if err != nil {
		panic(err)
	}
	o.Own, o.OwnBatch = b.own, b.ownOf
	out, err := onnxnorm.Normalise(context.Background(), m.proto, input, o)
	if err != nil {
		exceptions.Panicf("model %s: %v", m.card.Name, err)
	}
	if err := roomFor(out, machine.Memory()); err != nil {
		exceptions.Panicf("model %s: %v", m.card.Name, err)
	}
	r := &rewrittenGraph{Graph: out, model: m, tensor: map[string]onnxnorm.Tensor{}, input: input}
	for _, t := range out.Tensors {
		r.tensor[t.Name] = t
	}
	return r
}

// runsOnXLACPU tells whether programs run on XLA's CPU plugin. The library of a GPU has convolutions of its own that
// use Winograd's form.
func runsOnXLACPU(b compute.Backend) bool {
	p, ok := b.(interface{ PluginName() string })
	return ok && strings.Contains(p.PluginName(), "cpu")
}

// call computes tensors of the file from the given ones. These are the model's input, or tensors of the rewritten
// graph, which are then taken instead of computed.
func (r *rewrittenGraph) call(scope *model.Scope, given map[string]*Node, wants []string) []*Node {
	p := proto.Clone(r.Proto).(*protos.ModelProto)
	feed := map[string]*Node{}
	var g *Graph
	for name, n := range given {
		g, feed[name] = n.Graph(), n
		if name != r.Input {
			p.Graph.Input = append(p.Graph.Input, onnxnorm.Declare(name, n.Shape().Dimensions))
		}
	}
	data, err := proto.Marshal(p)
	if err != nil {
		exceptions.Panicf("model %s: writing the rewritten graph: %v", r.model.card.Name, err)
	}
	imported, err := parser.Parse(data)
	if err != nil {
		exceptions.Panicf("model %s: onnx-gomlx cannot read the rewritten graph: %v", r.model.card.Name, err)
	}
	imported.DisableFusion() // a fused operator would hide layers and bring its own gradient
	var names []string
	for _, want := range wants {
		t := r.tensor[want]
		if t.Rewritten == "" {
			exceptions.Panicf("model %s has no tensor %q that depends on the picture", r.model.card.Name, want)
		}
		names = append(names, t.Rewritten)
	}
	for name, dims := range r.OtherInputs {
		feed[name] = inputNode(g, r.model.card.Name, name, dims)
	}
	maps.Copy(feed, weightNodes(scope.At(onnxScope), g, r.Weights))
	return imported.CallGraph(nil, g, feed, names...)
}

// restoreAxes returns a tensor with the axis order of the file.
func (r *rewrittenGraph) restoreAxes(name string, n *Node) *Node {
	if r.tensor[name].ChannelsLast {
		return TransposeAllAxes(n, 0, 3, 1, 2)
	}
	return n
}
