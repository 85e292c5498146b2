package source

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/maker"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// takeMetadata fills in from the words of the model's maker, in the file and in its folder, what the sidecar does not
// say. A maker whose words lie nearer to the weights takes precedence. If a maker's files cannot be followed, that is
// an error if must is true, and is only told otherwise.
func (m *onnxModel) takeMetadata(ctx context.Context, beside func(name string) []byte, must bool) error {
	f := m.describeFile(beside)
	var lines []string
	for _, who := range maker.All() {
		t, err := tell(who, f)
		if err != nil {
			if must && m.card.Prep == nil {
				return err
			}
			if m.card.Prep == nil || m.card.Labels == nil {
				lines = append(lines, fmt.Sprintf("beside which %s is not followed: %v", who.Name, err))
			}
		}
		if t == nil {
			continue
		}
		unsaid := m.card.Detector == nil
		took, err := m.take(ctx, t)
		if err != nil {
			return err
		}
		if unsaid && m.card.Detector != nil && who.Place != maker.InNames {
			m.card.DetectorTold = true
		}
		if len(took) > 0 {
			lines = append(lines, fmt.Sprintf("%s: %s", t.By, strings.Join(took, ", ")))
		}
	}
	if len(lines) > 0 {
		m.card.MakerNote = filepath.Base(m.card.File) + ", " + strings.Join(lines, "; ")
	}
	return nil
}

// tell returns what a maker's words say; nil if they are of another maker. With an error it may return what can be
// followed all the same, which never includes labels that are too long.
func tell(who maker.Maker, f maker.File) (*maker.Metadata, error) {
	t, err := who.Tell(f)
	if t == nil {
		return nil, err
	}
	if bad := checkLabels(t.Labels); bad != nil {
		bad = fmt.Errorf("%w (%s)", bad, t.By)
		if err != nil {
			bad = fmt.Errorf("%w; %w", err, bad)
		}
		t.Labels, err = nil, bad
	}
	return t, err
}

// describePrep returns words that say how pictures are prepared.
func describePrep(p imgio.Prep) string {
	words := fmt.Sprintf("pictures of %d x %d (%s)", p.Width, p.Height, p.Fit)
	switch {
	case p.Fit == imgio.Edges && p.Width == 0 && p.Resize == 0:
		words = "pictures of their own size"
	case p.Fit == imgio.Edges && p.Width == 0:
		words = fmt.Sprintf("pictures whose shorter side is %d", p.Resize)
	}
	if p.Stride > 0 {
		words += fmt.Sprintf(" and bars up to multiples of %d pixels", p.Stride)
	}
	return fmt.Sprintf("%s in %s, (p - %v) / %v", words, p.Order, p.Mean, p.Scale)
}

// neighbourReader returns a function that reads files in the model's folder. If that folder is called onnx, the
// function also looks in the one above it, which is how optimum and transformers.js lay out models. The model depends
// on each file that it looks for, also on those that are missing.
func (m *onnxModel) neighbourReader(dir *modelFolder) func(name string) []byte {
	return func(name string) []byte {
		m.card.Files = append(m.card.Files, filepath.Join(dir.path, name))
		data, err := dir.read(name, maxConfig)
		if err == nil {
			return data
		}
		if filepath.Base(dir.path) != "onnx" {
			return nil
		}
		above := filepath.Join(filepath.Dir(filepath.Clean(dir.path)), name)
		m.card.Files = append(m.card.Files, above)
		top, err := openModelFolder(above)
		if err != nil {
			return nil
		}
		defer top.close()
		if data, err = top.read(name, maxConfig); err != nil {
			return nil
		}
		return data
	}
}

// describeFile returns the part of the file that the makers get to see.
func (m *onnxModel) describeFile(beside func(name string) []byte) maker.File {
	c := &m.card
	f := maker.File{Props: map[string]string{}, Layout: c.Layout, Ops: map[string]bool{}, ReadNeighbour: beside,
		Inputs: []maker.Tensor{{Name: m.options.Picture, Type: c.Type, Dims: c.Input}}}
	for _, p := range m.proto.MetadataProps {
		f.Props[p.Key] = p.Value
	}
	for _, i := range c.Inputs {
		f.Inputs = append(f.Inputs, maker.Tensor{Name: i.Name, Type: i.Type, Dims: i.Dims})
	}
	for _, o := range onnxnorm.Declarations(m.proto.Graph.Output) {
		f.Outputs = append(f.Outputs, maker.Tensor{Name: o.Name, Type: o.Type, Dims: o.Dims})
	}
	for _, n := range m.proto.Graph.Node {
		f.Ops[n.OpType] = true
		if strings.HasSuffix(n.OpType, "_TRT") {
			f.Plugins = append(f.Plugins, describePlugin(n))
		}
	}
	return f
}

// describePlugin returns what the makers get to see of a node.
func describePlugin(n *protos.NodeProto) maker.Plugin {
	p := maker.Plugin{Op: n.OpType, Inputs: n.Input, Numbers: map[string]float64{}}
	for _, a := range n.Attribute {
		switch a.Type {
		case protos.AttributeProto_INT:
			p.Numbers[a.Name] = float64(a.I)
		case protos.AttributeProto_FLOAT:
			p.Numbers[a.Name] = float64(a.F)
		}
	}
	return p
}

// take fills in what t says and nothing else does, and returns words for what it took.
func (m *onnxModel) take(ctx context.Context, t *maker.Metadata) (took []string, err error) {
	c := &m.card
	if c.Prep == nil && t.Prep != nil && t.Prep.Validate() == nil {
		c.Prep = c.leaveToFile(t.Prep)
		took = append(took, describePrep(*c.Prep))
	}
	if c.Labels == nil && t.Labels != nil {
		c.Labels = t.Labels
		took = append(took, fmt.Sprintf("%d labels", len(t.Labels)))
	}
	for i := range c.Inputs {
		if v, ok := t.Inputs[c.Inputs[i].Name]; ok && c.Inputs[i].Default == nil {
			value := Value(v)
			c.Inputs[i].Default = &value
			took = append(took, fmt.Sprintf("%s = %v", c.Inputs[i].Name, v.Values))
		}
	}
	if c.Detector != nil || t.Detector == nil {
		return took, nil
	}
	words, err := m.takeDetector(ctx, t)
	return append(took, words...), err
}

// takeDetector fills in how detections are read, and returns words for what it took.
func (m *onnxModel) takeDetector(ctx context.Context, t *maker.Metadata) ([]string, error) {
	spec, err := t.Detector.WithDefaults()
	if err != nil {
		return nil, err
	}
	m.card.Detector = &spec
	took := []string{"decoder " + spec.Decoder}
	switch {
	case t.Ended && len(spec.Outputs) > 0:
		if err := m.endAt(spec.Outputs); err != nil {
			return nil, err
		}
		took = append(took, fmt.Sprintf("read before its own suppression, at %q", spec.Outputs))
	case t.Ended:
		cut, err := m.endBeforeSuppression(ctx)
		if err != nil {
			return nil, err
		}
		if cut != "" {
			took = append(took, cut)
		}
	}
	return took, nil
}
