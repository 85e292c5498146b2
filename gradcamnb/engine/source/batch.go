package source

import (
	"context"
	"fmt"
	"maps"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// batching is how a model is built for a number of pictures: as it stands, with the batch in its file changed to that
// number, or in parts of the batch that its file is made for.
type batching struct {
	batch  int              // number of pictures that the graph is written for
	own    map[string][]int // see [onnxnorm.Options]; nil if the file's own batch does
	ownOf  int              // the file's own batch
	shapes map[string][]int // shapes of the tensors for batch pictures
	why    error            // why the model is built in parts; nil if it is not

	rebatched bool // numbers in the file were changed to the batch
}

// Batch returns how many pictures one pass takes if input's number is wanted: that number, or the number that the
// model's file is made for. In the second case why says the reason. repaired tells that the file is made for another
// number and was changed to this one. It is an error if an output has the pictures on no axis, or on another axis than
// the first, or if a GoMLX model cannot be built for so many, or brings them together.
func Batch(ctx context.Context, m Model, input []int, wants []string) (batch int, why error, repaired bool, err error) {
	o, ok := m.(*onnxModel)
	if g, isGoMLX := m.(*gomlxModel); isGoMLX {
		return input[0], nil, false, g.checkBatch(input)
	}
	if !ok {
		return input[0], nil, false, nil
	}
	b, err := o.findBatching(ctx, input)
	if err != nil {
		return 0, nil, false, err
	}
	for _, name := range wants {
		if dims := b.shapes[name]; input[0] > 1 && (len(dims) == 0 || dims[0] != b.batch) {
			return 0, nil, false, fmt.Errorf(
				"model %s: its output %q has the shape %v for a batch of %d: its first axis is not that of the pictures, so one picture's answer cannot be told from another's; export the model with the batch as the first axis of every output", o.card.Name, name, dims, b.batch)
		}
	}
	return b.batch, b.why, b.rebatched, nil
}

// findBatching finds how the model is built for an input. At the file's own batch it is built as it stands. At another
// batch it is changed, if every tensor that depends on the picture then has the pictures on one axis, longer by the
// same factor.
func (m *onnxModel) findBatching(ctx context.Context, input []int) (batching, error) {
	key := fmt.Sprint(input)
	m.fitting.Lock()
	b, ok := m.batchings[key]
	m.fitting.Unlock()
	if ok {
		return b, nil
	}
	b, err := m.tryBatching(ctx, input, max(1, m.card.Input[0])) // without the lock: others may not have the time
	if err != nil {
		return b, err
	}
	m.fitting.Lock()
	defer m.fitting.Unlock()
	if m.batchings == nil {
		m.batchings = map[string]batching{}
	}
	m.batchings[key] = b
	return b, nil
}

func (m *onnxModel) tryBatching(ctx context.Context, input []int, n int) (batching, error) {
	o := m.options
	o.Needs = []string{} // the needs of a target are checked once the target is known
	if m.bare {
		return batching{}, fmt.Errorf("model %s: its input %q is one picture without an axis for a batch", m.card.Name,
			m.options.Picture)
	}
	if input[0] == n {
		g, err := onnxnorm.Normalise(ctx, m.proto, input, o)
		if err != nil {
			return batching{}, fmt.Errorf("model %s: %w", m.card.Name, err)
		}
		return batching{batch: n, ownOf: n, shapes: shapesIn(g)}, nil
	}
	at := slices.Clone(input)
	at[0] = n
	own, err := m.findBatching(ctx, at)
	if err != nil { // a value of another input may have a row for each of these pictures
		return m.tryBatching(ctx, input, input[0])
	}
	o.Own, o.OwnBatch = own.shapes, n
	g, err := onnxnorm.Normalise(ctx, m.proto, input, o)
	if err != nil && ctx.Err() != nil {
		return batching{}, fmt.Errorf("model %s: %w", m.card.Name, err)
	}
	if err == nil {
		for name, reason := range g.Left {
			if own.shapes[name] != nil { // it can be written for the file's own batch
				err = reason
			}
		}
	}
	if err == nil {
		err = checkBatched(g, own.shapes, input[0], n)
	}
	if err != nil { // it is run in passes of its own batch, and the reason is kept
		b := batching{batch: n, ownOf: n, shapes: own.shapes, why: err}
		return b, nil //nolint:nilerr // the reason is part of the answer
	}
	return batching{batch: input[0], own: own.shapes, ownOf: n, shapes: shapesIn(g), rebatched: g.Rebatched}, nil
}

func shapesIn(g *onnxnorm.Graph) map[string][]int {
	out := map[string][]int{}
	for _, t := range g.Tensors {
		out[t.Name] = t.Dims
	}
	return out
}

// checkBatched returns an error that names a tensor of the picture that does not have the pictures on one axis.
func checkBatched(g *onnxnorm.Graph, own map[string][]int, batch, ownBatch int) error {
	sees := findSeeing(g)
	for _, t := range g.Tensors {
		if t.Constant || !sees[t.Name] {
			continue
		}
		was, differ := own[t.Name], 0
		for i, d := range t.Dims {
			if len(was) != len(t.Dims) || d != was[i] && d*ownBatch != was[i]*batch {
				differ = 2
				break
			}
			if d != was[i] {
				differ++
			}
		}
		if differ != 1 {
			return fmt.Errorf("operator %s, node %q makes the shape %v for a batch of %d and %v for one of %d", t.Op, t.Node,
				was, ownBatch, t.Dims, batch)
		}
	}
	return nil
}

// partsOf cuts a batch into parts of n pictures. The last part is filled up with copies of the last picture.
func partsOf(x *Node, n int) []*Node {
	batch := x.Shape().Dim(0)
	if fill := (n - batch%n) % n; fill > 0 {
		last := Slice(x, AxisRange(batch-1, batch))
		x = Concatenate(append([]*Node{x}, slices.Repeat([]*Node{last}, fill)...), 0)
	}
	var out []*Node
	for at := 0; at < batch; at += n {
		out = append(out, Slice(x, AxisRange(at, at+n)))
	}
	return out
}

// joinParts joins the results of the parts of a batch, without the pictures that filled it up.
func joinParts(parts []*Node, batch int) *Node {
	whole := parts[0]
	if len(parts) > 1 {
		whole = Concatenate(parts, 0)
	}
	if whole.Shape().Dim(0) > batch {
		whole = Slice(whole, AxisRange(0, batch))
	}
	return whole
}

// joinAllParts applies [joinParts] to tensors by name.
func joinAllParts(parts []map[string]*Node, batch int) map[string]*Node {
	out := map[string]*Node{}
	for name := range parts[0] {
		var of []*Node
		for _, p := range parts {
			of = append(of, p[name])
		}
		out[name] = joinParts(of, batch)
	}
	return out
}

// buildInParts builds the model for more or fewer pictures than the file is made for. It puts the model into the graph
// once for every part of the batch. A cut stays one node, from which every part reads its own pictures, so the parts
// are built from one cut to the next.
func (m *onnxModel) buildInParts(scope *model.Scope, x *Node, n int, cuts, wants []string) BuiltModel {
	batch, input := x.Shape().Dim(0), slices.Clone(x.Shape().Dimensions)
	input[0] = n
	r := m.rewritten(x.Graph(), input, cuts, wants)
	var given []map[string]*Node
	for _, part := range partsOf(x, n) {
		given = append(given, map[string]*Node{r.Input: part})
	}
	nodes := map[string]*Node{}
	for _, t := range r.Tensors {
		if !slices.Contains(cuts, t.Name) {
			continue
		}
		var parts []*Node
		for _, g := range given {
			parts = append(parts, r.call(scope, g, []string{t.Name})[0])
		}
		whole := joinParts(parts, n*len(parts))
		nodes[t.Name] = whole
		for i, g := range given {
			g[t.Rewritten] = Slice(whole, AxisRange(i*n, (i+1)*n))
		}
	}
	var outputs []map[string]*Node
	for _, g := range given {
		outputs = append(outputs, r.collectOutputs(scope, g, wants))
	}
	built := BuiltModel{Outputs: joinAllParts(outputs, batch)}
	for _, cut := range cuts {
		if cut == Picture {
			built.Cuts = append(built.Cuts, m.pictureCut(x))
			continue
		}
		c := r.cutOf(cut, nodes[cut])
		grid := c.Grid
		c.Grid = func(n *Node) *Node { return grid(Slice(n, AxisRange(0, batch))) }
		built.Cuts = append(built.Cuts, c)
	}
	return built
}

// collectOutputs returns tensors of the file, with the file's own axis order.
func (r *rewrittenGraph) collectOutputs(scope *model.Scope, given map[string]*Node, wants []string) map[string]*Node {
	nodes := r.call(scope, maps.Clone(given), wants)
	out := map[string]*Node{}
	for i, want := range wants {
		out[want] = r.restoreAxes(want, nodes[i])
	}
	return out
}
