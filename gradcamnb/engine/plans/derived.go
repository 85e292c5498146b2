package plans

import (
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/aims"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// MergeMaps returns the maps sorted by aim: for each aim those of before, then those of each method in made.
func (p Plan) MergeMaps(before []*heatmap.Map, made [][]*heatmap.Map) []*heatmap.Map {
	var out []*heatmap.Map
	part := func(maps []*heatmap.Map, a int) []*heatmap.Map {
		n := len(maps) / len(p.Aims)
		return maps[a*n : (a+1)*n]
	}
	for a := range p.Aims {
		out = append(out, part(before, a)...)
		for _, maps := range made {
			out = append(out, part(maps, a)...)
		}
	}
	return out
}

// Repeatable tells whether one pass can repeat the explanation: no method draws masks, and no target is a detection.
func (p Plan) Repeatable() bool {
	return len(p.Forward) == 0 && p.Host == nil && !slices.ContainsFunc(p.Aims, aims.Aim.IsDetection)
}

// Picture returns the plan for picture i alone, with the outcomes that the aims have there.
func (p Plan) Picture(i int, found []aims.Outcome) Plan {
	p.Input = append([]int{1}, p.Input[1:]...)
	p.Aims = slices.Clone(p.Aims)
	for k, a := range p.Aims {
		p.Aims[k] = a.Picture(i, found[k])
	}
	return p
}

// ChangeClass returns the plan of one picture for other classes than the explained ones.
func (p Plan) ChangeClass() (Plan, error) {
	p.Aims = slices.Clone(p.Aims)
	for k, a := range p.Aims {
		var err error
		if p.Aims[k], err = a.ChangeClass(); err != nil {
			return p, err
		}
	}
	return p, nil
}

// ForMeasuring returns the plan with the scores by which maps are measured; see [aims.Aim.ForMeasuring].
func (p Plan) ForMeasuring() Plan {
	p.Aims = slices.Clone(p.Aims)
	for k, a := range p.Aims {
		p.Aims[k] = a.ForMeasuring()
	}
	return p
}

// Scores returns the plan for the scores only, without maps, for an input of the given shape.
func (p Plan) Scores(input []int) Plan {
	p.Input, p.methods = input, nil
	return p
}
