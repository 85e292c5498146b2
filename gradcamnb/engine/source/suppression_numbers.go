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

// takeSuppression fills in the numbers of the suppression that follows the tensor named cut: the least score, if it is
// above the spec's, the IoU, whether boxes of different classes suppress each other, and how many are kept at most. It
// returns words for what it took.
//
// The first comparison with a constant between 0 and 1 has the least score. The operator NonMaxSuppression has the IoU
// or, if there is none, as of turned boxes, the next comparison. Boxes of different classes are kept apart by moving
// them by their class, so the boxes that are compared then depend on the ArgMax of the scores.
func (m *onnxModel) takeSuppression(cut string, spec *detect.Spec) string {
	g := m.proto.Graph
	consts := constantsOf(g)
	limit := func(n *protos.NodeProto, at int) float64 {
		if len(n.Input) > at && consts[n.Input[at]] != nil {
			if v := onnxnorm.Floats(consts[n.Input[at]]); len(v) == 1 && v[0] > 0 && v[0] < 1 {
				return float64(v[0])
			}
		}
		return 0
	}
	behind := m.descendants(cut)
	var words, classes, compared []string
	var score, overlap float64
	for _, n := range g.Node {
		if !slices.ContainsFunc(n.Input, func(in string) bool { return behind[in] }) {
			continue
		}
		switch v := limit(n, 1); {
		case n.OpType == "ArgMax":
			classes = append(classes, n.Output...)
		case n.OpType == "NonMaxSuppression":
			overlap, compared = limit(n, 3), n.Input[:1]
		case !comparing[n.OpType] || v == 0:
		case score == 0:
			score = v
		case compared == nil:
			overlap, compared = v, n.Input[:1]
		}
	}
	if score > spec.Threshold {
		spec.Threshold = score
		words = append(words, fmt.Sprintf("scores above %.4g", score))
	}
	if overlap > 0 && overlap != spec.NMS {
		spec.NMS = overlap
		words = append(words, fmt.Sprintf("an IoU of %.4g", overlap))
	}
	if needs := m.ancestors(compared); len(classes) > 0 && compared != nil &&
		!slices.ContainsFunc(classes, func(c string) bool { return needs[c] }) {
		spec.AcrossClasses = true
		words = append(words, "across classes")
	}
	if dims := onnxnorm.Declarations(g.Output[:1])[0].Dims; len(dims) == 3 && dims[1] > 0 {
		spec.Most = dims[1]
		words = append(words, fmt.Sprintf("at most %d boxes", dims[1]))
	}
	return strings.Join(words, ", ")
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
