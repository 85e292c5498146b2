package detections

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// written returns a spec as it is written for a model, with the words for where that is: in the sidecar of its file or,
// for a model in memory, in its card.
func written(c source.Card, s detect.Spec) string { return spelled(c, s) + " in " + specPlace(c) }

// specPlace returns words for what says how a model's detections are read.
func specPlace(c source.Card) string {
	if c.File == "" {
		return "its card"
	}
	return "the sidecar " + c.SidecarName()
}

// spelled returns a spec as it is written for a model: in JSON or, for a model in memory, in Go.
func spelled(c source.Card, s detect.Spec) string {
	if c.File != "" {
		text, err := json.Marshal(s)
		if err != nil { // of numbers that are no JSON, which no spec has that was read from JSON
			return fmt.Sprintf(`"detector": {"decoder": %q}`, s.Decoder)
		}
		return `"detector": ` + string(text)
	}
	fields := []string{fmt.Sprintf("Decoder: %q", s.Decoder)}
	if len(s.Outputs) > 0 {
		fields = append(fields, fmt.Sprintf("Outputs: %#v", s.Outputs))
	}
	if s.Threshold > 0 {
		fields = append(fields, fmt.Sprintf("Threshold: %g", s.Threshold))
	}
	if s.NMS > 0 {
		fields = append(fields, fmt.Sprintf("NMS: %g", s.NMS))
	}
	if s.AcrossClasses {
		fields = append(fields, "AcrossClasses: true")
	}
	if s.Most > 0 {
		fields = append(fields, fmt.Sprintf("Most: %d", s.Most))
	}
	if len(s.Numbers) > 0 {
		fields = append(fields, fmt.Sprintf("Numbers: json.RawMessage(`%s`)", s.Numbers))
	}
	if s.Trusted {
		fields = append(fields, "Trusted: true")
	}
	return "Detector: &detect.Spec{" + strings.Join(fields, ", ") + "}"
}
