package source

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/internal/fault"
	"github.com/gradcam-go/gradcam/internal/nearest"
	"github.com/gradcam-go/gradcam/internal/place"
)

// Resolve returns the layer that a name means: a tensor name, a module path or a node alias. A module path means the
// module's output, which is the last tensor made inside it. The error for an unknown name lists the nearest ones.
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
	if nearest.IsList(name, layerNames(layers)) {
		return Layer{}, fault.Errorf(fault.ErrUnknownLayer, "the model has no layer %q; several layers are written %s", name,
			place.Words(`Layers("`+strings.ReplaceAll(name, ",", `", "`)+`")`,
				"--layer "+strings.ReplaceAll(name, ",", " --layer ")))
	}
	suggested := ""
	if l, err := SuggestedLayer(layers); err == nil {
		suggested = fmt.Sprintf("; the suggested layer is %q", cmp.Or(l.Path, l.Name))
	}
	return Layer{}, fault.Errorf(fault.ErrUnknownLayer, "the model has no layer %q; the nearest names are %s%s; %s lists all",
		name, nearest.Quote(nearestNames(layers, name)), suggested, place.Words("nb.ShowLayers(net)", "gradcam layers"))
}

// SuggestedLayer returns the layer that Grad-CAM is usually taken at.
func SuggestedLayer(layers []Layer) (Layer, error) {
	for _, l := range layers {
		if l.Suggested {
			return l, nil
		}
	}
	return Layer{}, fmt.Errorf(
		"no layer of the model has a map that feeds its output and whose cells lie where they lay in the picture, so none can be suggested: name one, or take a method that needs no layer, such as RISE")
}

// nearestNames returns the names that take the fewest edits to become want.
func nearestNames(layers []Layer, want string) []string {
	spatial := slices.DeleteFunc(slices.Clone(layers), func(l Layer) bool { return !l.Spatial() })
	return nearest.Names(layerNames(spatial), want, 5)
}

// layerNames returns all names that layers have.
func layerNames(layers []Layer) []string {
	var names []string
	for _, l := range layers {
		names = append(append(names, l.Name), l.paths...)
	}
	return names
}
