package detections

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/inputs"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/place"
)

// Search looks for detections in a batch of pictures.
type Search struct {
	Model source.Model      // the detector
	Input inputs.Input      // the pictures, prepared
	Say   func(line string) // is called with a line about every guess

	// Run runs the program of a graph on the model's weights; the key tells programs apart.
	Run func(key string, graph device.Graph, inputs ...*tensors.Tensor) ([]device.Array, error)
}

// Choose reads the outputs with every reader, and returns what the only reader found whose
// detections make sense on the pictures. It returns an error if none makes sense, or several.
func (s Search) Choose(reads []*Reader) (*Findings, error) {
	var sensible []*Findings
	var faults []fault
	for _, read := range reads {
		d, err := s.find(read)
		var no nonsense
		switch {
		case errors.As(err, &no):
			faults = append(faults, fault{read, no})
		case err != nil:
			return nil, err
		default:
			sensible = append(sensible, d)
		}
	}
	c := s.Model.Card()
	switch {
	case len(sensible) == 1:
		switch only := sensible[0].read; {
		case len(reads) > 1:
			s.Say(fmt.Sprintf("the outputs of %s are read as %s, which alone of the decoders that fit their shapes makes sense of them", c.Name, only.spec.Decoder))
		case only.guessed:
			s.Say(fmt.Sprintf("the outputs of %s are read as %s, the only decoder that fits their shapes", c.Name, only.spec.Decoder))
		}
		return sensible[0], nil
	case len(sensible) > 1:
		var names []string
		for _, d := range sensible {
			names = append(names, d.read.spec.Decoder)
		}
		return nil, fmt.Errorf("the outputs of the model %s can be read in several ways, as %s: name the decoder, with %s or %s; labels for its classes tell some of them apart",
			c.Name, strings.Join(names, ", "), decoderWords(names[0]), written(c, sensible[0].read.spec.WithoutDefaults()))
	}
	return nil, s.refuse(faults)
}

// decoderWords returns how a caller names a decoder.
func decoderWords(name string) string {
	return place.Words(fmt.Sprintf("gradcamnb.Reading{Decoder: %q}", name), "--decoder "+name)
}

// find runs the model and keeps the candidates that are sure enough and not found twice.
func (s Search) find(read *Reader) (*Findings, error) {
	picture := s.Model.Card().Layout.Size(s.Input.Dims)
	decode := func(scope *model.Scope, x *Node) detect.Candidates {
		return read.Decode(s.Model.Build(scope, x, nil, read.names).Outputs, picture)
	}
	out, err := s.Run(fmt.Sprintf("detect %s %v", read.Key(), s.Input.Dims),
		func(scope *model.Scope, inputs []*Node) []*Node { return listNodes(decode(scope, inputs[0])) },
		tensors.FromFlatDataAndDimensions(s.Input.Values, s.Input.Dims...))
	if err != nil {
		return nil, err
	}
	d, err := s.judge(read, out)
	if err != nil || !d.masks {
		return d, err
	}
	return d, s.masks(d, decode)
}

// listNodes returns the parts of candidates in the order of the type candidates.
func listNodes(c detect.Candidates) []*Node {
	nodes := []*Node{c.Boxes, c.Scores, c.Confidence()}
	if c.Objectness != nil {
		nodes = append(nodes, c.Objectness)
	} else {
		nodes = append(nodes, OnesLike(nodes[2]))
	}
	if c.Numbers != nil {
		nodes = append(nodes, ConvertDType(c.Numbers, dtypes.Float32))
	} else {
		nodes = append(nodes, ZerosLike(nodes[2]))
	}
	if c.Points != nil {
		nodes = append(nodes, c.Points)
	}
	return nodes
}

// judge returns what a reader found, without masks, or an error of type nonsense if that cannot be right.
func (s Search) judge(read *Reader, out []device.Array) (*Findings, error) {
	c := s.Model.Card()
	picture := c.Layout.Size(s.Input.Dims)
	decoder, err := detect.ByName(read.spec.Decoder)
	if err != nil {
		return nil, err
	}
	d := &Findings{read: read, frames: s.Input.Frames, classes: out[1].Dims[2],
		masks: decoder.Masks, turned: decoder.Turned}
	told := c.DetectorTold && c.Detector != nil && read.spec.Decoder == c.Detector.Decoder
	for i := range s.Input.Dims[0] {
		var all candidates
		for _, o := range out {
			all = append(all, device.Row(o.Values, i, s.Input.Dims[0]))
		}
		if err := all.checkSense(read.spec, picture, told); err != nil {
			return nil, err
		}
		keep := all.keep(read.spec)
		d.kept, d.all = append(d.kept, keep), append(d.all, all)
		d.best = append(d.best, slices.Max(all[2]))
		var found []heatmap.Detection
		for _, k := range keep {
			one := all.detection(k, s.Input.Frames[i], read.labels)
			if d.turned {
				turn(&one)
			}
			found = append(found, one)
		}
		d.found = append(d.found, found)
	}
	return d, nil
}

// masks fills in the instance masks of the detections.
func (s Search) masks(d *Findings, decode func(*model.Scope, *Node) detect.Candidates) error {
	most := 0
	for _, k := range d.kept {
		most = max(most, len(k))
	}
	if most == 0 {
		return nil
	}
	most = (most + 15) / 16 * 16 // few programs for many numbers of detections
	chosen := make([]int32, s.Input.Dims[0]*most)
	for i, k := range d.kept {
		for j, at := range k {
			chosen[i*most+j] = int32(at)
		}
	}
	out, err := s.Run(fmt.Sprintf("masks %d %s %v", most, d.read.Key(), s.Input.Dims),
		func(scope *model.Scope, inputs []*Node) []*Node {
			return []*Node{decode(scope, inputs[0]).Mask(inputs[1])}
		}, tensors.FromFlatDataAndDimensions(s.Input.Values, s.Input.Dims...),
		tensors.FromFlatDataAndDimensions(chosen, s.Input.Dims[0], most))
	if err != nil {
		return err
	}
	h, w := out[0].Dims[2], out[0].Dims[3]
	for i := range d.found {
		for j := range d.found[i] {
			at := (i*most + j) * h * w
			d.found[i][j].Mask = heatmap.Grid{W: w, H: h, Values: slices.Clone(out[0].Values[at : at+h*w])}
		}
	}
	return nil
}
