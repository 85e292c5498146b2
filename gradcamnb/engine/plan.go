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
)

// plan is a request with every name looked up and every number checked.
type plan struct {
	input   []int // shape, batch first
	layers  []source.Layer
	methods []cam.Method
	forward []perturb.Method // methods of forward passes alone, which the plan's program does not hold
	aims    []aim
}

// aim is one target of a plan.
type aim struct {
	kind   target.Kind
	tensor string // of the model that is read
	rank   int    // from 1, where the index is the rank-th best; else 0
	index  []int32
	mask   []float32 // [batch, h, w], for masked kinds
	size   [2]int    // of the mask
	words  string    // "class 285"

	box *boxed // where a detection is explained, instead of kind, tensor, rank and mask
}

// key tells plans apart that need different programs. Indices and masks are
// inputs of the program and not part of it.
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
		fmt.Fprintf(&b, " target %s %q %d", a.kind.Name, a.tensor, a.rank)
	}
	return b.String()
}

// newPlan plans a request. What the model detects in the pictures is needed for
// targets that are detections, and nil elsewhere.
func newPlan(m source.Model, input []int, r gradcamnb.Request, seen *detected) (plan, error) {
	p := plan{input: input}
	targets := targetsOf(m.Card(), r)
	layers, err := m.Layers(input, "")
	if err != nil {
		return plan{}, err
	}
	for _, t := range targets {
		a, err := newAim(m, layers, t, input[0], seen)
		if err != nil {
			return plan{}, fmt.Errorf("target %s: %w", t, err)
		}
		p.aims = append(p.aims, a)
	}
	if err := p.takeMethods(r.Methods); err != nil {
		return plan{}, err
	}
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
		if err != nil {
			var more []string
			for _, f := range perturb.All() {
				more = append(more, f.Name)
			}
			return fmt.Errorf("%w, %s", err, strings.Join(more, ", "))
		}
		p.methods = append(p.methods, method)
	}
	return nil
}

// atLayers tells whether a method of the plan makes its maps at layers.
func (p plan) atLayers() bool {
	return len(p.methods) > 0 || slices.ContainsFunc(p.forward, func(f perturb.Method) bool { return f.AtLayers })
}

// chooseLayers looks the layers up and checks that a map can be made there for
// every target.
func chooseLayers(m source.Model, input []int, all []source.Layer, names []string, aims []aim) ([]source.Layer, error) {
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
					l.Name, a.words, spatialNames(feeding))
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
	return []string{a.tensor}
}

// unit is what the aim's score is measured in.
func (a aim) unit() string {
	if a.box != nil {
		return a.box.unit()
	}
	return a.kind.Unit
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

// kinds says which graph function means a target of the front.
var kinds = map[string]target.Kind{
	"top": target.Element, "class": target.Element, "output": target.Element, "tensor": target.Element,
	"softmax": target.Probability,
	"region":  target.Region,
}

func newAim(m source.Model, layers []source.Layer, t gradcamnb.Target, batch int, seen *detected) (aim, error) {
	if boxes(t) {
		return newBoxAim(t, seen)
	}
	kind, ok := kinds[t.Kind]
	if !ok {
		return aim{}, fmt.Errorf("there is no target of the kind %q", t.Kind)
	}
	a := aim{kind: kind, tensor: m.Card().Outputs[0], words: t.Kind}
	switch t.Kind {
	case "output":
		if !slices.Contains(m.Card().Outputs, t.Name) {
			return aim{}, fmt.Errorf("the model has no output %q; it has %q", t.Name, m.Card().Outputs)
		}
		a.tensor = t.Name
	case "tensor":
		a.tensor = t.Name
	}
	tensor, err := source.Resolve(layers, a.tensor)
	if err != nil {
		return aim{}, err
	}
	classes, err := kind.Check(tensor.Shape)
	if err != nil {
		return aim{}, err
	}
	if n := len(m.Card().Labels); n > 0 && n != classes && a.labelled(m.Card()) {
		return aim{}, fmt.Errorf("the model has %d labels and its output %q has %d classes: one of the two is not this model's", n, a.tensor, classes)
	}
	if a.index, err = perPicture(t.Index, batch); err != nil {
		return aim{}, err
	}
	if t.Kind == "top" {
		a.rank, a.index = int(a.index[0]), nil
		if a.rank < 1 || a.rank > classes {
			return aim{}, fmt.Errorf("ranks go from 1 to the number of classes, %d", classes)
		}
		a.words = fmt.Sprintf("top %d", a.rank)
		return a, nil
	}
	for _, i := range a.index {
		if i < 0 || int(i) >= classes {
			return aim{}, fmt.Errorf("there is no class %d: the tensor %q has %d, numbered from 0 to %d", i, a.tensor, classes, classes-1)
		}
	}
	if t.Kind == "output" || t.Kind == "tensor" {
		a.words = t.Name
	}
	if kind.Masked {
		if err := a.takeMask(t, batch, [2]int(tensor.Shape[2:])); err != nil {
			return aim{}, err
		}
	}
	return a, nil
}

// perPicture spreads one index to all pictures, or takes one a picture.
func perPicture(index []int, batch int) ([]int32, error) {
	if len(index) != 1 && len(index) != batch {
		return nil, fmt.Errorf("it names %d indices for %d pictures; name one, or one a picture", len(index), batch)
	}
	out := make([]int32, batch)
	for i := range out {
		out[i] = int32(index[i%len(index)])
	}
	return out, nil
}

// takeMask lays the masks out as [batch, h, w], divided by their sum for a mean.
func (a *aim) takeMask(t gradcamnb.Target, batch int, size [2]int) error {
	if len(t.Masks) != 1 && len(t.Masks) != batch {
		return fmt.Errorf("it has %d masks for %d pictures; give one, or one a picture", len(t.Masks), batch)
	}
	a.size = size
	for i := range batch {
		m := t.Masks[i%len(t.Masks)]
		if m.H != size[0] || m.W != size[1] {
			return fmt.Errorf("the mask is %d x %d pixels and the output %d x %d (width x height)", m.W, m.H, size[1], size[0])
		}
		var sum float32
		for _, v := range m.Values {
			sum += v
		}
		if sum == 0 {
			return errors.New("the mask is empty: no pixel counts")
		}
		for _, v := range m.Values {
			if t.Mean {
				v /= sum
			}
			a.mask = append(a.mask, v)
		}
	}
	return nil
}
