package perturb

import (
	"context"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// FromCAM returns a method of many passes of package cam as one of this package. ok is false
// for a method of one pass.
func FromCAM(m cam.Method) (of Method, ok bool) {
	p := passRunner{method: m}
	switch how := m.Procedure.(type) {
	case cam.Pictures:
		p.see, p.start = how.See, how.Start
	case cam.MaskedPictures:
		p.mask, p.start = how.Mask, how.Start
	case cam.Activations:
		p.fromLayer, p.refuse, p.start = true, how.Refuse, how.Start
	default:
		return Method{}, false
	}
	return Method{
		Name: m.Name, Aliases: m.Aliases, Paper: m.Paper, Formula: m.Formula, Passes: m.Passes, Use: m.Use, Peers: m.Peers,
		AtLayers: cam.HasLayer(m.Procedure), Plane: m.Plane, Spreads: m.Spreads, Slopes: p.see != nil,
		Explain: p.explain,
	}, true
}

// passRunner runs a method of many passes, a batch at a time.
type passRunner struct {
	method    cam.Method
	see       cam.OnePass                                // what is read of a pass over a changed picture
	mask      func(shown *Node, height, width int) *Node // makes the masks of a pass over the masked picture
	fromLayer bool                                       // a pass begins at the layer
	refuse    func(cam.Original) error                   // nil if every picture can be explained
	start     func(cam.Original) cam.Run
}

func (p passRunner) explain(ctx context.Context, s *Subject, report Listener) ([]*heatmap.Map, error) {
	layers := []*source.Layer{nil}
	if cam.HasLayer(p.method.Procedure) {
		layers = nil
		for i := range s.Layers {
			layers = append(layers, &s.Layers[i])
		}
	}
	n := len(layers)
	maps := make([]*heatmap.Map, len(s.Aims)*n)
	for k, l := range layers {
		c, err := p.begin(ctx, s, l)
		if err != nil {
			return nil, err
		}
		sofar := func() {
			for a, run := range c.runs {
				maps[a*n+k] = p.mapOf(s, l, run)
			}
		}
		err = p.run(ctx, s, l, c, func(done, total int) error {
			return report(k*total+done, n*total, func() ([]*heatmap.Map, error) {
				sofar()
				if k+1 < n { // the maps of later layers are not begun
					return nil, nil
				}
				return maps, nil
			})
		})
		c.end()
		sofar()
		if err != nil {
			if k+1 < n {
				return nil, err
			}
			return maps, err
		}
	}
	return maps, nil
}

// mapOf returns the map of the inputs that a run has taken so far.
func (p passRunner) mapOf(s *Subject, l *source.Layer, run cam.Run) *heatmap.Map {
	g := run.Map()
	raw := heatmap.Grid{H: g.H, W: g.W, Values: g.Flat, Slices: s.Slices()}
	if l != nil {
		raw.Slices, raw.Beyond = l.Slices, l.Axes.Beyond
	}
	height, width := s.Size()
	full := positiveAbove(raw, 0).ResizedLike(heatmap.Grid{W: width, H: height, Slices: s.Slices()})
	m := &heatmap.Map{Raw: raw, Grid: full, Place: heatmap.AtPicture,
		Layer: "picture",
		Unit:  p.method.Unit, KeepsCells: p.method.KeepsCells, Diagnosis: run.Doubt}
	if l != nil {
		PlaceAtLayer(m, *l)
	}
	return m
}

// PlaceAtLayer writes into a map at which layer it was made, and what is known of the layer.
func PlaceAtLayer(m *heatmap.Map, l source.Layer) {
	m.Place, m.Layer, m.Suggested = heatmap.AtLayer, l.Title(), l.Suggested
	m.Warped, m.Beside = l.Axes.Warped, l.Beside
	if l.Field != nil { // x before y
		turned := func(v [2]float64) [2]float64 { return [2]float64{v[1], v[0]} }
		m.Field = &heatmap.Field{Lo: turned(l.Field.Lo), Hi: turned(l.Field.Hi), Step: turned(l.Field.Step),
			Gated: l.Field.Gated}
	}
}

// originalPass holds the forward pass of the unchanged picture, and what the aims make of the passes after it.
type originalPass struct {
	node *tensors.Tensor // the layer as the model has it; nil if there is no layer
	runs []cam.Run       // by aim
}

func (c originalPass) end() {
	if c.node != nil {
		c.node.MustFinalizeAll()
	}
}

// begin runs the model on the unchanged picture and starts a run for every aim.
func (p passRunner) begin(ctx context.Context, s *Subject, l *source.Layer) (originalPass, error) {
	var cuts []string
	key := "clean"
	if l != nil {
		cuts, key = []string{l.Name}, "clean "+l.Name
	}
	program, err := s.Compile(key, func(m *SubjectGraph, _ []*Node) []*Node {
		built := m.Build(m.Picture, cuts, s.Wants())
		out := []*Node{m.ScoresOf(built.Outputs)}
		for _, c := range built.Cuts {
			out = append(out, c.Grid(c.Node), MulScalar(c.Node, 1))
		}
		return out
	})
	if err != nil {
		return originalPass{}, err
	}
	out, err := program(ctx)
	if err != nil {
		return originalPass{}, err
	}
	scores, err := device.Floats(out[0])
	if err != nil {
		return originalPass{}, err
	}
	height, width := s.Size()
	clean := cam.Original{
		Picture:      cam.Values{H: height, W: width, C: len(s.Values) / (height * width), Flat: s.Values},
		ChannelsLast: s.Model.Card().Layout == imgio.ChannelsLast,
	}
	var c originalPass
	if l != nil {
		d := out[1].Shape().Dimensions
		act, err := device.Floats(out[1])
		if err != nil {
			return originalPass{}, err
		}
		clean.Act = cam.Values{H: d[1], W: d[2], C: d[3], Flat: act}
		c.node = out[2]
	}
	for _, score := range scores {
		clean.Score = score
		if p.refuse != nil {
			if err := p.refuse(clean); err != nil {
				c.end()
				return originalPass{}, err
			}
		}
		c.runs = append(c.runs, p.start(clean))
	}
	return c, nil
}

// run does the passes. The runs of all aims have the same inputs, and each takes the scores of its aim.
func (p passRunner) run(ctx context.Context, s *Subject, l *source.Layer, c originalPass,
	report func(done, total int) error) error {
	n := c.runs[0].Inputs
	batch, err := s.batch(n)
	if err != nil {
		return err
	}
	program, err := p.compile(s, l, batch)
	if err != nil {
		return err
	}
	var values []float32
	for done := 0; done < n; {
		if err := ctx.Err(); err != nil {
			return err
		}
		now := min(batch, n-done)
		values = values[:0]
		for i := range batch { // the last pass is filled up with copies
			values = append(values, c.runs[0].Input(done+min(i, now-1))...)
		}
		in := []*tensors.Tensor{tensors.FromFlatDataAndDimensions(values, p.dims(s, l, batch)...)}
		if p.fromLayer {
			in = append(in, c.node)
		}
		out, err := program(ctx, in...)
		in[0].MustFinalizeAll()
		if err != nil {
			return err
		}
		if err := deliver(c.runs, out, batch, done, now); err != nil {
			return err
		}
		done += now
		if err := report(done, n); err != nil {
			return err
		}
	}
	return nil
}

// deliver gives every run the results of a pass: the scores [aims, batch] and, for each aim,
// the values that the method reads, [batch, ...].
func deliver(runs []cam.Run, out []*tensors.Tensor, batch, done, now int) error {
	var all [][]float32
	for _, t := range out {
		v, err := device.Floats(t)
		if err != nil {
			return err
		}
		all = append(all, v)
	}
	for a, run := range runs {
		for i := range now {
			var seen []float32
			if len(all) > 1 {
				v := all[1+a]
				seen = v[i*len(v)/batch : (i+1)*len(v)/batch]
			}
			run.Take(done+i, all[0][a*batch+i], seen)
		}
	}
	return nil
}

// dims returns the shape of a pass's inputs.
func (p passRunner) dims(s *Subject, l *source.Layer, batch int) []int {
	switch {
	case p.fromLayer:
		return []int{batch, l.Grid[0], l.Grid[1], l.Channels}
	case p.mask != nil:
		return []int{batch, l.Grid[0], l.Grid[1]}
	}
	return append([]int{batch}, s.Input[1:]...)
}

// compile compiles the program of a pass.
func (p passRunner) compile(s *Subject, l *source.Layer, batch int) (Program, error) {
	name := ""
	if l != nil {
		name = l.Name
	}
	key := fmt.Sprintf("%s at %q, %d a pass", p.method.Name, name, batch)
	if p.fromLayer {
		key = fmt.Sprintf("from %q, %d a pass", name, batch)
	}
	return s.Compile(key, func(m *SubjectGraph, in []*Node) []*Node {
		if p.fromLayer {
			return []*Node{m.ScoresOf(m.buildFrom(p.method.Name, l.Name, in[0], in[1]))}
		}
		if p.mask != nil {
			height, width := s.Size()
			return []*Node{m.Scores(m.Hide(p.mask(in[0], height, width)))}
		}
		return p.collect(m, l, in[0])
	})
}

func (m *SubjectGraph) buildFrom(method, layer string, grid, clean *Node) map[string]*Node {
	parts, ok := m.subject.Model.(source.LayerBuilder)
	if !ok {
		exceptions.Panicf("model %s: %s starts its passes at a layer, and this model can only be run as a whole; take Score-CAM or RISE", m.subject.Model.Card().Name, method)
	}
	return parts.BuildFrom(m.scope, m.Picture, source.Start{Layer: layer, Grid: grid, Clean: clean}, m.subject.Wants())
}

// collect returns the scores and, for every aim, the values that the method reads of a pass.
func (p passRunner) collect(m *SubjectGraph, l *source.Layer, x *Node) []*Node {
	cut := source.Picture
	if l != nil {
		cut = l.Name
	}
	built := m.Build(x, []string{cut}, m.subject.Wants())
	c := built.Cuts[0]
	scores := m.ScoresOf(built.Outputs)
	out := []*Node{scores}
	params := m.params
	for a, aim := range m.subject.Aims {
		score := Squeeze(Slice(scores, AxisElem(a)), 0)
		at := cam.View{
			Act: c.Grid(c.Node), Grad: c.Grid(source.Gradients(score, c.Node)[0]), Score: score,
			Node: c.Node, Grid: c.Grid, Name: cut,
			Output: built.Outputs[aim.Wants[0]], Index: params[0],
		}
		if aim.Probability != nil {
			at.Probability = aim.Probability(built.Outputs, params[:len(aim.Params)])
		}
		params = params[len(aim.Params):]
		if pixels, ok := p.see.(cam.Pixels); ok {
			out = append(out, pixels(at))
			continue
		}
		seen, ok := cam.MakeMap(p.see, at)
		if !ok {
			exceptions.Panicf("%s has no map of one pass", p.method.Name)
		}
		out = append(out, seen)
	}
	return out
}
