package source

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"github.com/gomlx/compute-onnx/support/protos"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/places"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// onnxModel is a model read from an ONNX file.
type onnxModel struct {
	card    Card
	proto   *protos.ModelProto
	store   *model.Store
	options onnxnorm.Options
	bare    bool // the picture has no batch axis: only onnxruntime can run the model
	files   openFiles

	mu     sync.Mutex
	layers map[string][]Layer    // by input shape and output
	views  map[string]*onnxModel // with values for the inputs besides the picture

	fitting   sync.Mutex
	batchings map[string]batching // by input shape
}

// ONNX opens an ONNX file. If there is a sidecar in its folder, model.onnx -> model.json, it gives the preprocessing
// and the labels (see [Sidecar]).
func ONNX(path string) (Model, error) {
	return ONNXWith(path, onnxnorm.Options{})
}

// ONNXWith is like [ONNX], with options for the normalising pass.
func ONNXWith(path string, o onnxnorm.Options) (Model, error) {
	return onnxWithin(context.Background(), path, o)
}

// onnxWithin is like [ONNXWith], but stops when ctx ends.
func onnxWithin(ctx context.Context, path string, o onnxnorm.Options) (Model, error) {
	side, labels, err := readSidecar(path)
	if err != nil {
		return nil, err
	}
	dir, err := openModelFolder(path)
	if err != nil {
		return nil, fmt.Errorf("opening the model: %w", err)
	}
	defer dir.close()
	said := o.Picture
	if o.Picture == "" {
		o.Picture = side.Picture
	}
	if side.Slices != nil {
		o.Slices = *side.Slices
	}
	m, err := readONNX(ctx, path, path, dir.open, o)
	if err != nil {
		return nil, err
	}
	m.card.Picture = said
	if err := m.takeSidecar(path, side, labels); err != nil {
		m.files.close()
		return nil, err
	}
	if err := m.takeMetadata(ctx, m.neighbourReader(dir), false); err != nil {
		m.files.close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if side.Detector != nil && len(side.Detector.Outputs) > 0 {
		if err := m.endAt(side.Detector.Outputs); err != nil {
			m.files.close()
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return m, nil
}

// takeSidecar fills in what the sidecar of the file says.
func (m *onnxModel) takeSidecar(path string, side Sidecar, labels []string) error {
	c := &m.card
	if err := c.takeDefaults(side.Inputs); err != nil {
		return fmt.Errorf("the sidecar %s: %w", SidecarPath(path), err)
	}
	if err := m.settle(side.Layout); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := c.takePrep(side.Input); err != nil {
		return fmt.Errorf("the sidecar %s: %w", SidecarPath(path), err)
	}
	c.Labels, c.Detector, c.HeadLabels = labels, side.Detector, side.Heads
	c.Files = append(c.Files, SidecarPath(path))
	if side.Labels != "" {
		c.Files = append(c.Files, filepath.Join(filepath.Dir(path), side.Labels))
	}
	if side.Name != "" {
		c.Name = side.Name
	}
	return nil
}

// bind returns the model with values for its inputs besides the picture. It shares the weights, and for values of the
// same shapes also the lists of layers.
func (m *onnxModel) bind(given map[string]onnxnorm.GivenInput) Model {
	key := fmt.Sprint(given) // in the order of the names
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.views[key]; ok {
		return v
	}
	const most = 16 // integers that differ between pictures make one view each
	if len(m.views) >= most {
		clear(m.views)
	}
	o := m.options
	o.Given = given
	v := &onnxModel{card: m.card, proto: m.proto, store: m.store, options: o, bare: m.bare,
		layers: map[string][]Layer{}}
	m.views[key] = v
	return v
}

func (m *onnxModel) Card() Card          { return m.card }
func (m *onnxModel) Store() *model.Store { return m.store }

// mostLists bounds how many lists of layers are kept, a few kB each, for programs that keep asking for other shapes.
const mostLists = 64

func (m *onnxModel) Layers(ctx context.Context, input []int, output string) ([]Layer, error) {
	if output == "" {
		output = m.card.Outputs[0]
	}
	key := fmt.Sprint(input, output)
	m.mu.Lock()
	l, ok := m.layers[key]
	m.mu.Unlock()
	if ok {
		return l, nil
	}
	layers, err := m.listFor(ctx, input, output) // without the lock: others may not have the time
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.layers) >= mostLists {
		clear(m.layers)
	}
	m.layers[key] = layers
	return layers, nil
}

// listFor lists the layers for an input, and tells which feed the named output or tensor.
func (m *onnxModel) listFor(ctx context.Context, input []int, output string) ([]Layer, error) {
	b, err := m.findBatching(ctx, input)
	if err != nil {
		return nil, err
	}
	at, o := slices.Clone(input), m.options
	at[0], o.Own, o.OwnBatch = b.batch, b.own, b.ownOf
	o.Needs = []string{output}
	if e := m.Ending(output); e.Unit == Ranks && e.Before != "" {
		o.Needs[0] = e.Before
	}
	g, err := onnxnorm.Normalise(ctx, m.proto, at, o)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", m.card.Name, err)
	}
	if g.Left[output] != nil { // the scores are explained in place of their rank
		output = o.Needs[0]
	}
	layers := m.list(g, output, at)
	for i, l := range layers {
		if b.batch != input[0] && len(l.Shape) > 0 && l.Shape[0] == b.batch { // it is built in parts
			layers[i].Shape = append([]int{input[0]}, l.Shape[1:]...)
		}
	}
	return layers, nil
}

func (m *onnxModel) Build(scope *model.Scope, x *Node, cuts, wants []string) BuiltModel {
	input := x.Shape().Dimensions
	if n := m.mustBatch(input); n != input[0] {
		return m.buildInParts(scope, x, n, cuts, wants)
	}
	r := m.rewritten(x.Graph(), input, cuts, wants)
	picture := slices.Index(cuts, Picture)
	names := slices.Concat(wants, cuts)
	if picture >= 0 {
		names = slices.Delete(names, len(wants)+picture, len(wants)+picture+1)
	}
	nodes := r.call(scope, map[string]*Node{r.Input: x}, names)
	if picture >= 0 {
		nodes = slices.Insert(nodes, len(wants)+picture, x)
	}

	built := BuiltModel{Outputs: map[string]*Node{}}
	for i, want := range wants {
		built.Outputs[want] = r.restoreAxes(want, nodes[i])
	}
	for i, cut := range cuts {
		if cut == Picture {
			built.Cuts = append(built.Cuts, m.pictureCut(x))
			continue
		}
		built.Cuts = append(built.Cuts, r.cutOf(cut, nodes[len(wants)+i]))
	}
	return built
}

// mustBatch returns the number of pictures that the graph is written for.
func (m *onnxModel) mustBatch(input []int) int {
	b, err := m.findBatching(context.Background(), input)
	if err != nil {
		panic(err)
	}
	return b.batch
}

// pictureCut returns the cut at the model's input.
func (m *onnxModel) pictureCut(x *Node) Cut {
	order := []int{0, 2, 3, 1}
	if m.card.Layout == imgio.ChannelsLast {
		order = []int{0, 1, 2, 3}
	}
	return Cut{Node: x, Grid: func(n *Node) *Node { return places.Reorder(n, order) }}
}

// cutOf returns the cut at a tensor whose node in the rewritten graph is given.
func (r *rewrittenGraph) cutOf(name string, node *Node) Cut {
	t := r.tensor[name]
	var bias *Node
	if t.Bias != nil {
		bias = Const(node.Graph(), t.Bias())
	}
	return Cut{Node: node, Bias: bias, Grid: r.cells(name).grid, Tokens: tokens(r.axes()[name])}
}
