package source

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/strictjson"
)

// Sidecar is the small JSON file in the folder of a model, model.onnx -> model.json. It says what the model file itself
// does not: how pictures are prepared, and what the classes are called.
type Sidecar struct {
	Name   string      `json:"name,omitempty"`   // name of the model, if it is not the file's
	Input  *imgio.Prep `json:"input,omitempty"`  // how pictures are prepared
	Labels string      `json:"labels,omitempty"` // text file in the same folder, one label a line

	Layout imgio.Layout `json:"layout,omitempty"` // order of the picture's axes, if the graph does not tell it

	Slices *int `json:"slices,omitempty"` // how many a volume has, if the model's file leaves it free

	Picture string           `json:"picture,omitempty"` // the input that is the picture, if there are several
	Inputs  map[string]Value `json:"inputs,omitempty"`  // values of the other inputs

	Detector *detect.Spec `json:"detector,omitempty"` // how a detector's outputs are read

	Heads map[string][]string `json:"heads,omitempty"` // for other outputs: the names of their values
}

// SidecarName returns the sidecar's name for error texts: that of the model's file, or an example. If the file is on
// the hub, it adds that only a copy can have one.
func (c Card) SidecarName() string {
	switch {
	case c.File == "":
		return "model.json"
	case c.OnHub:
		return fmt.Sprintf("%s beside a copy of %s (none is read for a file on the hub)",
			SidecarPath(filepath.Base(c.File)), c.File)
	}
	return SidecarPath(c.File)
}

// SidecarPath returns the path of a model file's sidecar.
func SidecarPath(model string) string {
	return strings.TrimSuffix(model, filepath.Ext(model)) + ".json"
}

// takeDefaults sets the values of the inputs besides the picture.
func (c *Card) takeDefaults(values map[string]Value) error {
	for name, v := range values {
		at := slices.IndexFunc(c.Inputs, func(i Input) bool { return i.Name == name })
		if at < 0 {
			return fmt.Errorf("it gives the input %q, which is none of the model's inputs besides the picture; it has %s", name,
				inputNames(c.Inputs))
		}
		c.Inputs[at].Default = &v
	}
	return nil
}

// readSidecar reads the sidecar of a model file; a missing one is no error.
func readSidecar(model string) (Sidecar, []string, error) {
	path := SidecarPath(model)
	dir, err := openModelFolder(path)
	if err != nil {
		return Sidecar{}, nil, fmt.Errorf("opening the model's folder: %w", err)
	}
	defer dir.close()
	data, err := dir.read(filepath.Base(path), maxSidecar)
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
	if s.Slices != nil && *s.Slices < 1 {
		return Sidecar{}, nil, fmt.Errorf("the sidecar %s says that a volume has %d slices: it has at least 1", path, *s.Slices)
	}
	if s.Detector != nil {
		if *s.Detector, err = s.Detector.WithDefaults(); err != nil {
			return Sidecar{}, nil, fmt.Errorf("the sidecar %s: %w", path, err)
		}
	}
	if s.Labels == "" {
		return s, nil, nil
	}
	if !filepath.IsLocal(s.Labels) {
		return Sidecar{}, nil, fmt.Errorf("the sidecar %s names the labels %q, which do not lie beside it", path, s.Labels)
	}
	labels, err := readLabels(dir, s.Labels)
	if err != nil {
		return Sidecar{}, nil, fmt.Errorf("%w (the sidecar %s names it)", err, path)
	}
	return s, labels, nil
}

// The largest sizes of a sidecar and of labels, in bytes.
const (
	maxSidecar = 64 << 20
	maxLabels  = 64 << 20
)

// ReadLabels reads the labels in a file that a sidecar of the model may name: one in the model's folder or below it.
func ReadLabels(model, name string) ([]string, error) {
	dir, err := openModelFolder(SidecarPath(model))
	if err != nil {
		return nil, fmt.Errorf("opening the model's folder: %w", err)
	}
	defer dir.close()
	return readLabels(dir, name)
}

// readLabels reads labels in the model's folder or below it. A sidecar cannot name any other file of the machine, by a
// link either. Editors of Windows begin a text with a mark of UTF-8 or UTF-16.
func readLabels(dir *modelFolder, name string) ([]string, error) {
	data, err := dir.read(name, maxLabels)
	if err != nil {
		return nil, fmt.Errorf("reading the labels: %w", err)
	}
	if data, _, err = transform.Bytes(unicode.BOMOverride(transform.Nop), data); err != nil {
		return nil, fmt.Errorf("reading the labels: %s is no text: %w", name, err)
	}
	text := strings.TrimRight(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
	labels := strings.Split(text, "\n")
	if err := checkLabels(labels); err != nil {
		return nil, fmt.Errorf("reading the labels of %s: %w", name, err)
	}
	return labels, nil
}

// checkLabels returns an error for a text that is too long to be a label: every table and figure would show it.
func checkLabels(labels []string) error {
	const most = 4 << 10 // bytes
	for i, l := range labels {
		if len(l) > most {
			return fmt.Errorf("label %d has %d bytes, and at most %d are read of one: it is no label", i, len(l), most)
		}
	}
	return nil
}

// takePrep sets the sidecar's preprocessing. If it has no size, the size is that of the model's pictures. If they have
// none either, the fit must be one that takes the size from each picture.
func (c *Card) takePrep(p *imgio.Prep) error {
	if p == nil {
		return nil
	}
	filled := p.WithDefaults()
	if filled.Width == 0 && filled.Height == 0 {
		height, width, ok := c.Size()
		switch {
		case ok:
			filled.Width, filled.Height = width, height
		case filled.Fit != imgio.Edges: // of which each picture has its own size
			return errors.New("its input has no width and height, and the model takes pictures of any size: write both")
		}
	}
	if err := filled.Validate(); err != nil {
		return err
	}
	c.Prep = &filled
	return nil
}
