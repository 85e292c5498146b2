package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/regular"
	"github.com/gradcam-go/gradcam/internal/strictjson"
)

// Sidecar is the small JSON file beside a model, model.onnx -> model.json, that
// says what the model file itself does not: how pictures are prepared for it and
// what its classes are called.
type Sidecar struct {
	Name   string      `json:"name,omitempty"`   // of the model, if not the file's
	Input  *imgio.Prep `json:"input,omitempty"`  // how pictures are prepared
	Labels string      `json:"labels,omitempty"` // text file beside it, one label a line

	Layout imgio.Layout `json:"layout,omitempty"` // order of the picture's axes, of a model whose graph does not tell it

	Picture string           `json:"picture,omitempty"` // the input that is the picture, of a model with several
	Inputs  map[string]Value `json:"inputs,omitempty"`  // values of the other inputs

	Detector *detect.Spec `json:"detector,omitempty"` // how the detections of a detector are read

	Heads map[string][]string `json:"heads,omitempty"` // names of the values of other outputs, by output
}

// SidecarName returns the sidecar that a model's errors speak of: that of its file, or an example.
func (c Card) SidecarName() string {
	if c.File == "" {
		return "model.json"
	}
	return SidecarPath(c.File)
}

// SidecarPath returns where the sidecar of a model file lies.
func SidecarPath(model string) string {
	return strings.TrimSuffix(model, filepath.Ext(model)) + ".json"
}

// takeDefaults takes the values of the inputs besides the picture.
func (c *Card) takeDefaults(values map[string]Value) error {
	for name, v := range values {
		at := slices.IndexFunc(c.Inputs, func(i Input) bool { return i.Name == name })
		if at < 0 {
			return fmt.Errorf("it gives the input %q, which the model has not besides the picture; it has %s", name,
				inputNames(c.Inputs))
		}
		c.Inputs[at].Default = &v
	}
	return nil
}

// readSidecar reads the sidecar of a model file; a missing one is no error.
func readSidecar(model string) (Sidecar, []string, error) {
	path := SidecarPath(model)
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return Sidecar{}, nil, fmt.Errorf("opening the model's folder: %w", err)
	}
	defer func() { _ = root.Close() }() // only read
	data, err := regular.ReadIn(root, filepath.Base(path), maxSidecar)
	if errors.Is(err, fs.ErrNotExist) {
		return Sidecar{}, nil, nil
	}
	if err != nil {
		return Sidecar{}, nil, fmt.Errorf("reading the sidecar of the model: %w", err)
	}
	var s Sidecar
	if err := strictjson.Decode(data, &s); err != nil {
		return Sidecar{}, nil, fmt.Errorf("the sidecar %s is not as it should be: %w", path, err)
	}
	if s.Detector != nil {
		if *s.Detector, err = s.Detector.Filled(); err != nil {
			return Sidecar{}, nil, fmt.Errorf("the sidecar %s: %w", path, err)
		}
	}
	if s.Labels == "" {
		return s, nil, nil
	}
	if !filepath.IsLocal(s.Labels) {
		return Sidecar{}, nil, fmt.Errorf("the sidecar %s names the labels %q, which do not lie beside it", path, s.Labels)
	}
	labels, err := readLabels(root, s.Labels)
	return s, labels, err
}

// What is read of a sidecar and of labels, at most, in bytes.
const (
	maxSidecar = 64 << 20
	maxLabels  = 64 << 20
)

// readLabels reads labels in the model's folder or below it: a sidecar names no other file of the machine,
// by a link either.
func readLabels(root *os.Root, name string) ([]string, error) {
	data, err := regular.ReadIn(root, name, maxLabels)
	if err != nil {
		return nil, fmt.Errorf("reading the labels: %w", err)
	}
	text := strings.TrimRight(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
	return strings.Split(text, "\n"), nil
}

// takePrep takes the sidecar's preprocessing. A size that it does not say is that of the model's pictures, if they
// have one.
func (c *Card) takePrep(p *imgio.Prep) error {
	if p == nil {
		return nil
	}
	filled := p.Filled()
	if filled.Width == 0 && filled.Height == 0 {
		height, width, ok := c.Size()
		if !ok {
			return errors.New("its input has no width and height, and the model takes pictures of any size: write both")
		}
		filled.Width, filled.Height = width, height
	}
	if err := filled.Validate(); err != nil {
		return err
	}
	c.Prep = &filled
	return nil
}

// Described returns the sidecar that says what is known about a model, for it to be written out
// and changed: the labels go into the named file.
func Described(c Card, labels string) Sidecar {
	s := Sidecar{Name: c.Name, Input: c.Prep, Detector: c.Detector, Heads: c.HeadLabels}
	if len(c.Labels) > 0 {
		s.Labels = labels
	}
	return s
}
