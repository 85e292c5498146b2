package source

import (
	"fmt"
	"slices"

	"github.com/gradcam-go/gradcam/internal/nearest"
)

// Resolve finds the layer that a name means: a tensor name, a module path, or a
// node alias. A module path means the module's output, which is the last tensor
// made inside it. An unknown name is an error with the nearest ones.
func Resolve(layers []Layer, name string) (Layer, error) {
	for _, l := range layers {
		if l.Name == name {
			return l, nil
		}
	}
	for _, l := range layers {
		if slices.Contains(l.paths, name) {
			return l, nil
		}
	}
	return Layer{}, fmt.Errorf("the model has no layer %q; the nearest names are %s", name, nearest.Quoted(nearestNames(layers, name)))
}

// Suggested is the layer that Grad-CAM is usually wanted at.
func Suggested(layers []Layer) (Layer, error) {
	for _, l := range layers {
		if l.Suggested {
			return l, nil
		}
	}
	return Layer{}, fmt.Errorf("no layer of the model has a spatial map that feeds its output, so none can be suggested: name one")
}

// suggest marks the last feature map at the lowest resolution: in a classifier
// that is the last one before the global pooling, in a U-Net the bottleneck. A map of
// one channel, such as the deviations within a layer norm, is taken only where there
// is no other.
func suggest(layers []Layer) {
	best := lowest(layers, 2)
	if best < 0 {
		best = lowest(layers, 1)
	}
	why := "last feature map at the lowest resolution, %d x %d cells"
	if token := lastTokens(layers); token >= 0 {
		best, why = token, "last tokens that attention mixes, %d x %d patches"
	}
	if best >= 0 {
		layers[best].Suggested = true
		layers[best].Why = fmt.Sprintf(why, layers[best].Grid[0], layers[best].Grid[1])
	}
}

// lowest is the last feature map at the lowest resolution with at least so many
// channels, -1 where there is none. Maps of one cell (pooled vectors), averages of a
// map already listed and the answer itself do not count.
func lowest(layers []Layer, channels int) int {
	best := -1
	for i, l := range layers {
		if !l.Feeds || l.answer || l.Grid[0]*l.Grid[1] <= 1 || l.Grid[2] < channels || averages[l.Op] || len(l.Shape) != 4 {
			continue
		}
		if best < 0 || l.Grid[0]*l.Grid[1] <= layers[best].Grid[0]*layers[best].Grid[1] {
			best = i
		}
	}
	return best
}

var averages = map[string]bool{"AveragePool": true, "GlobalAveragePool": true, "ReduceMean": true}

// lastTokens is the normalised tokens that the last attention of a transformer
// reads, or -1 for any other model. What comes after it reaches the class token
// alone, so its patches have no gradient.
func lastTokens(layers []Layer) int {
	attends := false
	for i, l := range slices.Backward(layers) {
		switch {
		case l.Op == "Conv" && !attends:
			return -1
		case l.Op == "Softmax" && len(l.Shape) >= 3:
			attends = true
		case attends && l.Feeds && l.Grid[0] > 1 && len(l.Shape) == 3 && normalises(layers, i):
			return i
		}
	}
	return -1
}

// normalises tells whether the layer is the end of a layer norm, be it one operator or,
// before opset 17, the last of many: ((x - mean) / deviation) * scale + bias.
func normalises(layers []Layer, i int) bool {
	op := func(op string, inputs []string) (from []string, ok bool) {
		for _, l := range layers[:i] {
			if l.Op == op && slices.Contains(inputs, l.Name) {
				return l.inputs, true
			}
		}
		return nil, false
	}
	if layers[i].Op == "LayerNormalization" {
		return true
	}
	if layers[i].Op != "Add" {
		return false
	}
	from := layers[i].inputs
	for _, before := range []string{"Mul", "Div", "Sub"} {
		var ok bool
		if from, ok = op(before, from); !ok {
			return false
		}
	}
	return true
}

// nearestNames lists the names that take the fewest edits to become the wanted one.
func nearestNames(layers []Layer, want string) []string {
	var names []string
	for _, l := range layers {
		if l.Spatial() {
			names = append(append(names, l.Name), l.paths...)
		}
	}
	return nearest.Names(names, want, 5)
}
