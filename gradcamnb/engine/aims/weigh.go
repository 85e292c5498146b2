package aims

import (
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
)

// weigh returns the best match among detections. It computes in Go what [detectionAim.score] computes in a graph.
func (b *detectionAim) weigh(found []heatmap.Detection) float32 {
	wanted := b.wanted[0]
	if b.edge == "" {
		mask := wanted.Mask
		wanted.Mask = heatmap.Grid{}
		if i := slices.IndexFunc(found, func(d heatmap.Detection) bool {
			return b.masked && len(d.Mask.Values) > 0
		}); i >= 0 {
			wanted.Mask = mask.Resized(found[i].Mask.W, found[i].Mask.H)
		}
		return float32(wanted.Weight(found))
	}
	var best, closeness float64
	edge := slices.Index(kind.Edges, b.edge)
	for _, d := range found {
		if m := wanted.Match(d); m > best {
			off := max(d.Box[edge]-wanted.Box[edge], wanted.Box[edge]-d.Box[edge]) / (wanted.Box[edge%2+2] - wanted.Box[edge%2])
			best, closeness = m, m*max(0, 1-off)
		}
	}
	return float32(closeness)
}

// FindOutcome returns the outcome of an aim that is a detection of one picture, from what a detector that is a Go
// function found.
func (a Aim) FindOutcome(found []heatmap.Detection) Outcome {
	return Outcome{Score: []float32{a.box.weigh(found)}, Index: []int32{int32(a.box.wanted[0].Class)}}
}
