package render

import (
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// openingMap returns the indices of the result and of the map in it that a card shows first: the map that the options
// name, or else the first one at the suggested layer, or else the first one.
func openingMap(results []*heatmap.Result, o *Options) [2]int {
	if o != nil && o.Open != nil {
		for i, r := range results {
			if j := slices.Index(r.Maps, o.Open); j >= 0 {
				return [2]int{i, j}
			}
		}
	}
	if j := slices.IndexFunc(results[0].Maps, func(m *heatmap.Map) bool { return m.Suggested }); j >= 0 {
		return [2]int{0, j}
	}
	return [2]int{0, 0}
}
