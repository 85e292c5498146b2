package aims

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detections"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
)

// detectionAim is a target that is a detection in each picture.
type detectionAim struct {
	reader *detections.Reader
	wanted []heatmap.Detection // one for each picture, its box in pixels of the model's input
	boxes  []heatmap.Box       // the boxes in pixels of the original pictures
	at     []int               // numbers of their candidates, -1 if none is known
	of     int                 // number of candidates of a picture
	edge   string
	masked bool // instances are compared by their masks
	turned bool // boxes are turned, and compared by their corners: the first four points of what is wanted
}

// newDetectionAim returns the aim of a target that is a detection and was looked up.
func newDetectionAim(r kind.ResolvedTarget, seen *detections.Findings) *detectionAim {
	b := &detectionAim{reader: seen.Reader(), edge: r.Edge, masked: r.Masked, turned: seen.HasTurned()}
	for i, d := range r.Detections {
		b.boxes = append(b.boxes, d.Box)
		d.Box = seen.ToModel(d.Box, i)
		if r.Drawn {
			d.Mask = seen.MaskToModel(d.Mask, i)
		}
		at := seen.CandidateOf(r.Found, d, i)
		if r.Found > 0 && at >= 0 {
			d.Box = seen.Box(i, at) // the model's own box, not cut off at the picture's edge
		}
		if b.turned {
			d.Points = seen.Corners(d, i)
		}
		b.wanted, b.at = append(b.wanted, d), append(b.at, at)
		b.of = max(b.of, seen.Candidates(i))
	}
	return b
}

// key returns a text that differs for detections that need different programs.
func (b *detectionAim) key() string {
	return fmt.Sprintf("detection %s %q masks %t", b.reader.Key(), b.edge, b.masked)
}

// slopeUnit returns the unit of the quantity whose gradient is taken; see [detectionAim.score].
func (b *detectionAim) slopeUnit() string {
	if b.edge != "" {
		return "pixels"
	}
	return b.unit()
}

// unit returns the unit of the score, which goes from 0 to 1.
func (b *detectionAim) unit() string { return "match" }

// arguments returns the arguments for n pictures from first on: classes [n], boxes [n, 4], of turned boxes their
// corners [n, 4, 2], class probabilities [n, classes] and, if masks count, masks [n, h, w].
func (b *detectionAim) arguments(first, n int) params[*tensors.Tensor] {
	var class []int32
	var box, corners, scores, mask []float32
	for _, d := range b.wanted[first : first+n] {
		class = append(class, int32(d.Class))
		for _, v := range d.Box {
			box = append(box, float32(v))
		}
		for _, at := range d.Points {
			corners = append(corners, float32(at[0]), float32(at[1]))
		}
		scores = append(scores, d.Scores...)
		mask = append(mask, d.Mask.Values...)
	}
	out := params[*tensors.Tensor]{
		index:  tensors.FromFlatDataAndDimensions(class, n),
		box:    tensors.FromFlatDataAndDimensions(box, n, 4),
		scores: tensors.FromFlatDataAndDimensions(scores, n, len(scores)/n),
	}
	if b.turned {
		out.corners = tensors.FromFlatDataAndDimensions(corners, n, 4, 2)
	}
	if b.masked {
		m := b.wanted[first].Mask
		out.mask = tensors.FromFlatDataAndDimensions(mask, n, m.H, m.W)
	}
	return out
}

// score returns the match of the candidate that matches best, [batch], or the closeness of one of its sides. The
// closeness is highest, and so has no gradient, if the side lies as it is wanted. The gradient of a side is therefore
// that of its distance outwards, in pixels of the model's input.
func (b *detectionAim) score(outputs map[string]*Node, given params[*Node], picture [2]int) *Node {
	m := b.matches(outputs, given, picture)
	if b.edge == "" {
		return m.score()
	}
	edge := slices.Index(kind.Edges, b.edge)
	out := m.sideDistance(edge)
	return Add(StopGradient(m.closeness(edge)), Sub(out, StopGradient(out)))
}

