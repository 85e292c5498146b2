package detections

import (
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
)

// Findings has the detections that were found in a batch of pictures.
type Findings struct {
	read    *Reader
	frames  []imgio.Frame
	found   [][]heatmap.Detection // boxes in pixels of the original pictures
	kept    [][]int               // the numbers of their candidates
	all     []candidates          // of each picture
	best    []float32             // confidence of each picture's best candidate
	classes int
	masks   bool // the model has instance masks
	turned  bool // boxes are turned, and their corners the points
}

// ToKind returns the findings as the kinds of targets read them; nil if d is nil.
func (d *Findings) ToKind() *kind.Findings {
	if d == nil {
		return nil
	}
	return &kind.Findings{
		Detections: d.found, Best: d.best, Threshold: d.read.spec.Threshold, Decoder: d.read.spec.Decoder,
		Labels: d.read.labels, Classes: d.classes, Masks: d.masks, Frames: d.frames,
	}
}

// ToModel returns a box of picture i in pixels of the model's input.
func (d *Findings) ToModel(b heatmap.Box, i int) heatmap.Box {
	x0, y0 := d.frames[i].ToModel(b[0], b[1])
	x1, y1 := d.frames[i].ToModel(b[2], b[3])
	return heatmap.Box{x0, y0, x1, y1}
}

func toPicture(f imgio.Frame, b heatmap.Box) heatmap.Box {
	x0, y0 := f.ToPicture(b[0], b[1])
	x1, y1 := f.ToPicture(b[2], b[3])
	return heatmap.Box{x0, y0, x1, y1}
}

// CandidateOf returns the number of the candidate in picture i that a detection was made from.
// rank is the detection's number, counted from 1. If it is 0 the box was drawn by hand, and
// the candidate is the one that matches drawn best; -1 if none does. It also returns -1 if no
// candidates are known.
func (d *Findings) CandidateOf(rank int, drawn heatmap.Detection, i int) int {
	if len(d.kept) <= i {
		return -1
	}
	if rank > 0 {
		return d.kept[i][rank-1]
	}
	all := d.all[i]
	best, match := -1, 0.0
	for k, confidence := range all[2] {
		c := heatmap.Detection{Box: all.box(k), Scores: all.scores(k), Objectness: confidence}
		if m := drawn.Match(c); m > match {
			best, match = k, m
		}
	}
	return best
}

// MaskToModel returns a mask of picture i at the model's input size.
func (d *Findings) MaskToModel(m heatmap.Grid, i int) heatmap.Grid {
	f := d.frames[i]
	out := heatmap.NewGrid(f.ModelW, f.ModelH)
	for k := range out.Values {
		x, y := f.ToPicture(float64(k%out.W)+0.5, float64(k/out.W)+0.5)
		if x >= 0 && y >= 0 && int(x) < m.W && int(y) < m.H {
			out.Values[k] = m.At(int(x), int(y))
		}
	}
	return out
}

// Box returns the box of a candidate of picture i in pixels of the model's input, not cut off at the picture's edge.
func (d *Findings) Box(i, candidate int) heatmap.Box { return d.all[i].box(candidate) }

// HasTurned tells whether the boxes are turned ones, with corners from the model.
func (d *Findings) HasTurned() bool { return d.turned }

// Corners returns the four corners of a detection of picture i in pixels of the model's input, in order round it. If
// the detection has no corners they are those of its box, which must be in pixels of the model's input already.
func (d *Findings) Corners(of heatmap.Detection, i int) [][2]float64 {
	b := of.Box
	if len(of.Points) == 0 {
		return [][2]float64{{b[2], b[3]}, {b[2], b[1]}, {b[0], b[1]}, {b[0], b[3]}}
	}
	f := d.frames[i]
	if isEven(f) {
		x, y := f.ToModel(findMiddle(of.Points))
		return scaleTurned(of.Points, [2]float64{x, y}, 1/f.ScaleX, 1/f.ScaleY)
	}
	var out [][2]float64
	for _, p := range of.Points {
		x, y := f.ToModel(p[0], p[1])
		out = append(out, [2]float64{x, y})
	}
	return out
}

// Candidates returns how many candidates picture i has; 0 if none are known.
func (d *Findings) Candidates(i int) int {
	if i >= len(d.all) {
		return 0
	}
	return len(d.all[i][2])
}

// Reader returns the reader that read the model's outputs.
func (d *Findings) Reader() *Reader { return d.read }

// ForPicture returns the detections of picture i, the surest first; nil if d is nil.
func (d *Findings) ForPicture(i int) []heatmap.Detection {
	if d == nil {
		return nil
	}
	return d.found[i]
}

// Detections returns the detections of each picture, the surest first.
func (d *Findings) Detections() [][]heatmap.Detection { return d.found }

// FromDetector returns the findings of a detector that is a Go function, for one picture.
func FromDetector(found []heatmap.Detection, labels []string, whole imgio.Frame) *Findings {
	return &Findings{
		read:   &Reader{spec: detect.Spec{Decoder: "a Go function"}, labels: labels},
		frames: []imgio.Frame{whole}, found: [][]heatmap.Detection{found}, best: []float32{0}, classes: len(labels),
		masks: true, // only a call of the function tells whether it returns any
	}
}
