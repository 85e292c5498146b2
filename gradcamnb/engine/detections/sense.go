package detections

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// nonsense is the error of a reading of a model's outputs that cannot be right, or hardly.
type nonsense struct {
	error

	numbers map[string]any // of the decoder, with which the reading may be right; nil if none would help
	swap    bool           // scores and class numbers, if they are outputs, may stand the other way round
	nms     float64        // of the spec, with which the reading may be right; 0 if none would help
	unsure  bool           // the reading is only unlikely, so that a trusted one is not refused
}

func nonsensef(format string, args ...any) nonsense {
	return nonsense{error: fmt.Errorf(format, args...)}
}

const (
	fewCandidates = 8    // with fewer candidates, shares of them say nothing
	slack         = 1e-3 // how far a probability may leave [0, 1], for half precision
	leastSide     = 2    // pixels along a detection's side
)

// checkSense returns an error of type nonsense if a picture's candidates, as a decoder reads them, cannot be right.
//
// Class scores and objectness must be probabilities, and class numbers whole. The scores of the classes must not sum
// to 1 for every candidate with most of them above the threshold, since one class is the background then. Most boxes
// must not have their far corner before their near one, and boxes must not look like corners that were read as middle
// and size, unless they are drawn around masks. Of the surest candidates, or of all that have a box if no score says
// anything, most must be at least two pixels wide and high and meet the picture, and most boxes must not reach out of
// it by more than its size. Nor may they lie half their size too far left and above, or twice in a list that should
// have each object once. Class scores must not look like sigmoids of probabilities, or like a softmax of them, nor
// those of the last class alone like class numbers, and the last class must not be found nearly everywhere.
//
// If the file itself names the decoder, or the outputs' names tell it (told), only scores and class numbers are
// checked. If the sidecar says that the reading is to be trusted, class numbers need not be whole either.
func (c candidates) checkSense(spec detect.Spec, picture [2]int, told bool) error {
	if err := c.checkNumbers(); err != nil && !spec.Trusted {
		return err
	}
	if err := cmp.Or(c.checkScores(), c.checkNames(spec)); err != nil {
		return err
	}
	if told || spec.Trusted {
		return nil
	}
	whole := heatmap.Box{0, 0, float64(picture[1]), float64(picture[0])}
	if err := cmp.Or(c.checkBackground(spec), c.checkTwice(), c.checkSoftmaxTwice(), c.checkLast(),
		c.checkEverywhere(spec)); err != nil {
		return err
	}
	if d, err := detect.ByName(spec.Decoder); err != nil || !d.Around {
		if err := cmp.Or(c.checkCorners(spec, whole), c.checkShifted(whole)); err != nil {
			return err
		}
	}
	return cmp.Or(c.checkFar(whole), c.checkSmall(spec, whole), c.checkCells(spec, whole),
		c.checkSuppressed(spec))
}

// checkFar returns an error if most boxes reach further out of the picture than it is long: they may be something else,
// as class scores.
func (c candidates) checkFar(whole heatmap.Box) error {
	used, far := c.used(), 0
	for _, k := range used {
		b := c.box(k)
		if b[0] < -whole[2] || b[1] < -whole[3] || b[2] > 2*whole[2] || b[3] > 2*whole[3] {
			far++
		}
	}
	if len(used) < fewCandidates || 2*far <= len(used) {
		return nil
	}
	b := c.box(used[0])
	no := nonsensef("%d of %d boxes would reach further out of the picture than it is long, the first is (%.3g, %.3g)-(%.3g, %.3g): they may be something else, as scores",
		far, len(used), b[0], b[1], b[2], b[3])
	no.unsure = true
	return no
}