// matches holds the comparison of every candidate with the wanted detection.
type matches struct {
	c      detect.Candidates
	box    *Node // of the wanted detection, [batch or 1, 4]
	mask   *Node // of the wanted detection, [batch or 1, h, w]; nil if boxes count
	likely *Node // cosine times presence, [batch, n]
	match  *Node // IoU of boxes times likely, [batch, n]
}

// matches returns s = IoU * cosine * presence of every candidate (see [heatmap.Detection.Match]). For turned boxes the
// IoU is that of the turned boxes. The overlap and the
// cosine are highest if a candidate is the wanted detection, so their gradient means nothing. The gradient goes through
// the presence only.
func (b *detectionAim) matches(outputs map[string]*Node, given params[*Node], picture [2]int) matches {
	m := matches{c: b.reader.Decode(outputs, picture), box: given.box, mask: given.mask}
	m.likely = Mul(StopGradient(detect.Cosine(m.c.Scores, given.scores)), m.c.Presence())
	overlap := detect.IoU(m.c.Boxes, m.box)
	if b.turned {
		overlap = detect.TurnedIoU(m.c.Points, given.corners)
	}
	m.match = Mul(StopGradient(overlap), m.likely)
	return m
}

// pickBest returns the candidate with the highest match, as one-hot [batch, n] and as number [batch].
func pickBest(match *Node) (chosen, at *Node) {
	at = ArgMax(StopGradient(match), 1, dtypes.Int32)
	return OneHot(at, match.Shape().Dim(1), match.DType()), at
}

// pickValue returns the value [batch] of the chosen candidate.
func pickValue(values, chosen *Node) *Node {
	return ReduceSum(Where(GreaterThan(chosen, ZerosLike(chosen)), values, ZerosLike(values)), 1)
}

// score returns the best match [batch]. If masks count, it takes the overlap of masks of the three candidates whose
// boxes match best, since the masks of all candidates would take more memory than there is.
func (m matches) score() *Node {
	if m.mask == nil {
		chosen, _ := pickBest(m.match)
		return pickValue(m.match, chosen)
	}
	const looks = 3
	var score *Node
	match := StopGradient(m.match)
	for range min(looks, match.Shape().Dim(1)) {
		chosen, at := pickBest(match)
		mask := m.c.Mask(InsertAxes(at, -1))
		overlap := Squeeze(detect.MaskIoU(mask, cam.Resize(m.mask, mask.Shape().Dim(2), mask.Shape().Dim(3))), -1)
		s := Mul(StopGradient(overlap), pickValue(m.likely, chosen))
		if score == nil {
			score = s
		} else {
			score = Where(GreaterThan(s, score), s, score)
		}
		match = Sub(match, MulScalar(chosen, 2)) // no longer the best
	}
	return score
}

// side returns the coordinate [batch] of one side of the chosen candidate.
func (m matches) side(edge int, chosen *Node) *Node {
	return pickValue(Squeeze(Slice(m.c.Boxes, AxisRange(), AxisRange(), AxisElem(edge)), -1), chosen)
}

// sideDistance returns how far outwards one side of the best candidate lies.
func (m matches) sideDistance(edge int) *Node {
	chosen, _ := pickBest(m.match)
	x := m.side(edge, chosen)
	if edge < 2 {
		return Neg(x)
	}
	return x
}

// closeness returns the match s of the best candidate, times the nearness of one of its sides e to the wanted side e':
// s * max(0, 1 - |e - e'| / length). The length is that of the box across the side.
func (m matches) closeness(edge int) *Node {
	chosen, _ := pickBest(m.match)
	at := func(i int) *Node { return Squeeze(Slice(m.box, AxisRange(), AxisElem(i)), -1) }
	length := Sub(at(edge%2+2), at(edge%2))
	off := Div(Abs(Sub(m.side(edge, chosen), at(edge))), MaxScalar(length, 1e-6))
	return Mul(pickValue(m.match, chosen), MaxScalar(OneMinus(off), 0))
}
