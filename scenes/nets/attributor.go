package nets

import (
	"image"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/scenes"
)

// Attributor says what the object in a crop is like. It has one head for the shape and one for the colour.
var Attributor = Net{
	Name:    "attributor",
	Side:    48,
	Labels:  scenes.Shapes,
	Outputs: []string{"shape", "color"},
	Heads:   map[string][]string{"shape": scenes.Shapes, "color": scenes.Colors},
	Graph: func(scope *model.Scope, x *Node) []*Node {
		maps := stages(scope, x, 16, 32, 48)
		last := maps[len(maps)-1]
		return []*Node{head(scope, "shape", last, len(scenes.Shapes)), head(scope, "color", last, len(scenes.Colors))}
	},
}

// Crop returns the square around a box that the attributor looks at. It is half as wide again as the box's longer side,
// and lies within the picture.
func Crop(picture, box image.Rectangle) image.Rectangle {
	side := min(3*max(box.Dx(), box.Dy())/2, picture.Dx(), picture.Dy())
	middle := box.Min.Add(box.Max).Div(2)
	at := middle.Sub(image.Pt(side/2, side/2))
	at.X = min(max(at.X, picture.Min.X), picture.Max.X-side)
	at.Y = min(max(at.Y, picture.Min.Y), picture.Max.Y-side)
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}
}
