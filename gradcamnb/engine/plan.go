package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/target"
	"github.com/gradcam-go/gradcam/internal/registry"
)

// plan is a request with every name looked up and every number checked.
type plan struct {
	first   answer // what the best classes are listed of; without a shape where the first output is no list of them
	input   []int  // shape, batch first
	layers  []source.Layer
	methods []cam.Method
	across  map[string][]string // layers that a method looks at beside those of the plan, by method
	forward []perturb.Method    // methods of forward passes alone, which the plan's program does not hold
	aims    []aim

	host func(picture int) func(masks []float32, n int) ([]float32, error) // scores masked pictures where the model is a Go function
}

// key tells plans apart that need different programs. Indices and masks are
// inputs of the program and not part of it; see [aim.score].
func (p plan) key() string {
	var b strings.Builder
	fmt.Fprint(&b, p.input)
	for _, l := range p.layers {
		fmt.Fprintf(&b, " layer %q", l.Name)
	}
	for _, m := range p.methods {
		fmt.Fprintf(&b, " method %q", m.Name)
	}
	for _, a := range p.aims {
		if a.box != nil {
			fmt.Fprintf(&b, " target %s", a.box.key())
			continue
		}
		fmt.Fprintf(&b, " target %s %q %d %t %s", a.scored.Name, a.Tensors, a.rank, a.elements, a.key)
	}
	return b.String()
}

// newPlan plans a request. What the model detects in the pictures is needed for
// targets that are detections, and nil elsewhere.
func newPlan(m source.Model, input []int, r gradcamnb.Request, seen *detected, see look) (plan, error) {
	p := plan{input: input}
	targets := targetsOf(m.Card(), r)
	layers, err := m.Layers(input, "")
	if err != nil {
		return plan{}, err
	}
	if err := p.takeMethods(r.Methods); err != nil {
		return plan{}, err
	}
	for _, t := range targets {
		aims, err := aiming{model: m, layers: layers, batch: input[0], seen: seen, look: see, read: map[string]answer{}}.aims(t)
		if err != nil {
			return plan{}, fmt.Errorf("target %s: %w", t, err)
		}
		p.aims = append(p.aims, aims...)
	}
	p.first = firstAnswer(m, layers, input[0], p.aims)
	if err := p.checkRetargeted(); err != nil {
		return plan{}, err
	}
	p.across = acrossLayers(p.leaves(), layers)
	if !p.atLayers() {
		return p, nil
	}
	p.layers, err = chooseLayers(m, input, layers, r.Layers, p.aims)
	return p, err
}

// targetsOf is what is explained: without a choice the prediction, or the surest
// detection.
func targetsOf(c source.Card, r gradcamnb.Request) []gradcamnb.Target {
	switch {
	case len(r.Targets) > 0:
		return r.Targets
	case c.Detector != nil:
		return []gradcamnb.Target{gradcamnb.Detection(1)}
	}
	return []gradcamnb.Target{gradcamnb.Top(1)}
}

// leaf is one map of one pass, which methods are made of.
type leaf struct {
	name string
	how  cam.OnePass
	unit string
}

// leaves are the maps of one pass that the plan's methods are made of, each once.
func (p plan) leaves() []leaf {
	var out []leaf
	var add func(cam.Method)
	add = func(m cam.Method) {
		switch how := m.How.(type) {
		case cam.OnePass:
			if !slices.ContainsFunc(out, func(l leaf) bool { return l.name == m.Name }) {
				out = append(out, leaf{m.Name, how, m.Unit})
			}
		case cam.Joined:
			for _, part := range how.Of {
				add(part)
			}
		case cam.Fused:
			add(how.Of)
		}
	}
	for _, m := range p.methods {
		add(m)
	}
	return out
}

// split tells the leaves that are made at every layer from those of the picture.
func split(leaves []leaf) (atLayer, atPicture []leaf) {
	for _, l := range leaves {
		if cam.HasLayer(l.how) {
			atLayer = append(atLayer, l)
		} else {
			atPicture = append(atPicture, l)
		}
	}
	return atLayer, atPicture
}

// acrossLayers names, for every method that looks at many layers, those that it looks at.
func acrossLayers(leaves []leaf, layers []source.Layer) map[string][]string {
	out := map[string][]string{}
	for _, l := range leaves {
		across, ok := l.how.(cam.Across)
		if !ok {
			continue
		}
		for _, layer := range layers {
			if slices.Contains(across.Ops, layer.Op) && len(layer.Shape) == 4 && layer.Feeds && (layer.Bias || !across.Bias) {
				out[l.name] = append(out[l.name], layer.Name)
			}
		}
	}
	return out
}

