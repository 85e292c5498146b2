package plans

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/aims"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// chooseLayers looks up the named layers among all of the model's, and checks that a map can be made there for every
// target. Without names it takes the levels from which the explained detections come, or all levels if a method joins
// them. If there are no levels, it takes the suggested layer.
func (p *Plan) chooseLayers(ctx context.Context, m source.Model, all []source.Layer, names []string) error {
	if len(names) == 0 {
		var err error
		if names, err = aims.Levels(ctx, m, p.Input, p.Aims, p.joinsAllLevels()); err != nil {
			return err
		}
	}
	if len(names) == 0 {
		l, err := source.SuggestedLayer(all)
		if err != nil {
			return err
		}
		names = []string{l.Name}
	}
	var err error
	if p.Layers, err = resolveLayers(all, names); err != nil {
		return err
	}
	for _, a := range p.Aims {
		if err := p.checkFeeds(ctx, m, a); err != nil {
			return err
		}
	}
	return nil
}

// resolveLayers looks up layers. It returns an error if a map cannot be made at one of them.
func resolveLayers(all []source.Layer, names []string) ([]source.Layer, error) {
	var out []source.Layer
	for _, name := range names {
		l, err := source.Resolve(all, name)
		if err != nil {
			return nil, err
		}
		if l.WithoutPicture {
			return nil, fmt.Errorf("layer %q depends only on another input and not on the picture, so it explains nothing of the picture; layers that depend on the picture: %s", name, spatialNames(all))
		}
		if !l.Spatial() {
			return nil, fmt.Errorf("layer %q has the shape %v and no spatial size: it is neither a map, [batch, channels, h, w], nor tokens that form a grid of the picture's aspect ratio, or its cells do not lie where they lay in the picture; layers that do: %s",
				name, l.Shape, spatialNames(all))
		}
		if slices.ContainsFunc(out, func(o source.Layer) bool { return o.Name == l.Name }) {
			return nil, fmt.Errorf("layer %q is named twice", name)
		}
		out = append(out, l)
	}
	return out, nil
}

// checkFeeds returns an error if an aim does not depend on one of the layers.
func (p *Plan) checkFeeds(ctx context.Context, m source.Model, a aims.Aim) error {
	feeding, err := m.Layers(ctx, p.Input, a.Wants()[0])
	if err != nil {
		return err
	}
	for _, l := range p.Layers {
		feeds, err := feedsAny(ctx, m, p.Input, a.Wants(), l.Name)
		if err != nil {
			return err
		}
		if !feeds {
			return fmt.Errorf("layer %q does not feed the target %s, so its gradient there is zero; layers that do: %s",
				l.Name, a.Words, spatialNames(feeding))
		}
	}
	return nil
}

// feedsAny tells whether a layer feeds one of the tensors.
func feedsAny(ctx context.Context, m source.Model, input []int, tensors []string, layer string) (bool, error) {
	for _, name := range tensors {
		feeding, err := m.Layers(ctx, input, name)
		if err != nil {
			return false, err
		}
		if f, err := source.Resolve(feeding, layer); err == nil && f.Feeds {
			return true, nil
		}
	}
	return false, nil
}

// spatialNames returns the names of the last few layers at which a map can be made.
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
