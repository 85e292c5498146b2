package source

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute-onnx/support/protos"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/places"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// onnxModel is a model read from an ONNX file.
type onnxModel struct {
	card    Card
	proto   *protos.ModelProto
	store   *model.Store
	options onnxnorm.Options
	kind    string // type of the picture's numbers
	bare    bool   // the picture has no axis of a batch: onnxruntime alone can run it
	files   openFiles

	mu     sync.Mutex
	layers map[string][]Layer    // by input shape and output
	views  map[string]*onnxModel // with values for the inputs beside the picture

	fitting   sync.Mutex
	batchings map[string]batching // by input shape
}

// ONNX opens an ONNX file. Its preprocessing and labels come from the sidecar
// beside it, model.onnx -> model.json (see [Sidecar]), where there is one.
func ONNX(path string) (Model, error) {
	return ONNXWith(path, onnxnorm.Options{})
}

// ONNXWith is [ONNX] with options for the normalising pass.
func ONNXWith(path string, o onnxnorm.Options) (Model, error) {
	side, labels, err := readSidecar(path)
	if err != nil {
		return nil, err
	}
	dir, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("opening the model: %w", err)
	}
	defer func() { _ = dir.Close() }() // only read
	said := o.Picture
	if o.Picture == "" {
		o.Picture = side.Picture
	}
	m, err := readONNX(path, path, func(name string) (*os.File, error) { return regular.OpenIn(dir, name) }, o)
	if err != nil {
		return nil, err
	}
	m.card.Picture = said
	if err := m.takeSidecar(path, side, labels); err != nil {
		m.files.close()
		return nil, err
	}
	return m, nil
}

