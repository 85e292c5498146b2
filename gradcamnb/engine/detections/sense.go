package detections

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// nonsense is why a reading of a model's outputs cannot be right.
type nonsense struct{ error }

func nonsensef(format string, args ...any) error { return nonsense{fmt.Errorf(format, args...)} }

const (
	fewCandidates = 8    // from which on shares of candidates say something
	slack         = 1e-3 // of a probability, for half precision
	leastSide     = 2    // pixels of a detection's side
)

// sense says why candidates of a picture, as a decoder reads them, cannot be right: class
// scores and objectness are probabilities; boxes do not mostly have their far corner before
// their near one, nor look like corners that were read as middle and size; and of the surest,
// most are two pixels wide and meet the picture.
//
// Of a decoder that the file itself names, or whose outputs say what they are, the scores alone are looked at: its
// boxes may be any.
func (c candidates) sense(spec detect.Spec, picture [2]int, told bool) error {
	for _, read := range []struct {
		what   string
		values []float32
	}{{"class scores", c[1]}, {"objectness", c[3]}} {
		lo, hi := slices.Min(read.values), slices.Max(read.values)
		if !(lo >= -slack && hi <= 1+slack) { // a NaN is neither
			return nonsensef("its %s reach from %.4g to %.4g and would be no probabilities", read.what, lo, hi)
		}
	}
	if told {
		return nil
	}
	if err := c.corners(); err != nil {
		return err
	}
	sure := c.surest(spec)
	small := 0
	whole := heatmap.Box{0, 0, float64(picture[1]), float64(picture[0])}
	for _, k := range sure {
		b := c.box(k)
		if !(b[2]-b[0] >= leastSide && b[3]-b[1] >= leastSide) || !(b.IoU(whole) > 0) {
			small++
		}
	}
	if len(sure) > 0 && 2*small > len(sure) {
		b := c.box(sure[0])
		return nonsensef("%d of the %d surest boxes would be under %d pixels or outside of the picture, the first at (%.3g, %.3g)-(%.3g, %.3g)", small, len(sure), leastSide, b[0], b[1], b[2], b[3])
	}
	return nil
}

// surest are the candidates above the threshold, or the ten surest of some confidence.
func (c candidates) surest(spec detect.Spec) []int {
	var order []int
	for k := range c[2] {
		order = append(order, k)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(c[2][b], c[2][a]) })
	end := slices.IndexFunc(order, func(k int) bool { return !(float64(c[2][k]) > spec.Threshold) })
	if end <= 0 {
		const some, ten = 0.01, 10
		end = slices.IndexFunc(order[:min(ten, len(order))], func(k int) bool { return !(float64(c[2][k]) > some) })
		if end < 0 {
			end = min(ten, len(order))
		}
	}
	return order[:end]
}

// corners looks at the order of the numbers of all boxes that are not empty.
func (c candidates) corners() error {
	all, turned, asSize := 0, 0, 0
	for k := range c[2] {
		b := c.box(k)
		if b == (heatmap.Box{}) {
			continue // a row that is not used
		}
		all++
		w, h := b[2]-b[0], b[3]-b[1]
		if w < 0 && h < 0 {
			turned++
		}
		if w > (b[0]+b[2])/2 && h > (b[1]+b[3])/2 { // x1 > x0 and y1 > y0, if these are corners
			asSize++
		}
	}
	switch {
	case all >= fewCandidates && 2*turned > all:
		return nonsensef("%d of %d boxes would have their far corner before their near one: their numbers may be middle and size (\"order\": \"cxcywh\")", turned, all)
	case all >= fewCandidates && 100*asSize > 95*all:
		return nonsensef("%d of %d boxes would be larger than twice their distance from the picture's corner: their numbers may be corners (\"order\": \"xyxy\")", asSize, all)
	}
	return nil
}
