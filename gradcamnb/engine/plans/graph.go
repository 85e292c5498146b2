package plans

import (
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/aims"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/target"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Build builds the graph of a plan. inputs are the model's input and then the arguments of each aim.
//
// The score of the batch is the sum over its pictures. Pictures do not mix at inference, so the gradient at a layer
// holds the gradient of every picture's own score.
func (p Plan) Build(m source.Model, scope *model.Scope, inputs []*Node) *Parts {
	x, rest := inputs[0], inputs[1:]
	cuts, wants := p.Cuts(), p.Wants()
	built := m.Build(scope, x, cuts, wants)
	e := &Parts{output: p.first.Node(built.Outputs[p.first.Tensor()])}
	var guided, relevant map[string]*Node // outputs of the model built a second time, with other rules
	if hasProcedure[cam.GuidedPixels](p) {
		guided = ruledBuilder(m, "guided backpropagation").BuildGuided(scope, x, wants,
			func(_, g *Node) *Node { return Max(g, ZerosLike(g)) })
	}
	if hasProcedure[cam.RelevancePixels](p) {
		relevant = ruledBuilder(m, "LRP").BuildRelevant(scope, x, wants)
	}
	for _, a := range p.Aims {
		var given []*Node
		given, rest = aims.TakeArguments(a, rest)
		s := scene{plan: p, model: m, cuts: cuts, built: built, x: x, slopes: map[string][]*Node{}}
		s.score, s.index = a.Score(built.Outputs, given, p.Size(m.Card().Layout))
		s.output = a.Output(built.Outputs)
		under := func(outputs map[string]*Node) *Node {
			if outputs == nil {
				return nil
			}
			score, _ := a.Score(outputs, given, p.Size(m.Card().Layout))
			return source.Gradients(score, x)[0]
		}
		s.guided, s.relevant = under(guided), under(relevant)
		one := s.explain()
		if a.HasHead(p.first.Tensor()) {
			one.head = []*Node{s.output}
		}
		e.aims = append(e.aims, one)
	}
	return e
}

// Parts holds the nodes that the program of a plan returns.
type Parts = programResults[*Node]

// ruledBuilder returns the model as one that can be built with other rules than gradients.
func ruledBuilder(m source.Model, method string) source.RuledBuilder {
	parts, ok := m.(source.RuledBuilder)
	if !ok {
		exceptions.Panicf("model %s: %s changes the gradients of the model's operators, but they cannot be changed in this model: take Saliency, SmoothGrad or Input x gradient", m.Card().Name, method)
	}
	return parts
}

// scene is one aim in the graph of a plan.
type scene struct {
	plan          Plan
	model         source.Model
	cuts          []string
	built         source.BuiltModel
	x             *Node
	score, output *Node
	index         *Node
	guided        *Node              // gradient at the picture by the guided rule
	relevant      *Node              // gradient at the picture by the rules of relevance
	slopes        map[string][]*Node // gradients at the cuts, by the name of the score; "" is the aim's own score
}

// explain returns the score, the index and the maps of all methods.
func (s scene) explain() explainedAim[*Node] {
	out := explainedAim[*Node]{score: s.score, index: s.index}
	atLayer, atPicture := split(s.plan.leaves())
	card := s.model.Card()
	size := s.plan.Size(card.Layout)
	mapOf := func(raw *Node, slicesIn int, beyond [2][2]float64) explainedMap[*Node] {
		none := Zeros(raw.Graph(), shapes.Make(raw.DType(), raw.Shape().Dim(0)))
		full := Max(raw, ZerosLike(raw))
		if card.Slices > 0 {
			full = cam.ResizeSlices(full, slicesIn, card.Slices, size, beyond)
		} else {
			full = cam.ResizeWithin(full, size[0], size[1], beyond)
		}
		return explainedMap[*Node]{raw, full, none}
	}
	for i := range s.plan.Layers {
		if len(atLayer) == 0 {
			break
		}
		at := s.viewAt(i, "")
		l := explainedLayer[*Node]{act: at.Act, grad: at.Grad}
		for _, leaf := range atLayer {
			here := at
			if r, ok := leaf.how.(cam.Retargeting); ok {
				here = s.viewAt(i, r.Target)
			}
			raw, _ := cam.MakeMap(leaf.how, here)
			m := mapOf(raw, s.plan.Layers[i].Slices, s.plan.Layers[i].Axes.Beyond)
			if gross, ok := cam.SumMagnitudes(leaf.how, here); ok {
				m.gross = ReduceMax(gross, 1, 2)
			}
			l.maps = append(l.maps, m)
		}
		out.layers = append(out.layers, l)
	}
	for _, leaf := range atPicture {
		out.picture = append(out.picture, mapOf(s.makePictureMap(leaf), card.Slices, [2][2]float64{}))
	}
	return out
}

// makePictureMap returns the map of a method that has no layer of its own.
func (s scene) makePictureMap(l leaf) *Node {
	picture := s.viewAt(s.cut(source.Picture), "")
	switch how := l.how.(type) {
	case cam.GuidedPixels:
		picture.Grad = picture.Grid(s.guided)
		return how(picture)
	case cam.RelevancePixels:
		picture.Grad = picture.Grid(s.relevant)
		return how(picture)
	case cam.ManyLayers:
		var layers []cam.View
		for _, name := range s.plan.manyLayers[l.name] {
			layers = append(layers, s.viewAt(s.cut(name), ""))
		}
		return how.Map(picture, layers)
	case cam.Pixels:
		return how(picture)
	}
	exceptions.Panicf("%s is no method of one pass at the picture", l.name)
	return nil
}

func (s scene) cut(name string) int { return slices.Index(s.cuts, name) }

// viewAt returns what a method sees at a cut, for the aim's own score or for another score of its class.
func (s scene) viewAt(cut int, retarget string) cam.View {
	score := s.score
	if retarget != "" {
		kind, err := target.ByName(retarget)
		if err != nil {
			panic(err)
		}
		score = kind.Score(s.output, s.index, nil)
	}
	if s.slopes[retarget] == nil {
		nodes := make([]*Node, len(s.built.Cuts))
		for i, c := range s.built.Cuts {
			nodes[i] = c.Node
		}
		s.slopes[retarget] = source.Gradients(score, nodes...)
	}
	c := s.built.Cuts[cut]
	tokens := c.Tokens
	if tokens == nil {
		size := s.plan.Size(s.model.Card().Layout)
		tokens = func(n *Node) *Node { return source.Tokens(n, size) }
	}
	return cam.View{
		Act: c.Grid(c.Node), Grad: c.Grid(s.slopes[retarget][cut]), Score: score, Output: s.output, Index: s.index,
		Node: c.Node, Grid: c.Grid, Bias: c.Bias, Name: s.cuts[cut],
		Tokens: tokens,
	}
}

// hasProcedure tells whether a method of the plan is a procedure of a kind.
func hasProcedure[K cam.Procedure](p Plan) bool {
	return slices.ContainsFunc(p.leaves(), func(l leaf) bool { _, ok := l.how.(K); return ok })
}

// Cuts returns the names of the cuts: the plan's layers, if a method makes maps at layers, and then what the other
// methods look at: the picture, and layers across the model.
func (p Plan) Cuts() []string {
	atLayer, atPicture := split(p.leaves())
	var names []string
	if len(atLayer) > 0 {
		for _, l := range p.Layers {
			names = append(names, l.Name)
		}
	}
	if len(atPicture) > 0 {
		names = append(names, source.Picture)
	}
	for _, l := range atPicture {
		for _, name := range p.manyLayers[l.name] {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Places returns words for a person that name the cuts, " at a, b"; empty if there are none.
func (p Plan) Places() string {
	names := p.Cuts()
	if at := slices.Index(names, source.Picture); at >= 0 {
		names[at] = "the picture"
	}
	if len(names) == 0 {
		return ""
	}
	return " at " + strings.Join(names, ", ")
}

// Wants returns the tensor from which the best classes are listed, and every tensor that an aim reads.
func (p Plan) Wants() []string {
	names := []string{p.first.Tensor()}
	for _, a := range p.Aims {
		for _, name := range a.Wants() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Size returns [height, width] of the model's input.
func (p Plan) Size(layout imgio.Layout) [2]int { return layout.Size(p.Input) }

// Arguments returns the program's inputs. It copies the picture once, into the backend's memory.
func (p Plan) Arguments(b *device.Backend, values []float32) ([]*tensors.Tensor, error) {
	picture, err := tensors.FromRaw(b.Backend, 0, shapes.Make(dtypes.Float32, p.Input...),
		dtypes.UnsafeByteSliceFromAny(values))
	if err != nil {
		return nil, err
	}
	args := []*tensors.Tensor{picture}
	for _, a := range p.Aims {
		args = append(args, a.Arguments(p.Input[0])...)
	}
	return args, nil
}
