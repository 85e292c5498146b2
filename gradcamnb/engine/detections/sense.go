package detections

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// nonsense is the error of a reading of a model's outputs that cannot be right.
type nonsense struct{ error }

func nonsensef(format string, args ...any) error { return nonsense{fmt.Errorf(format, args...)} }

const (
	fewCandidates = 8    // with fewer candidates, shares of them say nothing
	slack         = 1e-3 // how far a probability may leave [0, 1], for half precision
	leastSide     = 2    // pixels along a detection's side
)

// checkSense returns an error of type nonsense if a picture's candidates, as a decoder reads them,
// cannot be right. Class scores and objectness must be probabilities. Most boxes must not have
// their far corner before their near one, and boxes must not look like corners that were read
// as middle and size. Of the surest candidates, most must be at least two pixels wide and high
// and meet the picture.
//
// If the file itself names the decoder, or the outputs' names tell it (told), only the scores
// and class numbers are checked. The order of numbers is not looked at if boxes are drawn around masks.
func (c candidates) checkSense(spec detect.Spec, picture [2]int, told bool) error {
	for _, read := range []struct {
		what   string
		values []float32
	}{{"class scores", c[1]}, {"objectness", c[3]}} {
		lo, hi := slices.Min(read.values), slices.Max(read.values)
		if !(lo >= -slack && hi <= 1+slack) { // a NaN is neither
			return nonsensef("its %s would lie between %.4g and %.4g, which are no probabilities", read.what, lo, hi)
		}
	}
	if err := c.checkNames(spec); err != nil || told {
		return err
	}
	if d, err := detect.ByName(spec.Decoder); err != nil || !d.Around {
		if err := c.corners(); err != nil {
			return err
		}
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
		return nonsensef("%d of the %d surest boxes would be under %d pixels or outside of the picture, the first at (%.3g, %.3g)-(%.3g, %.3g)%s", small, len(sure), leastSide, b[0], b[1], b[2], b[3], c.describeUnit(sure))
	}
	return nil
}

// checkNames returns an error if a candidate above the threshold has a class number that is none of the labels'. Such
// numbers were made into probabilities: 1 for the class and 0 for the others, or 0 for all.
func (c candidates) checkNames(spec detect.Spec) error {
	nameless := -1
	for k := range c[2] {
		best := slices.Max(c.scores(k))
		switch {
		case best != 0 && best != 1: // these are no class numbers
			return nil
		case best == 0 && float64(c[3][k]) > spec.Threshold && c[3][k] < 1 && nameless < 0: // 1 stands for none
			nameless = k
		}
	}
	if nameless < 0 {
		return nil
	}
	return nonsensef("a box with the score %.3g would have a class number that is none of the %d classes, which count from 0: if the model's numbers begin with 1, put a name for 0 before the labels", c[3][nameless], len(c.scores(nameless)))
}

// describeUnit returns words on boxes that lie in the unit square; empty if one of these does not.
func (c candidates) describeUnit(of []int) string {
	const edge = 1.5 // boxes reach a little out of the picture
	for _, k := range of {
		if b := c.box(k); slices.Min(b[:]) < 1-edge || slices.Max(b[:]) > edge {
			return ""
		}
	}
	return ": they may be of the unit square (\"numbers\": {\"unit\": true})"
}

// surest returns the candidates above the threshold, the surest first. If there are none it
// returns those of the ten surest that have some confidence, or, if none has, all ten.
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

// corners returns an error if the numbers of the boxes seem to have another order. It skips empty boxes.
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
