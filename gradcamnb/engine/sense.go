package engine

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/place"
)

// nonsense is why a reading of a model's outputs cannot be right.
type nonsense struct{ error }

func nonsensef(format string, args ...any) error { return nonsense{fmt.Errorf(format, args...)} }

const (
	fewCandidates = 8    // from which on shares of candidates say something
	slack         = 1e-3 // of a probability, for half precision
	leastSide     = 2    // pixels of a detection's side
)

// sense says why candidates of a picture, as a decoder reads them, cannot be right: class
// scores and objectness are probabilities; boxes do not mostly have their far corner before
// their near one, nor look like corners that were read as middle and size; and of the surest,
// most are two pixels wide and meet the picture.
//
// Of a decoder that the file itself names the scores alone are looked at: its boxes may be any.
func (c candidates) sense(spec detect.Spec, picture [2]int, told bool) error {
	for _, read := range []struct {
		what   string
		values []float32
	}{{"class scores", c[1]}, {"objectness", c[3]}} {
		lo, hi := slices.Min(read.values), slices.Max(read.values)
		if !(lo >= -slack && hi <= 1+slack) { // a NaN is neither
			return nonsensef("its %s reach from %.4g to %.4g and would be no probabilities", read.what, lo, hi)
		}
	}
	if told {
		return nil
	}
	if err := c.corners(); err != nil {
		return err
	}
	sure := c.surest(spec)
	small := 0
	whole := heatmap.Box{0, 0, float64(picture[1]), float64(picture[0])}
	for _, k := range sure {
		b := c.box(k)
		if !(b[2]-b[0] >= leastSide && b[3]-b[1] >= leastSide) || !(b.IoU(whole) > 0) {
			small++
		}
	}
	if len(sure) > 0 && 2*small > len(sure) {
		b := c.box(sure[0])
		return nonsensef("%d of the %d surest boxes would be under %d pixels or outside of the picture, the first at (%.3g, %.3g)-(%.3g, %.3g)", small, len(sure), leastSide, b[0], b[1], b[2], b[3])
	}
	return nil
}

// surest are the candidates above the threshold, or the ten surest of some confidence.
func (c candidates) surest(spec detect.Spec) []int {
	var order []int
	for k := range c[2] {
		order = append(order, k)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(c[2][b], c[2][a]) })
	end := slices.IndexFunc(order, func(k int) bool { return !(float64(c[2][k]) > spec.Threshold) })
	if end <= 0 {
		const some, ten = 0.01, 10
		end = slices.IndexFunc(order[:min(ten, len(order))], func(k int) bool { return !(float64(c[2][k]) > some) })
		if end < 0 {
			end = min(ten, len(order))
		}
	}
	return order[:end]
}

// corners looks at the order of the numbers of all boxes that are not empty.
func (c candidates) corners() error {
	all, turned, asSize := 0, 0, 0
	for k := range c[2] {
		b := c.box(k)
		if b == (heatmap.Box{}) {
			continue // a row that is not used
		}
		all++
		w, h := b[2]-b[0], b[3]-b[1]
		if w < 0 && h < 0 {
			turned++
		}
		if w > (b[0]+b[2])/2 && h > (b[1]+b[3])/2 { // x1 > x0 and y1 > y0, if these are corners
			asSize++
		}
	}
	switch {
	case all >= fewCandidates && 2*turned > all:
		return nonsensef("%d of %d boxes would have their far corner before their near one: their numbers may be middle and size (\"order\": \"cxcywh\")", turned, all)
	case all >= fewCandidates && 100*asSize > 95*all:
		return nonsensef("%d of %d boxes would be larger than twice their distance from the picture's corner: their numbers may be corners (\"order\": \"xyxy\")", asSize, all)
	}
	return nil
}

// choose reads the outputs with every decoder that was named, or that fits them, and takes
// the only reading that makes sense on the pictures.
func (s *session) choose(b *backend, reads []*reader, in input) (*detected, error) {
	var sensible []*detected
	var faults []error
	for _, read := range reads {
		d, err := s.find(b, read, in)
		var no nonsense
		switch {
		case errors.As(err, &no):
			faults = append(faults, fmt.Errorf("as %s %w", read.spec.Decoder, no.error))
		case err != nil:
			return nil, err
		default:
			sensible = append(sensible, d)
		}
	}
	c := s.model.Card()
	switch {
	case len(sensible) == 1:
		if len(reads) > 1 {
			s.sayOnce(fmt.Sprintf("the outputs of %s are read as %s, which alone of the decoders that fit their shapes makes sense of them", c.Name, sensible[0].reader.spec.Decoder))
		}
		return sensible[0], nil
	case len(sensible) > 1:
		var names []string
		for _, d := range sensible {
			names = append(names, d.reader.spec.Decoder)
		}
		return nil, fmt.Errorf("the outputs of the model %s can be read in several ways, as %s: name the decoder, with %s or \"detector\": {\"decoder\": %q} in the sidecar %s; labels for its classes tell some of them apart",
			c.Name, strings.Join(names, ", "), decoderWords(names[0]), names[0], sidecarName(c))
	}
	return nil, fmt.Errorf("the outputs %q of the model %s cannot be right as they are read: %w. %s", reads[0].names, c.Name, errors.Join(faults...), s.instead(reads, in))
}

// decoderWords says how a decoder is named.
func decoderWords(name string) string {
	return place.Words(fmt.Sprintf("gradcamnb.Reading{Decoder: %q}", name), "--decoder "+name)
}

// instead says how outputs could be read that no reading makes sense of.
func (s *session) instead(reads []*reader, in input) string {
	c := s.model.Card()
	shapes, err := shapesOf(s.model, in.dims, reads[0].names)
	if err != nil {
		return ""
	}
	would := detect.WouldFit(shapes, plan{input: in.dims}.size(c.Layout))
	would = slices.DeleteFunc(would, func(name string) bool {
		return slices.ContainsFunc(reads, func(r *reader) bool { return r.spec.Decoder == name })
	})
	if len(would) == 0 {
		return fmt.Sprintf("No other decoder fits the shapes %v: name the tensors that one reads as \"outputs\" of the \"detector\" in the sidecar %s", shapes, sidecarName(c))
	}
	return fmt.Sprintf("The shapes %v would also fit %s: name the one that it is, with %s or \"detector\": {\"decoder\": %q} in the sidecar %s", shapes, strings.Join(would, ", "), decoderWords(would[0]), would[0], sidecarName(c))
}

// butForLabels says which decoders would fit if the number of labels were another.
func butForLabels(c source.Card, shapes [][]int, picture [2]int) string {
	would := detect.WouldFit(shapes, picture)
	if len(c.Labels) == 0 || len(would) == 0 {
		return ""
	}
	return fmt.Sprintf("; with another number of classes than the %d labels, %s would fit", len(c.Labels), strings.Join(would, ", "))
}

// sameDecoder tells whether two names mean the same decoder.
func sameDecoder(a, b string) bool {
	x, err := detect.ByName(a)
	if err != nil {
		return false
	}
	y, err := detect.ByName(b)
	return err == nil && x.Name == y.Name
}
