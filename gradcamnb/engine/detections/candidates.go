package detections

import (
	"cmp"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
)

// candidates has one picture's boxes, class scores, confidences, objectness, class numbers as the model writes them
// and, if there are any, landmarks, each laid flat. If the model writes no class numbers, they are zeros or left out.
type candidates [][]float32

// points returns the landmarks, x and y, of candidate k; nil if there are none.
func (c candidates) points(k int) []float32 {
	const at = 5
	if len(c) <= at {
		return nil
	}
	n := len(c[at]) / len(c[2])
	return c[at][n*k : n*(k+1)]
}

func (c candidates) box(k int) heatmap.Box {
	v := c[0][4*k : 4*k+4]
	return heatmap.Box{float64(v[0]), float64(v[1]), float64(v[2]), float64(v[3])}
}

func (c candidates) scores(k int) []float32 {
	n := len(c[1]) / len(c[2])
	return c[1][n*k : n*(k+1)]
}

func (c candidates) class(k int) int {
	s := c.scores(k)
	return slices.Index(s, slices.Max(s))
}

// mostFound is the usual largest number of detections that are kept of a picture.
const mostFound = 300

// keep returns the candidates above the threshold, the surest first, without those whose IoU
// with a surer one of their class, or of any, is at least that of the spec (greedy non-maximum
// suppression). Turned boxes are suppressed by [candidates.suppressTurned].
func (c candidates) keep(spec detect.Spec) []int {
	var order, kept []int
	for k, v := range c[2] {
		if float64(v) > spec.Threshold { // a NaN is not
			order = append(order, k)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(c[2][b], c[2][a]) })
	if d, err := detect.ByName(spec.Decoder); err == nil && d.Turned {
		return c.suppressTurned(order, spec)
	}
	for _, k := range order {
		twice := spec.NMS < 1 && slices.ContainsFunc(kept, func(o int) bool {
			return (spec.AcrossClasses || c.class(o) == c.class(k)) && c.box(o).IoU(c.box(k)) >= spec.NMS
		})
		if !twice {
			kept = append(kept, k)
		}
		if len(kept) == cmp.Or(spec.Most, mostFound) {
			break
		}
	}
	return kept
}

// clip returns the part of a box that lies in the picture.
func clip(b heatmap.Box, f imgio.Frame) heatmap.Box {
	w, h := float64(f.PictureW), float64(f.PictureH)
	return heatmap.Box{min(max(b[0], 0), w), min(max(b[1], 0), h), min(max(b[2], 0), w), min(max(b[3], 0), h)}
}

func (c candidates) detection(k int, f imgio.Frame, labels []string) heatmap.Detection {
	d := heatmap.Detection{
		Box: clip(toPicture(f, c.box(k)), f), Class: c.class(k), Label: kind.LabelOf(labels, c.class(k)),
		Score: c[2][k], Scores: slices.Clone(c.scores(k)), Objectness: c[3][k], Frame: f,
	}
	for p := c.points(k); len(p) > 0; p = p[2:] {
		x, y := f.ToPicture(float64(p[0]), float64(p[1]))
		d.Points = append(d.Points, [2]float64{x, y})
	}
	return d
}