// takeSidecar writes what the sidecar of the file says onto the model.
func (m *onnxModel) takeSidecar(path string, side Sidecar, labels []string) error {
	c := &m.card
	if err := c.takeDefaults(side.Inputs); err != nil {
		return fmt.Errorf("the sidecar %s: %w", SidecarPath(path), err)
	}
	if err := m.settle(side.Layout); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	c.Prep, c.Labels, c.Detector, c.HeadLabels = side.Input, labels, side.Detector, side.Heads
	c.Files = append(c.Files, SidecarPath(path))
	if side.Labels != "" {
		c.Files = append(c.Files, filepath.Join(filepath.Dir(path), side.Labels))
	}
	if side.Name != "" {
		c.Name = side.Name
	}
	if err := m.takeMetadata(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if side.Detector != nil && len(side.Detector.Outputs) > 0 {
		if err := m.endAt(side.Detector.Outputs); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// read is [readONNX], with the file that it opens added to these files.
func (files *openFiles) read(path, name string, beside func(string) (*os.File, error), o onnxnorm.Options) (*onnxModel, error) {
	f, err := files.opened(regular.Open(path)) // and kept open: weights are read when they are used
	if err != nil {
		return nil, fmt.Errorf("opening the model: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("opening the model: %w", err)
	}
	sum, failed := sha256.New(), make(chan error, 1)
	go func() {
		_, err := io.Copy(sum, io.NewSectionReader(f, 0, info.Size()))
		failed <- err
	}()
	m := &protos.ModelProto{}
	if o.Stored, err = unmarshal(f, info.Size(), m); err != nil {
		const pointer = "version https://git-lfs"
		begin := make([]byte, len(pointer))
		if _, errRead := f.ReadAt(begin, 0); errRead == nil && string(begin) == pointer {
			return nil, fmt.Errorf("%s is a pointer of Git LFS and not the model itself: fetch it with git lfs pull", name)
		}
		return nil, fmt.Errorf("%s is not an ONNX file, or it is damaged: %w", name, cmp.Or(errors.Unwrap(err), err))
	}
	if m.GetGraph() == nil || len(m.Graph.Node) == 0 {
		return nil, fmt.Errorf("%s holds no ONNX graph: it is not an ONNX file, or it is damaged", name)
	}
	if err := onnxnorm.Inline(m); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	stored, weights, err := besideWeights(m, beside)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	maps.Copy(o.Stored, stored)
	inputs, err := onnxnorm.Inputs(m, o.Picture)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	o.Picture = inputs[0].Name
	dims := inputs[0].Dims
	if !inputs[0].Numeric() {
		return nil, fmt.Errorf("%s: the model's input %q holds no numbers (%s) and so no picture", name, inputs[0].Name, inputs[0].Type)
	}
	bare := len(dims) == 3
	if bare {
		dims = append([]int{1}, dims...)
	}
	if len(dims) != 4 {
		return nil, fmt.Errorf("%s: the model's input %s is no batch of pictures, which would have 4 axes", name, inputs[0])
	}
	if err := <-failed; err != nil {
		return nil, fmt.Errorf("reading the model: %w", err)
	}
	c := Card{
		Name: strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), SHA256: hex.EncodeToString(sum.Sum(nil)),
		Input: dims, File: path, Files: append([]string{path}, weights...),
	}
	for _, i := range inputs[1:] {
		c.Inputs = append(c.Inputs, Input{Name: i.Name, Type: i.Type, Dims: i.Dims, Read: i.Read, Batched: i.Batched})
	}
	for _, o := range m.Graph.Output {
		c.Outputs = append(c.Outputs, o.Name)
	}
	if len(c.Outputs) == 0 {
		return nil, fmt.Errorf("%s: the ONNX graph has no output: the file is damaged", name)
	}
	o.Evaluate = evaluate
	c.NoRelu = !slices.ContainsFunc(m.Graph.Node, func(n *protos.NodeProto) bool { return n.OpType == "Relu" })
	return &onnxModel{card: c, proto: m, store: model.NewStore(), options: o, kind: inputs[0].Type, bare: bare, layers: map[string][]Layer{}, views: map[string]*onnxModel{}}, nil
}

// fed is the model with values for its inputs beside the picture. Weights are shared, and
// so are lists of layers between values of the same shapes.
func (m *onnxModel) fed(given map[string]onnxnorm.Given) Model {
	key := fmt.Sprint(given) // in the order of the names
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.views[key]; ok {
		return v
	}
	const most = 16 // integers that differ from picture to picture make one each
	if len(m.views) >= most {
		clear(m.views)
	}
	o := m.options
	o.Given = given
	v := &onnxModel{card: m.card, proto: m.proto, store: m.store, options: o, kind: m.kind, bare: m.bare, layers: map[string][]Layer{}}
	m.views[key] = v
	return v
}

func (m *onnxModel) Card() Card          { return m.card }
func (m *onnxModel) Store() *model.Store { return m.store }

// picture is the size [height, width] of an input.
func (m *onnxModel) picture(input []int) [2]int {
	if m.card.Layout == imgio.ChannelsLast {
		return [2]int{input[1], input[2]}
	}
	return [2]int{input[2], input[3]}
}

func (m *onnxModel) Layers(input []int, output string) ([]Layer, error) {
	if output == "" {
		output = m.card.Outputs[0]
	}
	key := fmt.Sprint(input, output)
	m.mu.Lock()
	defer m.mu.Unlock()
	if l, ok := m.layers[key]; ok {
		return l, nil
	}
	b, err := m.batching(input)
	if err != nil {
		return nil, err
	}
	at, o := slices.Clone(input), m.options
	at[0], o.Own, o.OwnBatch = b.batch, b.own, b.ownOf
	o.Needs = []string{output}
	if e := m.Ending(output); e.Unit == Ranked && e.Before != "" {
		o.Needs[0] = e.Before
	}
	g, err := onnxnorm.Normalise(m.proto, at, o)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", m.card.Name, err)
	}
	if g.Left[output] != nil { // scores are explained in place of their rank
		output = o.Needs[0]
	}
	layers := m.list(g, output, at)
	for i, l := range layers {
		if b.batch != input[0] && len(l.Shape) > 0 && l.Shape[0] == b.batch { // it is built in parts
			layers[i].Shape = append([]int{input[0]}, l.Shape[1:]...)
		}
	}
	m.layers[key] = layers
	return layers, nil
}

// list makes layers of the tensors that depend on the input.
func (m *onnxModel) list(g *onnxnorm.Graph, output string, input []int) []Layer {
	feeds, answers, sees := feeding(g, output), answering(g, output), seeing(g)
	axes, picture := m.trace(g, input), m.picture(input)
	var out []Layer
	for _, t := range g.Tensors {
		if t.Constant {
			continue
		}
		l := Layer{Name: t.Name, Op: t.Op, Shape: t.Dims, Feeds: feeds[t.Name], paths: t.Scopes, Field: t.Field, Bias: t.Bias != nil}
		l.inputs, l.answer = t.Inputs, answers[t.Name]
		if l.Beside = !sees[t.Name]; !l.Beside {
			l.Axes = places.In(axes[t.Name], t.Dims, input[0])
			if l.Grid = grid(l.Axes, t.Dims); l.Axes.Cut && cellsOff(l.Grid[0], l.Grid[1], picture) > 1 {
				l.Axes, l.Grid = places.Found{}, [3]int{} // a part of a map
			}
			l.upright = l.Grid[0] > 0 && likePicture(l.Grid[0], l.Grid[1], picture)
		}
		out = append(out, l)
	}
	keepLast(out)
	if !suggestLevels(out, output, picture) {
		suggest(out)
	}
	return out
}

// trace follows the places of the picture through a graph that is written for the input.
func (m *onnxModel) trace(g *onnxnorm.Graph, input []int) map[string][]places.Axis {
	return places.Trace(g, input, m.card.Layout == imgio.ChannelsLast)
}

// keepLast leaves every module path with the last tensor made inside the module,
// which is the module's output.
func keepLast(layers []Layer) {
	known := map[string]bool{}
	for _, l := range layers {
		for _, p := range l.paths {
			known[p] = true
		}
	}
	seen := map[string]bool{}
	for _, beside := range []bool{false, true} { // of a module that sees two pictures, the one that is explained
		for i := len(layers) - 1; i >= 0; i-- {
			if layers[i].Beside == beside {
				claim(&layers[i], seen, known)
			}
		}
	}
}

// claim leaves a layer with the module paths that no later one has.
func claim(l *Layer, seen, known map[string]bool) {
	var mine []string
	for _, p := range l.paths {
		for _, name := range []string{p, withoutCounter(p, known)} {
			if !seen[name] {
				seen[name] = true
				mine = append(mine, name)
			}
		}
	}
	if len(l.paths) > 0 {
		l.Path = l.paths[len(l.paths)-1]
	}
	l.paths = mine
}

// withoutCounter drops the call counter of torch's older exporter, "relu_2" for
// the third call of "relu", where the module itself is known.
func withoutCounter(path string, known map[string]bool) string {
	i := strings.LastIndex(path, "_")
	if i > 0 && strings.Trim(path[i+1:], "0123456789") == "" && known[path[:i]] {
		return path[:i]
	}
	return path
}

// feeding is the set of tensors that the named one depends on, itself included.
func feeding(g *onnxnorm.Graph, output string) map[string]bool {
	feeds := map[string]bool{output: true}
	for _, t := range slices.Backward(g.Tensors) {
		if feeds[t.Name] {
			for _, in := range t.Inputs {
				feeds[in] = true
			}
		}
	}
	return feeds
}

// seeing is the set of tensors that depend on the picture, and not on other inputs alone.
func seeing(g *onnxnorm.Graph) map[string]bool {
	sees := map[string]bool{g.Input: true}
	for _, t := range g.Tensors {
		sees[t.Name] = slices.ContainsFunc(t.Inputs, func(in string) bool { return sees[in] })
	}
	return sees
}

// answering is the set of tensors that become the output without anything learned or
// pooled coming between: class scores before they are resized, joined or decoded. They
// are the answer, and no feature of the picture.
func answering(g *onnxnorm.Graph, output string) map[string]bool {
	answers := map[string]bool{output: true}
	for _, t := range slices.Backward(g.Tensors) {
		if !answers[t.Name] || learns[t.Op] || averages[t.Op] {
			continue
		}
		for _, in := range t.Inputs {
			answers[in] = true
		}
	}
	return answers
}

// learns are the operators that hold the weights of a network.
var learns = map[string]bool{
	"Conv": true, "FusedConv": true, "QLinearConv": true, "ConvTranspose": true, "Gemm": true, "FusedGemm": true, "QGemm": true, "MatMul": true,
	"FusedMatMul": true, "QLinearMatMul": true, "Einsum": true, "BatchNormalization": true, "LayerNormalization": true,
	"InstanceNormalization": true, "GroupNormalization": true,
}

// onnxScope is where the store keeps the model's weights.
const onnxScope = "onnx"

func (m *onnxModel) Build(scope *model.Scope, x *Node, cuts, wants []string) Built {
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

	built := Built{Outputs: map[string]*Node{}}
	for i, want := range wants {
		built.Outputs[want] = r.asInFile(want, nodes[i])
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

// mustBatch is the number of pictures that the graph is written for at once.
func (m *onnxModel) mustBatch(input []int) int {
	b, err := m.batching(input)
	if err != nil {
		panic(err)
	}
	return b.batch
}

// pictureCut is the cut at the model's input.
func (m *onnxModel) pictureCut(x *Node) Cut {
	last, picture := m.card.Layout == imgio.ChannelsLast, m.picture(x.Shape().Dimensions)
	return Cut{Node: x, Grid: func(n *Node) *Node { return asGrid(n, last, picture) }}
}

// cutOf is the cut at a tensor, of which the rewritten graph has the node.
func (r *rewritten) cutOf(name string, node *Node) Cut {
	t := r.tensor[name]
	var bias *Node
	if t.Bias != nil {
		bias = Const(node.Graph(), t.Bias())
	}
	return Cut{Node: node, Bias: bias, Grid: r.cells(name).grid, Tokens: tokens(r.axes()[name])}
}

// weightNodes are the graph's nodes of the weights. A weight is decoded, reordered and
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