// checkSmall returns an error if most of the surest boxes are too small for an object, or lie outside the picture.
func (c candidates) checkSmall(spec detect.Spec, whole heatmap.Box) error {
	sure := c.surest(spec)
	if used := c.used(); len(sure) == 0 && len(used) >= fewCandidates {
		sure = used
	}
	small := 0
	for _, k := range sure {
		b := c.box(k)
		if !(b[2]-b[0] >= leastSide && b[3]-b[1] >= leastSide) || !(b.IoU(whole) > 0) {
			small++
		}
	}
	if len(sure) > 0 && 2*small > len(sure) {
		b := c.box(sure[0])
		no := nonsensef("%d of the %d surest boxes would be under %d pixels or outside of the picture, the first at (%.3g, %.3g)-(%.3g, %.3g)", small, len(sure), leastSide, b[0], b[1], b[2], b[3])
		no.unsure = true
		turned := slices.DeleteFunc(slices.Clone(sure), func(k int) bool {
			b := c.box(k)
			return b[2] >= b[0] && b[3] >= b[1]
		})
		switch {
		case c.inUnit(sure):
			no.error = fmt.Errorf("%w: they may be of the unit square", no.error)
			no.numbers = map[string]any{"unit": true}
		case 2*len(turned) > len(sure):
			no.error = fmt.Errorf("%w: their numbers may be middle and size, or corner and size (\"xywh\")", no.error)
			no.numbers = map[string]any{"order": c.orderOfSizes(sure, whole)}
		}
		return no
	}
	return nil
}

// checkNumbers returns an error if the class numbers, as the model writes them, are not whole.
func (c candidates) checkNumbers() error {
	const near = 0.01
	if len(c) <= 4 {
		return nil
	}
	for _, v := range c[4] {
		if x := float64(v); !(math.Abs(x-math.Round(x)) <= near) {
			no := nonsensef("its class numbers would not be whole, one is %.3g: they may be something else, as scores", v)
			no.swap, no.unsure = true, true
			return no
		}
	}
	return nil
}

// checkScores returns an error if class scores or objectness are no probabilities.
func (c candidates) checkScores() error {
	for _, read := range []struct {
		what   string
		values []float32
	}{{"class scores", c[1]}, {"objectness", c[3]}} {
		lo, hi := slices.Min(read.values), slices.Max(read.values)
		if !(lo >= -slack && hi <= 1+slack) { // a NaN is neither
			no := nonsensef("its %s would lie between %.4g and %.4g, which are no probabilities", read.what, lo, hi)
			const mostLogit = 60 // what is above it is a place rather than a logit
			if lo < -slack && hi < mostLogit && read.what == "class scores" {
				no.error = fmt.Errorf("%w: they may be logits, for sigmoid or softmax", no.error)
				no.numbers = map[string]any{"activation": "sigmoid"}
			}
			return no
		}
	}
	return nil
}

// checkBackground returns an error if one of the classes seems to stand for the background: every candidate that is
// used has scores that sum to 1, without an objectness, and most are above the threshold.
func (c candidates) checkBackground(spec detect.Spec) error {
	used, sure := 0, 0
	for k, score := range c[2] {
		var sum float64
		for _, p := range c.scores(k) {
			sum += float64(p)
		}
		switch {
		case c[3][k] != 1 || len(c.scores(k)) < 2:
			return nil
		case sum == 0: // a row that is not used
			continue
		case !(math.Abs(sum-1) <= 10*slack):
			return nil
		}
		used++
		if float64(score) > spec.Threshold {
			sure++
		}
	}
	if used < fewCandidates || 2*sure <= used {
		return nil
	}
	no := nonsensef("the scores of its %d classes would sum to 1 in all of %d boxes, so that each is an object: one class may be the background", len(c.scores(0)), used)
	no.unsure, no.numbers = true, map[string]any{"background": c.findBackground()}
	return no
}

// findBackground tells which class is the likeliest background, "first", "last" or its number: most candidates have it.
func (c candidates) findBackground() any {
	counts := make([]int, len(c.scores(0)))
	for k := range c[2] {
		counts[c.class(k)]++
	}
	switch at := slices.Index(counts, slices.Max(counts)); at {
	case 0:
		return "first"
	case len(counts) - 1:
		return "last"
	default:
		return at
	}
}

// checkTwice returns an error if all class scores lie where the sigmoid of a probability does, between that of 0 and
// that of 1.
func (c candidates) checkTwice() error {
	const least, most = 0.5, 0.7311
	lo, hi := slices.Min(c[1]), slices.Max(c[1])
	if len(c[2]) < fewCandidates || lo == hi || lo < least-slack || hi > most+slack {
		return nil
	}
	no := nonsensef("its class scores would all lie between %.4g and %.4g, as sigmoids of probabilities do: they may be probabilities already", lo, hi)
	no.unsure = true
	return no
}