// checkRetargeted stops where a method brings a score of its own that does not fit the
// target.
func (p plan) checkRetargeted() error {
	for _, l := range p.leaves() {
		r, ok := l.how.(cam.Retargeted)
		if !ok {
			continue
		}
		kind, err := target.ByName(r.Target)
		if err != nil {
			return err
		}
		for _, a := range p.aims {
			if a.scored.Name != target.Element.Name {
				return fmt.Errorf("%s explains a class, and %s is none", l.name, a.Words)
			}
			if _, err := kind.Check(a.Shape); err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
		}
	}
	return nil
}

// takeMethods looks the methods up, in the order of the request.
func (p *plan) takeMethods(names []string) error {
	if len(names) == 0 {
		names = []string{cam.GradCAM.Name}
	}
	for _, name := range names {
		if f, err := perturb.ByName(name); err == nil {
			p.forward = append(p.forward, f)
			continue
		}
		method, err := cam.ByName(name)
		if unknown, ok := errors.AsType[*registry.UnknownError](err); ok {
			for _, f := range perturb.All() {
				unknown.Known = append(unknown.Known, f.Name)
			}
			return unknown
		}
		if err != nil {
			return err
		}
		if f, ok := perturb.Passes(method); ok {
			p.forward = append(p.forward, f)
			continue
		}
		p.methods = append(p.methods, method)
	}
	return nil
}

// atLayers tells whether a method of the plan makes its maps at layers.
func (p plan) atLayers() bool {
	return slices.ContainsFunc(p.methods, func(m cam.Method) bool {
		_, fused := m.How.(cam.Fused)
		return fused || cam.HasLayer(m.How)
	}) || slices.ContainsFunc(p.forward, func(f perturb.Method) bool { return f.AtLayers })
}

// chooseLayers looks the layers up and checks that a map can be made there for
// every target.
func chooseLayers(m source.Model, input []int, all []source.Layer, names []string, aims []aim) ([]source.Layer, error) {
	if len(names) == 0 {
		var err error
		if names, err = levelsOf(m, input, aims); err != nil {
			return nil, err
		}
	}
	if len(names) == 0 {
		l, err := source.Suggested(all)
		if err != nil {
			return nil, err
		}
		names = []string{l.Name}
	}
	var out []source.Layer
	for _, name := range names {
		l, err := source.Resolve(all, name)
		if err != nil {
			return nil, err
		}
		if l.Beside {
			return nil, fmt.Errorf("layer %q does not depend on the picture, but on another input alone, so there is nothing of the picture to explain; layers that do: %s", name, spatialNames(all))
		}
		if !l.Spatial() {
			return nil, fmt.Errorf("layer %q has the shape %v and no spatial size: it is neither a map, [batch, channels, h, w], nor tokens that form a grid of the picture's aspect ratio; layers that are: %s",
				name, l.Shape, spatialNames(all))
		}
		if slices.ContainsFunc(out, func(o source.Layer) bool { return o.Name == l.Name }) {
			return nil, fmt.Errorf("layer %q is named twice", name)
		}
		out = append(out, l)
	}
	for _, a := range aims {
		feeding, err := m.Layers(input, a.wants()[0])
		if err != nil {
			return nil, err
		}
		for _, l := range out {
			feeds, err := feedsAny(m, input, a.wants(), l.Name)
			if err != nil {
				return nil, err
			}
			if !feeds {
				return nil, fmt.Errorf("layer %q does not feed the target %s, so its gradient there is zero; layers that do: %s",
					l.Name, a.Words, spatialNames(feeding))
			}
		}
	}
	return out, nil
}

// feedsAny tells whether a layer feeds one of the tensors.
func feedsAny(m source.Model, input []int, tensors []string, layer string) (bool, error) {
	for _, name := range tensors {
		feeding, err := m.Layers(input, name)
		if err != nil {
			return false, err
		}
		if f, err := source.Resolve(feeding, layer); err == nil && f.Feeds {
			return true, nil
		}
	}
	return false, nil
}

// wants are the tensors of the model that the aim reads.
func (a aim) wants() []string {
	if a.box != nil {
		return a.box.reader.names
	}
	return a.Tensors
}

// unit is what the aim's score is measured in.
func (a aim) unit() string {
	if a.box != nil {
		return a.box.unit()
	}
	if a.Unit != "" {
		return a.Unit
	}
	return a.read.unitOf(a.scored)
}

// slopeUnit is what the gradient is taken of is measured in, which may not be the score.
func (a aim) slopeUnit() string {
	if a.box != nil {
		return a.box.slopeUnit()
	}
	return a.unit()
}

// spatialNames names the last few layers that a map can be made at.
func spatialNames(layers []source.Layer) string {
	var names []string
	for _, l := range slices.Backward(layers) {
		if l.Feeds && l.Grid[0]*l.Grid[1] > 1 && len(names) < 5 {
			names = append(names, fmt.Sprintf("%q", l.Name))
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
