package plans

import (
	"cmp"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// JoinMaps returns the maps of a picture, with one of all parts behind those of a target that stands for several parts
// of one thing, for every layer and method.
func (p Plan) JoinMaps(maps []*heatmap.Map) []*heatmap.Map {
	n := len(maps) / max(1, len(p.Aims))
	if n == 0 || len(maps)%len(p.Aims) != 0 {
		return maps // of a run that was stopped
	}
	var out []*heatmap.Map
	for a := 0; a < len(p.Aims); {
		end := a + 1
		for end < len(p.Aims) && p.Aims[a].Joined && p.Aims[end].Joined && p.Aims[end].Found == p.Aims[a].Found {
			end++
		}
		out = append(out, maps[a*n:end*n]...)
		for k := range n {
			if end == a+1 {
				break // it is whole
			}
			var parts []*heatmap.Map
			for i := a; i < end; i++ {
				parts = append(parts, maps[i*n+k])
			}
			out = append(out, joinParts(parts))
		}
		a = end
	}
	return out
}

// joinParts returns one map that joins the maps of the parts of a thing.
func joinParts(parts []*heatmap.Map) *heatmap.Map {
	whole := *parts[0]
	whole.Grid = heatmap.Join(parts...)
	whole.Raw, whole.StdErr, whole.Sampled, whole.Gross = whole.Grid, heatmap.Grid{}, nil, 0
	whole.Metrics, whole.Curves, whole.Lead, whole.Trust, whole.Field = nil, nil, nil, nil, nil
	whole.Target, whole.Unit = parts[0].Target+" and its sides", "relative"
	if whole.Diagnosis = ""; !slices.ContainsFunc(whole.Values, func(v float32) bool { return v > 0 }) {
		whole.Diagnosis = cmp.Or(parts[0].Diagnosis, whole.Diagnose()) // the zeros are those of Join
	}
	return &whole
}
