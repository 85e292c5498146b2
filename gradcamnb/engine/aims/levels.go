package aims

import (
	"context"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// Levels returns the layers before a detector's heads from which the explained candidates come, each once. If all is
// true, it returns the layers of all levels. It returns none if an aim is no detection or the model has no levels.
func Levels(ctx context.Context, m source.Model, input []int, aims []Aim, all bool) ([]string, error) {
	var names []string
	picture := m.Card().Layout.Size(input)
	for _, a := range aims {
		if a.box == nil {
			return nil, nil
		}
		output := a.box.reader.Tensors()[0]
		layers, err := m.Layers(ctx, input, output)
		if err != nil {
			return nil, err
		}
		for _, at := range a.box.at {
			if all {
				at = -1
			}
			for _, l := range source.LevelOf(layers, output, picture, at, a.box.of) {
				if !slices.Contains(names, l.Name) {
					names = append(names, l.Name)
				}
			}
		}
	}
	return names, nil
}
