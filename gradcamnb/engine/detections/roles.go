package detections

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/onnxruntime"
)

// Roles tells by the names, types and shapes of the outputs of a model with its own
// suppression, of one picture, which are boxes, scores and class numbers: their names in the
// order of a decoder, and the decoder. There is none for other models.
func Roles(outputs []onnxruntime.Tensor) ([]string, *detect.Spec) {
	for _, known := range []func([]onnxruntime.Tensor) ([]string, *detect.Spec){
		tensorFlowRoles, torchvisionRoles, paddleRoles,
	} {
		if names, spec := known(outputs); spec != nil {
			return names, spec
		}
	}
	return nil, nil
}

// tensorFlowRoles are those of TensorFlow's object detection API: yxyx boxes of the unit square.
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

// NamedRoles is how outputs of these names are read, nil if the names do not tell it.
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

// torchvisionRoles are those of torchvision's detectors: boxes [n, 4], scores [n], and class numbers [n], which are
// integers, and of Mask R-CNN masks [n, 1, h, w] of whole pictures; key points are left out. Of several outputs [n]
// that are no integers the scores are the one that is called so, or the only one whose values all lie from 0 to 1; if
// that leaves several, nothing is known.
func torchvisionRoles(outputs []onnxruntime.Tensor) ([]string, *detect.Spec) {
	boxes := only(outputs, func(t onnxruntime.Tensor) bool { return len(t.Dims) == 2 && t.Dims[1] == 4 && !t.IsInteger() })
	labels := only(outputs, func(t onnxruntime.Tensor) bool { return len(t.Dims) == 1 && t.IsInteger() })
	if boxes < 0 || labels < 0 || outputs[labels].Dims[0] != outputs[boxes].Dims[0] {
		return nil, nil
	}
	n := outputs[boxes].Dims[0]
	scores := scoresOf(outputs, n)
	if scores < 0 {
		return nil, nil
	}
	masks := only(outputs, func(t onnxruntime.Tensor) bool { return len(t.Dims) == 4 && t.Dims[0] == n && t.Dims[1] == 1 })
	if masks >= 0 {
		return []string{outputs[boxes].Name, outputs[labels].Name, outputs[scores].Name, outputs[masks].Name},
			&detect.Spec{Decoder: "mask-rcnn", Threshold: 0.5}
	}
	return []string{outputs[boxes].Name, outputs[scores].Name, outputs[labels].Name},
		&detect.Spec{Decoder: "end-to-end", Threshold: 0.5}
}

// scoresOf is the place of the scores [n], or -1: see [torchvisionRoles].
func scoresOf(outputs []onnxruntime.Tensor, n int) int {
	likely := func(t onnxruntime.Tensor) bool {
		return len(t.Dims) == 1 && !t.IsInteger() && t.Dims[0] == n &&
			!slices.ContainsFunc(t.Values, func(v float32) bool { return !(v >= 0 && v <= 1) })
	}
	if named := only(outputs, func(t onnxruntime.Tensor) bool { return likely(t) && t.Name == "scores" }); named >= 0 {
		return named
	}
	return only(outputs, likely)
}

// paddleRoles are those of PaddleDetection: rows [n, 6] and how many each picture has.
func paddleRoles(outputs []onnxruntime.Tensor) ([]string, *detect.Spec) {
	rows := only(outputs, func(t onnxruntime.Tensor) bool { return len(t.Dims) == 2 && t.Dims[1] == 6 })
	count := only(outputs, func(t onnxruntime.Tensor) bool { return len(t.Dims) == 1 && t.Dims[0] == 1 && t.IsInteger() })
	if rows < 0 || count < 0 || len(outputs) > 3 {
		return nil, nil
	}
	return []string{outputs[rows].Name}, &detect.Spec{Decoder: "paddle"}
}

// only is the place of the only output that is so, or -1.
func only(outputs []onnxruntime.Tensor, is func(onnxruntime.Tensor) bool) int {
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