// checkSoftmaxTwice returns an error if the class scores, with what is missing to 1, are those of a softmax of
// probabilities for every candidate, of which one at least is sure. The softmax of p is exp(p_i) / Z, and if the n
// numbers p_i sum to 1
//
//	p_i = log s_i + log Z,  log Z = (1 - SUM log s_i) / n
//
// which must all lie between 0 and 1.
func (c candidates) checkSoftmaxTwice() error {
	const sure = 0.9
	highest := 0.
	for k := range c[2] {
		scores, rest, sum := c.scores(k), 1., 0.
		for _, s := range scores {
			rest -= float64(s)
			sum += math.Log(float64(s))
		}
		if c[3][k] != 1 || len(scores) < 2 || !(rest > slack) {
			return nil
		}
		shift := (1 - sum - math.Log(rest)) / float64(len(scores)+1)
		lo := math.Log(min(rest, float64(slices.Min(scores)))) + shift
		hi := math.Log(max(rest, float64(slices.Max(scores)))) + shift
		if !(lo >= -slack && hi <= 1+slack) {
			return nil
		}
		highest = max(highest, hi)
	}
	if len(c[2]) < fewCandidates || highest < sure {
		return nil
	}
	no := nonsensef("the scores of its %d classes would be as those of a softmax of probabilities in all of %d boxes: they may be probabilities already", len(c.scores(0)), len(c[2]))
	no.unsure, no.numbers = true, map[string]any{"softmaxed": true}
	return no
}

// checkLast returns an error if the scores of the last class are all 0 or 1, some of them 1, and those of other classes
// are not: rows of corners, score and class number look so.
func (c candidates) checkLast() error {
	some, whole := false, true
	for k := range c[2] {
		scores := c.scores(k)
		last := len(scores) - 1
		if scores[last] != 0 && scores[last] != 1 {
			return nil
		}
		some = some || scores[last] == 1
		whole = whole && !slices.ContainsFunc(scores[:last], func(v float32) bool { return v != 0 && v != 1 })
	}
	if len(c[2]) < fewCandidates || !some || whole {
		return nil
	}
	no := nonsensef("the scores of its last class would all be 0 or 1, as class numbers are")
	no.unsure = true
	return no
}

// used returns the candidates that have a box: in a list with room for more, rows without use are zero.
func (c candidates) used() []int {
	var out []int
	for k := range c[2] {
		if c.box(k) != (heatmap.Box{}) {
			out = append(out, k)
		}
	}
	return out
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

// inUnit tells whether all of these boxes lie in the unit square.
func (c candidates) inUnit(of []int) bool {
	const edge = 1.5 // boxes reach a little out of the picture
	return !slices.ContainsFunc(of, func(k int) bool {
		b := c.box(k)
		return slices.Min(b[:]) < 1-edge || slices.Max(b[:]) > edge
	})
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

// checkCorners returns an error if the numbers of the boxes seem to have another order. Boxes that fill the whole
// picture may well be larger than twice their distance from its corner. A few boxes say enough if the other rows are
// not used, and the decoder is one that suppresses: such a list was suppressed already, and lists of that kind have
// corners.
func (c candidates) checkCorners(spec detect.Spec, whole heatmap.Box) error {
	used := c.used()
	all := len(used)
	suppressed := all > 0 && all < len(c[2]) && spec.NMS < 1
	count := func(is func(b heatmap.Box, w, h float64) bool) (n int) {
		for _, k := range used {
			if b := c.box(k); is(b, b[2]-b[0], b[3]-b[1]) {
				n++
			}
		}
		return n
	}
	turned := count(func(_ heatmap.Box, w, h float64) bool { return w < 0 && h < 0 })
	asSize := count(func(b heatmap.Box, w, h float64) bool { // x1 > x0 and y1 > y0, if these are corners
		return w > (b[0]+b[2])/2 && h > (b[1]+b[3])/2
	})
	fill := count(func(b heatmap.Box, _, _ float64) bool { return b.IoU(whole) >= 0.5 })
	var no nonsense
	switch {
	case all >= fewCandidates && 2*turned > all:
		no = nonsensef("%d of %d boxes would have their far corner before their near one: their numbers may be middle and size, or corner and size (\"xywh\")", turned, all)
		no.numbers = map[string]any{"order": c.orderOfSizes(used, whole)}
	case (all >= fewCandidates || suppressed) && 100*asSize > 95*all && 2*fill < all:
		no = nonsensef("%d of %d boxes would be larger than twice their distance from the picture's corner: their numbers may be corners", asSize, all)
		no.numbers = map[string]any{"order": "xyxy"}
	default:
		return nil
	}
	no.unsure = true
	return no
}
