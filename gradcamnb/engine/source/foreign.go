package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute-onnx/support/protos"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// Foreign returns a model whose outputs, [pictures, ...] each, another runtime has computed for one batch of pictures.
// To build it is to take these outputs. It has no layers and no gradient.
func Foreign(c Card, store *model.Store, outputs map[string]Value) BoundModel {
	f := &foreignModel{card: c, store: store, outputs: outputs}
	f.card.Inputs = nil
	var key strings.Builder
	key.WriteString("foreign")
	for _, name := range c.Outputs {
		v, ok := outputs[name]
		if !ok {
			continue
		}
		f.card.Inputs = append(f.card.Inputs, Input{Name: name, Type: "float32", Dims: v.Dims, Read: true, Batched: true})
		fmt.Fprintf(&key, " %q %v", name, v.Dims)
	}
	return BoundModel{Model: f, Key: key.String(), whole: f, values: outputs}
}

type foreignModel struct {
	card    Card
	store   *model.Store
	outputs map[string]Value
}

func (f *foreignModel) Card() Card          { return f.card }
func (f *foreignModel) Store() *model.Store { return f.store }

// Depth implements [Model]. It is never called: the store of a file that onnxruntime runs is empty.
func (f *foreignModel) Depth(string) int { return -1 }

// Layers implements [Model]. It lists the outputs only.
func (f *foreignModel) Layers(_ context.Context, _ []int, output string) ([]Layer, error) {
	var out []Layer
	for i, name := range f.card.Outputs {
		if v, ok := f.outputs[name]; ok {
			out = append(out, Layer{Name: name, Op: "Output", Shape: v.Dims, Feeds: name == output || output == "" && i == 0})
		}
	}
	return out, nil
}

// Build implements [Model]. It takes the outputs that were put into the graph.
func (f *foreignModel) Build(_ *model.Scope, x *Node, cuts, wants []string) BuiltModel {
	if len(cuts) > 0 {
		exceptions.Panicf("the model %s is run by onnxruntime, which has no gradients and no layers to explain at; RISE, D-RISE and occlusion need neither", f.card.Name)
	}
	built := BuiltModel{Outputs: map[string]*Node{}}
	for _, name := range wants {
		n := x.Graph().GetNodeByAlias(InputAlias(name))
		if n == nil {
			exceptions.Panicf("the model %s is run by onnxruntime, which gives its outputs %q alone, and not the tensor %q",
				f.card.Name, f.card.Outputs, name)
		}
		built.Outputs[name] = n
	}
	return built
}

// bind returns the model for one of its pictures.
func (f *foreignModel) bind(given map[string]onnxnorm.GivenInput) Model {
	out := *f
	out.outputs = map[string]Value{}
	for name, g := range given {
		v := f.outputs[name]
		v.Dims = g.Dims
		out.outputs[name] = v
	}
	return &out
}

// IsONNX tells whether a model was read from an ONNX file.
func IsONNX(m Model) bool {
	_, ok := m.(*onnxModel)
	return ok
}

// WholeModel is an ONNX model for another runtime, with its weights inside.
type WholeModel struct {
	Data    []byte   // the file, encoded
	Picture string   // the input that is the picture
	Type    string   // type of the picture's numbers
	Bare    bool     // the picture has no batch axis
	Batch   int      // pictures in a pass, at least 1
	Outputs []string // names of its outputs
	Ends    []string // for each output, the name of the tensor that has its numbers
}

// NewWholeModel returns the model with the outputs that its card names. All its values are inside, so that the other
// runtime opens no file.
func NewWholeModel(f BoundModel) (WholeModel, error) {
	o, ok := f.whole.(*onnxModel)
	if !ok {
		return WholeModel{}, errors.New("the model is no ONNX file, so onnxruntime cannot run it")
	}
	nested := checkNested(o.proto.Graph.Node)
	for _, f := range o.proto.Functions {
		nested = cmp.Or(nested, checkNested(f.Node))
	}
	if nested != nil {
		return WholeModel{}, fmt.Errorf("model %s: %w", o.card.Name, nested)
	}
	g := proto.CloneOf(o.proto.Graph)
	for i, w := range g.Initializer {
		inside, err := o.inside(w)
		if err != nil {
			return WholeModel{}, err
		}
		g.Initializer[i] = inside
	}
	ends := wrapOutputs(g)
	data, err := o.encode(g)
	if err != nil {
		return WholeModel{}, err
	}
	w := WholeModel{Data: data, Picture: o.options.Picture, Type: o.card.Type, Bare: o.bare,
		Batch: max(1, o.card.Input[0]), Outputs: slices.Clone(o.card.Outputs)}
	for _, name := range w.Outputs {
		w.Ends = append(w.Ends, cmp.Or(ends[name], name))
	}
	return w, nil
}

// wrapOutputs adds nodes behind each output that onnxruntime_go v1.27.0 cannot take: numbers in half precision become
// float32, and a single number without axes becomes a list of one. It returns the new outputs' names by those of the
// old ones.
func wrapOutputs(g *protos.GraphProto) map[string]string {
	ends := map[string]string{}
	for _, o := range g.Output {
		t, from, old := o.GetType().GetTensorType(), o.Name, o.Name
		add := func(node *protos.NodeProto, step string) {
			o.Name = old + "/" + step
			node.Output = []string{o.Name}
			g.Node = append(g.Node, node)
			from, ends[old] = o.Name, o.Name
		}
		kind := protos.TensorProto_DataType(t.GetElemType())
		if kind == protos.TensorProto_FLOAT16 || kind == protos.TensorProto_BFLOAT16 {
			const single = protos.TensorProto_FLOAT
			add(&protos.NodeProto{OpType: "Cast", Input: []string{from}, Attribute: []*protos.AttributeProto{
				{Name: "to", Type: protos.AttributeProto_INT, I: int64(single)}}}, "single")
			t.ElemType = int32(single)
		}
		if t.GetShape() != nil && len(t.Shape.Dim) == 0 {
			one := old + "/one"
			g.Initializer = append(g.Initializer, &protos.TensorProto{Name: one, Dims: []int64{1},
				DataType: int32(protos.TensorProto_INT64), Int64Data: []int64{1}})
			add(&protos.NodeProto{OpType: "Reshape", Input: []string{from, one}}, "taken")
			t.Shape = nil
		}
	}
	return ends
}
