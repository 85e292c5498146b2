package detections

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/onnxruntime"
)

// Roles finds the boxes, scores and class numbers among the outputs of a model with its own
// suppression, run on one picture. It goes by their names, types and shapes. It returns the
// names in the order of a decoder, and the decoder's spec; both are nil if it finds none.
func Roles(outputs []onnxruntime.Tensor) ([]string, *detect.Spec) {
	for _, known := range []func([]onnxruntime.Tensor) ([]string, *detect.Spec){
		tensorFlowRoles, torchvisionRoles, rowRoles,
	} {
		if names, spec := known(outputs); spec != nil {
			return names, spec
		}
	}
	return nil, nil
}

// tensorFlowRoles finds the outputs of TensorFlow's object detection API, whose boxes are yxyx of the unit square.
func tensorFlowRoles(outputs []onnxruntime.Tensor) ([]string, *detect.Spec) {
	var names []string
	for _, role := range []string{"detection_boxes", "detection_scores", "detection_classes"} {
		at := slices.IndexFunc(outputs, func(t onnxruntime.Tensor) bool {
			name, _, _ := strings.Cut(t.Name, ":")
			return name == role
		})
		if at < 0 {
			return nil, nil
		}
		names = append(names, outputs[at].Name)
	}
	return names, &detect.Spec{Decoder: "end-to-end", Numbers: json.RawMessage(`{"order": "yxyx", "unit": true}`)}
}

// NamedRoles returns the spec that reads outputs of these names; nil if the names do not tell it.
func NamedRoles(outputs []string) *detect.Spec {
	var as []onnxruntime.Tensor
	for _, name := range outputs {
		as = append(as, onnxruntime.Tensor{Name: name})
	}
	names, spec := tensorFlowRoles(as)
	if spec != nil {
		spec.Outputs = names
	}
	return spec
}

// torchvisionRoles finds the outputs of torchvision's detectors: boxes [n, 4], scores [n], class numbers [n], which are
// integers, and of Mask R-CNN masks [n, 1, h, w] of whole pictures. It skips key points. If several outputs [n] are not
// integers, the scores are the one with that name, else the only one whose values all lie between 0 and 1. If there are
// several of those it finds none.
func torchvisionRoles(outputs []onnxruntime.Tensor) ([]string, *detect.Spec) {
	boxes := findOnly(outputs, func(t onnxruntime.Tensor) bool {
		return len(t.Dims) == 2 && t.Dims[1] == 4 && !t.IsInteger()
	})
	labels := findOnly(outputs, func(t onnxruntime.Tensor) bool { return len(t.Dims) == 1 && t.IsInteger() })
	if boxes < 0 || labels < 0 || outputs[labels].Dims[0] != outputs[boxes].Dims[0] {
		return nil, nil
	}
	n := outputs[boxes].Dims[0]
	scores := scoresOf(outputs, n)
	if scores < 0 {
		return nil, nil
	}
	masks := findOnly(outputs, func(t onnxruntime.Tensor) bool {
		return len(t.Dims) == 4 && t.Dims[0] == n && t.Dims[1] == 1
	})
	if masks >= 0 {
		return []string{outputs[boxes].Name, outputs[labels].Name, outputs[scores].Name, outputs[masks].Name},
			&detect.Spec{Decoder: "mask-rcnn", Threshold: 0.5}
	}
	return []string{outputs[boxes].Name, outputs[scores].Name, outputs[labels].Name},
		&detect.Spec{Decoder: "end-to-end", Threshold: 0.5}
}

// scoresOf returns the number of the output with the scores [n], or -1; see [torchvisionRoles].
func scoresOf(outputs []onnxruntime.Tensor, n int) int {
	likely := func(t onnxruntime.Tensor) bool {
		return len(t.Dims) == 1 && !t.IsInteger() && t.Dims[0] == n &&
			!slices.ContainsFunc(t.Values, func(v float32) bool { return !(v >= 0 && v <= 1) })
	}
	if named := findOnly(outputs, func(t onnxruntime.Tensor) bool { return likely(t) && t.Name == "scores" }); named >= 0 {
		return named
	}
	return findOnly(outputs, likely)
}

// rowLayout is an order of the numbers in rows of six.
type rowLayout struct {
	decoder      string
	class, score int // columns
}

var rowLayouts = []rowLayout{{"paddle", 0, 1}, {"end-to-end", 5, 4}}

// rowRoles finds the outputs of models that write rows [n, 6], and the number of rows of each picture: class, score and
// corners, as PaddleDetection does, or corners, score and class. The values tell which: it finds nothing if both orders
// fit, or if no row has a score above 0.
func rowRoles(outputs []onnxruntime.Tensor) ([]string, *detect.Spec) {
	at := findRows(outputs)
	if at < 0 {
		return nil, nil
	}
	var decoders []string
	for _, l := range rowLayouts {
		if fits, some := l.fit(outputs[at].Values); fits && some {
			decoders = append(decoders, l.decoder)
		}
	}
	if len(decoders) != 1 {
		return nil, nil
	}
	return []string{outputs[at].Name}, &detect.Spec{Decoder: decoders[0]}
}

// MayBeRows tells whether outputs may be rows [n, 6] of detections and their number. Unlike [Roles] it does not need to
// know the order of a row's numbers.
func MayBeRows(outputs []onnxruntime.Tensor) bool {
	at := findRows(outputs)
	return at >= 0 && slices.ContainsFunc(rowLayouts, func(l rowLayout) bool {
		fits, _ := l.fit(outputs[at].Values)
		return fits
	})
}

// findRows returns the number of the output with rows [n, 6], if there is one, beside their number; or -1.
func findRows(outputs []onnxruntime.Tensor) int {
	rows := findOnly(outputs, func(t onnxruntime.Tensor) bool { return len(t.Dims) == 2 && t.Dims[1] == 6 })
	count := findOnly(outputs, func(t onnxruntime.Tensor) bool {
		return len(t.Dims) < 2 && len(t.Values) == 1 && t.IsInteger()
	})
	if count < 0 || len(outputs) > 3 {
		return -1
	}
	return rows
}

// fit tells whether rows of six have whole numbers and probabilities in the layout's columns, and whether some
// probability is above 0.
func (l rowLayout) fit(rows []float32) (fits, some bool) {
	for ; len(rows) >= 6; rows = rows[6:] {
		c, p := rows[l.class], rows[l.score]
		if c != float32(int(c)) || !(p >= 0 && p <= 1) {
			return false, false
		}
		some = some || p > 0
	}
	return true, some
}

// findOnly returns the number of the only output for which is returns true, or -1.
func findOnly(outputs []onnxruntime.Tensor, is func(onnxruntime.Tensor) bool) int {
	at := -1
	for i, t := range outputs {
		if is(t) {
			if at >= 0 {
				return -1
			}
			at = i
		}
	}
	return at
}
