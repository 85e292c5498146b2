package plans

import (
	"context"
	"fmt"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/aims"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detections"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
)

// Plan is a request with every name looked up and every number checked.
type Plan struct {
	Input   []int            // shape, batch first
	Layers  []source.Layer   // at which maps are made
	Aims    []aims.Aim       // what is explained, in the request's order
	Forward []perturb.Method // methods of forward passes, which are not part of the plan's program

	// Host scores masked copies of a picture if the model is a Go function; else nil.
	Host func(ctx context.Context, masks []float32, n int) ([]float32, error)

	first      aims.Answer // from which the best classes are listed
	methods    []cam.Method
	manyLayers map[string][]string // layers that a method looks at besides those of the plan, by method
}

// Key returns a text that differs for plans that need different programs. Indices and masks are inputs of the program
// and not part of it; see [aims.Aim.Score].
func (p Plan) Key() string {
	var b strings.Builder
	fmt.Fprint(&b, p.Input)
	for _, l := range p.Layers {
		fmt.Fprintf(&b, " layer %q", l.Name)
	}
	for _, m := range p.methods {
		fmt.Fprintf(&b, " method %q", m.Name)
	}
	for _, a := range p.Aims {
		fmt.Fprintf(&b, " target %s", a.Key())
	}
	return b.String()
}

// Context is what targets are looked up in besides the model.
type Context struct {
	// what the model detects in the pictures, for targets that are detections; nil for others
	Detected   *detections.Findings
	ReadValues aims.ValuesFn // reads tensors of the model in front of them
}

// New plans a request.
func New(ctx context.Context, m source.Model, input []int, r ask.Request, known Context) (Plan, error) {
	p := Plan{Input: input}
	targets := Targets(m.Card(), r)
	layers, err := m.Layers(ctx, input, "")
	if err != nil {
		return Plan{}, err
	}
	if err := p.takeMethods(r.Methods); err != nil {
		return Plan{}, err
	}
	if m.Card().Slices > 0 {
		if err := checkVolumes(p); err != nil {
			return Plan{}, err
		}
	}
	for _, t := range targets {
		l := aims.Lookup{Model: m, Layers: layers, Pictures: input[0], Detected: known.Detected,
			ReadValues: known.ReadValues}
		found, err := l.Aims(t)
		if err != nil {
			if !t.IsDetection() {
				err = fmt.Errorf("%s%w", detections.Advise(m.Card(), layers, input), err)
			}
			return Plan{}, fmt.Errorf("target %s: %w", t, err)
		}
		p.Aims = append(p.Aims, found...)
	}
	p.first = aims.FirstAnswer(m, layers, input[0], p.Aims)
	if err := p.checkRetargeted(); err != nil {
		return Plan{}, err
	}
	p.manyLayers = groupLayers(p.leaves(), layers)
	if p.hasLayerMaps() {
		if err := p.chooseLayers(ctx, m, layers, r.Layers); err != nil {
			return Plan{}, err
		}
	}
	return p, p.checkCropped(layers)
}

// Targets returns the request's targets. If it has none, they are the prediction or, for a detector, the surest
// detection.
func Targets(c source.Card, r ask.Request) []ask.Target {
	switch {
	case len(r.Targets) > 0:
		return r.Targets
	case c.Detector != nil:
		return []ask.Target{singleTarget(kind.Detection)}
	}
	return []ask.Target{singleTarget(kind.Top)}
}

// singleTarget returns the first target of a kind that counts its targets by rank.
func singleTarget(k kind.Kind) ask.Target {
	return ask.Target{Spec: kind.Spec{Kind: k.Name, Index: []int{1}}}
}

// NewHiding returns a plan of methods that only hide parts of a picture, for a detector that is a Go function. The
// caller must add the aims and the host.
func NewHiding(input []int, methods []string) (Plan, error) {
	p := Plan{Input: input}
	if err := p.takeMethods(methods); err != nil {
		return Plan{}, err
	}
	if p.hasLayerMaps() || len(p.methods) > 0 {
		return Plan{}, fmt.Errorf("it has no layers and no gradients, which %s and the like need: ask for RISE or occlusion",
			cam.GradCAM.Name)
	}
	return p, nil
}
