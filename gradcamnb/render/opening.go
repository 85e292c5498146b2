package render

import (
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// opening is where the map is that a card shows first, as the places of its result and of the map there: the one that
// the options name, else the first at the suggested layer, else the first of all.
func opening(results []*heatmap.Result, o *Options) [2]int {
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
