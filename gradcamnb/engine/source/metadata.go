package source

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// fileMetadata is what a model's file says about itself.
type fileMetadata struct {
	by       string // who wrote it, in words
	prep     *imgio.Prep
	labels   []string
	detector *detect.Spec
	ended    bool // the file makes its own suppression or choice of boxes
}

// tellers read what a maker's exporter writes into a file's metadata_props; nil where it is
// not theirs.
var tellers = []func(props map[string]string, dims []int) *fileMetadata{ultralytics, paddleOCR}

// takeMetadata takes from the file's metadata what the sidecar has not said.
func (m *onnxModel) takeMetadata() error {
	props := map[string]string{}
	for _, p := range m.proto.MetadataProps {
		props[p.Key] = p.Value
	}
	c := &m.card
	for _, read := range tellers {
		t := read(props, c.Input)
		if t == nil {
			continue
		}
		took, err := m.take(t)
		if err != nil {
			return err
		}
		if len(took) > 0 {
			c.Told = fmt.Sprintf("%s, as %s wrote into it: %s", filepath.Base(c.File), t.by, strings.Join(took, ", "))
		}
		return nil
	}
	return nil
}

// take takes what was told that nothing else says, and says what it took.
func (m *onnxModel) take(t *fileMetadata) (took []string, err error) {
	c := &m.card
	if c.Prep == nil && t.prep != nil && t.prep.Validate() == nil {
		c.Prep = t.prep
		took = append(took, fmt.Sprintf("pictures of %d x %d (%s)", t.prep.Width, t.prep.Height, t.prep.Fit))
	}
	if c.Labels == nil && t.labels != nil {
		c.Labels = t.labels
		took = append(took, fmt.Sprintf("%d labels", len(t.labels)))
	}
	if c.Detector == nil && t.detector != nil {
		spec, err := t.detector.Filled()
		if err != nil {
			return nil, err
		}
		c.Detector = &spec
		took = append(took, "decoder "+spec.Decoder)
		if t.ended {
			cut, err := m.endBeforeSuppression()
			if err != nil {
				return nil, err
			}
			if cut != "" {
				took = append(took, cut)
			}
		}
	}
	return took, nil
}

// Described is the sidecar that says what is known about a model, for it to be written out
// and changed: the labels go into the named file.
func Described(c Card, labels string) Sidecar {
	s := Sidecar{Name: c.Name, Input: c.Prep, Detector: c.Detector, Heads: c.HeadLabels}
	if len(c.Labels) > 0 {
		s.Labels = labels
	}
	return s
}

// ultralytics reads what Ultralytics' exporter writes: imgsz is [height, width], names a
// Python dictionary by class. Its predictor letterboxes with grey 114 and divides by 255; of
// a classifier it scales the shorter side and cuts the middle out.
//
// Ultralytics 8.4.190, ultralytics/engine/exporter.py, data/augment.py (LetterBox) and
// models/yolo/classify/predict.py.
func ultralytics(props map[string]string, dims []int) *fileMetadata {
	if props["stride"] == "" || props["names"] == "" {
		return nil
	}
	t := &fileMetadata{by: "Ultralytics", labels: pythonNames(props["names"])}
	if v := props["version"]; v != "" {
		t.by += " " + v
	}
	height, width := dims[2], dims[3]
	var size []int
	if json.Unmarshal([]byte(props["imgsz"]), &size) == nil && len(size) == 2 && (height < 0 || width < 0) {
		height, width = size[0], size[1]
	}
	p := imgio.Prep{Width: width, Height: height, Fit: imgio.Letterbox, Pad: 114, At: imgio.Ultralytics, Filter: imgio.CV2,
		Scale: [3]float32{255, 255, 255}, Order: "RGB"}
	if props["task"] == "classify" {
		p.Fit, p.At, p.Pad, p.Filter, p.Resize = imgio.Crop, imgio.Middle, 0, imgio.Bilinear, min(height, width)
	}
	t.prep = &p
	t.ended = props["end2end"] == "True" || strings.Contains(props["args"], "'nms': True")
	// its predictor's, and none if the head has one box an object
	if t.detector = ultralyticsHead(props, t.ended); t.detector != nil {
		t.detector.NMS = map[bool]float64{false: 0.7, true: 1}[props["end2end"] == "True"]
	}
	return t
}

// ultralyticsHead is how the outputs are read; nil if they are no detections. What a suppression reads has corners.
func ultralyticsHead(props map[string]string, ended bool) *detect.Spec {
	order, more := "", ""
	if ended {
		order, more = `{"order": "xyxy"}`, `, "order": "xyxy"`
	}
	switch props["task"] {
	case "":
		if ended {
			return &detect.Spec{Decoder: "yolov8", Numbers: json.RawMessage(order)}
		}
	case "detect":
		return &detect.Spec{Decoder: "yolov8", Numbers: json.RawMessage(order)}
	case "segment":
		return &detect.Spec{Decoder: "yolo-seg", Numbers: json.RawMessage(order)}
	case "pose":
		var shape []int
		if json.Unmarshal([]byte(props["kpt_shape"]), &shape) == nil && len(shape) == 2 {
			numbers := fmt.Sprintf(`{"points": %d, "values": %d%s}`, shape[0], shape[1], more)
			return &detect.Spec{Decoder: "yolo-pose", Numbers: json.RawMessage(numbers)}
		}
	case "obb":
		return &detect.Spec{Decoder: "yolo-obb"}
	}
	return nil
}

// pythonName is an entry of a dictionary of names by number, or of a list of names, as
// Python prints it.
var pythonName = regexp.MustCompile(`(?:(\d+)\s*:\s*)?(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")`)

// pythonNames reads {0: 'person', 1: "bird's nest"} or ['person', ...]; nil where a class
// has no name.
func pythonNames(s string) []string {
	found := pythonName.FindAllStringSubmatch(s, -1)
	names := make([]string, len(found))
	seen := 0
	for i, f := range found {
		at := i
		if f[1] != "" {
			at, _ = strconv.Atoi(f[1])
		}
		if at >= len(names) || names[at] != "" {
			return nil
		}
		name := f[2] + f[3]
		names[at] = strings.NewReplacer(`\\`, `\`, `\'`, `'`, `\"`, `"`).Replace(name)
		seen++
	}
	if seen == 0 {
		return nil
	}
	return names
}

// paddleOCR reads the characters that a recogniser of PP-OCR tells apart, as RapidOCR's
// converter writes them, one a line; the first class is the blank, the last the space.
func paddleOCR(props map[string]string, _ []int) *fileMetadata {
	characters := props["character"]
	if characters == "" {
		return nil
	}
	labels := append([]string{"blank"}, strings.Split(strings.TrimRight(characters, "\n"), "\n")...)
	return &fileMetadata{by: "PaddleOCR", labels: append(labels, " ")}
}
