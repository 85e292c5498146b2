package nets

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/scenes"
)

// Tagger says which shapes and which colours are in a picture. It gives one logit for each tag, any number of which may
// be positive.
var Tagger = Net{
	Name:    "tagger",
	Side:    96,
	Labels:  slices.Concat(scenes.Shapes, scenes.Colors),
	Outputs: []string{"tags"},
	Graph: func(scope *model.Scope, x *Node) []*Node {
		maps := stages(scope, x, 16, 32, 48, 64)
		return []*Node{head(scope, "tags", maps[len(maps)-1], len(scenes.Shapes)+len(scenes.Colors))}
	},
}

// Tags returns for every label of the tagger whether an object has it.
func Tags(o scenes.Object) []bool {
	tags := make([]bool, len(Tagger.Labels))
	tags[o.Shape] = true
	tags[len(scenes.Shapes)+int(o.Color)] = true
	return tags
}
