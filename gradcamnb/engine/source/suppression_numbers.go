package source

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// comparing are the operators that compare with a limit.
var comparing = map[string]bool{"Greater": true, "GreaterOrEqual": true, "Less": true, "LessOrEqual": true}

// ownSuppression is what a file's own suppression is.
type ownSuppression struct {
	score, overlap float64 // limits; 0 if they are not known
	across         bool    // boxes of different classes suppress each other
}

// takeSuppression fills in the numbers of the suppression that follows the tensor named cut: the least score, if it is
// above the spec's, the IoU, whether boxes of different classes suppress each other, and how many are kept at most. It
// returns words for what it took.
func (m *onnxModel) takeSuppression(cut string, spec *detect.Spec) string {
	own := m.findSuppression(cut)
	var words []string
	if own.score > spec.Threshold {
		spec.Threshold = own.score
		words = append(words, fmt.Sprintf("scores above %.4g", own.score))
	}
	if own.overlap > 0 && own.overlap != spec.NMS {
		spec.NMS = own.overlap
		words = append(words, fmt.Sprintf("an IoU of %.4g", own.overlap))
	}
	if own.across {
		spec.AcrossClasses = true
		words = append(words, "across classes")
	}
	if dims := onnxnorm.Declarations(m.proto.Graph.Output[:1])[0].Dims; len(dims) == 3 && dims[1] > 0 {
		spec.Most = dims[1]
		words = append(words, fmt.Sprintf("at most %d boxes", dims[1]))
	}
	return strings.Join(words, ", ")
}

// findSuppression returns the suppression that follows the tensor named cut. The first comparison with a constant
// between 0 and 1 has the least score. The operator NonMaxSuppression has the IoU or, if there is none, as of turned
// boxes, the next comparison. Boxes of different classes are kept apart by moving them by their class, so the boxes
// that are compared then depend on the ArgMax of the scores.
func (m *onnxModel) findSuppression(cut string) ownSuppression {
	limits, behind := constantsOf(m.proto.Graph), m.descendants(cut)
	var own ownSuppression
	var classes, compared []string
	for _, n := range m.proto.Graph.Node {
		if !slices.ContainsFunc(n.Input, func(in string) bool { return behind[in] }) {
			continue
		}
		switch v := limitOf(n, 1, limits); {
		case n.OpType == "ArgMax":
			classes = append(classes, n.Output...)
		case n.OpType == "NonMaxSuppression":
			own.overlap, compared = limitOf(n, 3, limits), n.Input[:1]
		case !comparing[n.OpType] || v == 0:
		case own.score == 0:
			own.score = v
		case compared == nil:
			own.overlap, compared = v, n.Input[:1]
		}
	}
	needs := m.ancestors(compared)
	own.across = len(classes) > 0 && compared != nil &&
		!slices.ContainsFunc(classes, func(c string) bool { return needs[c] })
	return own
}

// limitOf returns an input of a node, if that is one constant between 0 and 1; otherwise 0.
func limitOf(n *protos.NodeProto, at int, constants map[string]*protos.TensorProto) float64 {
	if len(n.Input) <= at || constants[n.Input[at]] == nil {
		return 0
	}
	if v := onnxnorm.Floats(constants[n.Input[at]]); len(v) == 1 && v[0] > 0 && v[0] < 1 {
		return float64(v[0])
	}
	return 0
}

// descendants returns the set of tensors that depend on the named one, itself included.
func (m *onnxModel) descendants(name string) map[string]bool {
	out := map[string]bool{name: true}
	for _, n := range m.proto.Graph.Node {
		if slices.ContainsFunc(n.Input, func(in string) bool { return out[in] }) {
			for _, o := range n.Output {
				out[o] = true
			}
		}
	}
	return out
}
