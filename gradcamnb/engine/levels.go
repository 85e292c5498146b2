package engine

import (
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// candidateOf is the number of the candidate of picture i that a detection is, or the one
// that matches best where it was drawn; -1 where nothing is known of candidates.
func (d *detected) candidateOf(rank int, drawn heatmap.Detection, i int) int {
	if len(d.kept) <= i {
		return -1
	}
	if rank > 0 {
		return d.kept[i][rank-1]
	}
	all := d.all[i]
	best, match := -1, 0.0
	for k, confidence := range all[2] {
		c := heatmap.Detection{Box: all.box(k), Scores: all.scores(k), Objectness: confidence}
		if m := drawn.Match(c); m > match {
			best, match = k, m
		}
	}
	return best
}

// levelsOf are the layers before a detector's heads that the explained candidates are made
// of, each once; none where no aim is a detection or the model has no levels.
func levelsOf(m source.Model, input []int, aims []aim) ([]string, error) {
	var names []string
	picture := plan{input: input}.size(m.Card().Layout)
	for _, a := range aims {
		if a.box == nil {
			return nil, nil
		}
		output := a.box.reader.names[0]
		layers, err := m.Layers(input, output)
		if err != nil {
			return nil, err
		}
		for _, at := range a.box.at {
			for _, l := range source.LevelOf(layers, output, picture, at, a.box.of) {
				if !slices.Contains(names, l.Name) {
					names = append(names, l.Name)
				}
			}
		}
	}
	return names, nil
}
