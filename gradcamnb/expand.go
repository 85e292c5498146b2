package gradcamnb

import (
	"context"
	"errors"
	"slices"
)

// These names stand for several layers in a choice of layers.
const (
	AllLayers   = "all"    // every layer with a spatial map that feeds the output
	StageLayers = "stages" // the last feature map of each resolution
	LevelLayers = "levels" // the last map before a detector's heads, of each of its levels
)

// expandLayers returns the request's layers, with each name that stands for several layers replaced by them.
func (m *Model) expandLayers(ctx context.Context, r Request) ([]string, error) {
	names := r.Layers
	if !slices.Contains(names, AllLayers) && !slices.Contains(names, StageLayers) && !slices.Contains(names, LevelLayers) {
		return names, nil
	}
	layers, err := m.session.Layers(ctx, r.WithoutPictures())
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range names {
		switch name {
		case AllLayers:
			out = append(out, layerNames(m.spatial(layers))...)
		case StageLayers:
			out = append(out, layerNames(stages(m.spatial(layers)))...)
		case LevelLayers:
			of := slices.DeleteFunc(slices.Clone(layers), func(l Layer) bool { return !l.Level })
			if len(of) == 0 {
				return nil, errors.New("the model has no levels: its answer is not made of maps of several resolutions")
			}
			out = append(out, layerNames(of)...)
		default:
			out = append(out, name)
		}
	}
	return slices.Compact(out), nil
}

// spatial returns the layers whose map is worth looking at: they feed the output, are not an output themselves, and
// have more than one cell and more than one channel.
func (m *Model) spatial(layers []Layer) []Layer {
	outputs := m.Info().Outputs
	return slices.DeleteFunc(slices.Clone(layers), func(l Layer) bool {
		return !l.Feeds || l.Grid[0]*l.Grid[1] <= 1 || l.Channels < 2 || slices.Contains(outputs, l.Name)
	})
}

// stages returns the last layer of each resolution on the way down to the lowest one. If a network goes up again,
// stages adds the last layer of each resolution on the way up.
func stages(layers []Layer) []Layer {
	cells := func(l Layer) int { return l.Grid[0] * l.Grid[1] }
	bottom := 0
	for i, l := range layers {
		if cells(l) <= cells(layers[bottom]) {
			bottom = i
		}
	}
	var out []Layer
	for _, part := range [][]Layer{layers[:min(bottom+1, len(layers))], layers[min(bottom+1, len(layers)):]} {
		for i, l := range part {
			if !slices.ContainsFunc(part[i+1:], func(later Layer) bool { return cells(later) == cells(l) }) {
				out = append(out, l)
			}
		}
	}
	return out
}

func layerNames(layers []Layer) []string {
	var names []string
	for _, l := range layers {
		names = append(names, l.Name)
	}
	return names
}
