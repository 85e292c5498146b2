package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
)

// reader reads a model's outputs as detections.
type reader struct {
	spec   detect.Spec
	head   detect.Head
	names  []string // of the tensors that it reads
	labels []string
}

func (r *reader) key() string {
	return fmt.Sprintf("%s %q %s", r.spec.Decoder, r.names, r.spec.Numbers)
}

// detected is what was found in pictures.
type detected struct {
	reader  *reader
	frames  []imgio.Frame
	found   [][]heatmap.Detection // boxes in pixels of the original pictures
	kept    [][]int               // their candidates
	all     []candidates          // of each picture
	best    []float32             // confidence of each picture's best candidate
	classes int
	masks   bool // the model has instance masks
}

// asFound is what kinds of targets see of it; nil if nothing was detected.
func (d *detected) asFound() *kind.Found {
	if d == nil {
		return nil
	}
	return &kind.Found{
		Detections: d.found, Best: d.best, Threshold: d.reader.spec.Threshold, Decoder: d.reader.spec.Decoder,
		Labels: d.reader.labels, Classes: d.classes, Masks: d.masks, Frames: d.frames,
	}
}

// of is what was found in picture i; nil if nothing was detected.
func (d *detected) of(i int) []heatmap.Detection {
	if d == nil {
		return nil
	}
	return d.found[i]
}

// toModel is a box of picture i in pixels of the model's input.
func (d *detected) toModel(b heatmap.Box, i int) heatmap.Box {
	x0, y0 := d.frames[i].ToModel(b[0], b[1])
	x1, y1 := d.frames[i].ToModel(b[2], b[3])
	return heatmap.Box{x0, y0, x1, y1}
}

func toPicture(f imgio.Frame, b heatmap.Box) heatmap.Box {
	x0, y0 := f.ToPicture(b[0], b[1])
	x1, y1 := f.ToPicture(b[2], b[3])
	return heatmap.Box{x0, y0, x1, y1}
}

// Detect lists what the model finds in each picture.
func (s *session) Detect(ctx context.Context, r gradcamnb.Request) ([][]heatmap.Detection, error) {
	s, in, err := s.facing(r)
	if err != nil {
		return nil, err
	}
	d, err := s.detect(ctx, in, r.Reading)
	if err != nil {
		return nil, err
	}
	return d.found, nil
}

func (s *session) detect(ctx context.Context, in input, how gradcamnb.Reading) (*detected, error) {
	reads, err := newReaders(s.model, in.dims, how)
	if err != nil {
		return nil, err
	}
	b, end, err := s.engine.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	giveBack, err := device.Borrow(s.model.Store(), b)
	if err != nil {
		return nil, err
	}
	d, err := s.choose(b, reads, in)
	return d, errors.Join(err, giveBack())
}

// newReaders finds the decoder of a model: the one that is asked for, else the sidecar's or
// the file's own, else those that fit the outputs.
func newReaders(m source.Model, input []int, how gradcamnb.Reading) ([]*reader, error) {
	c := m.Card()
	var spec detect.Spec
	if c.Detector != nil && (how.Decoder == "" || sameDecoder(how.Decoder, c.Detector.Decoder)) {
		spec = *c.Detector
	} else {
		spec.Decoder = how.Decoder
	}
	spec.Threshold, spec.NMS = cmp.Or(how.Threshold, spec.Threshold), cmp.Or(how.NMS, spec.NMS)
	if spec.Decoder == "" {
		spec = spec.Over(namedRoles(c.Outputs))
	}
	names := spec.Outputs
	if names == nil {
		names = c.Outputs
	}
	shapes, err := shapesOf(m, input, names)
	if err != nil {
		return nil, err
	}
	if _, _, _, err := source.Batch(m, input, names); err != nil {
		return nil, err
	}
	picture := plan{input: input}.size(c.Layout)
	if spec.Decoder != "" {
		r, err := newReader(c, spec, names, shapes, picture)
		return []*reader{r}, err
	}
	fit := detect.Fitting(shapes, picture, len(c.Labels))
	if len(fit) == 0 {
		return nil, fmt.Errorf("nothing says how the detections of the model %s are read: name a decoder, or give the sidecar %s a \"detector\"; its outputs have the shapes %v, and %s%s",
			c.Name, sidecarName(c), shapes, fitting(fit), butForLabels(c, shapes, picture))
	}
	var out []*reader
	for _, name := range fit {
		spec.Decoder = name
		r, err := newReader(c, spec, names, shapes, picture)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// newReader makes the reader of a spec, of outputs of these shapes.
func newReader(c source.Card, spec detect.Spec, names []string, shapes [][]int, picture [2]int) (*reader, error) {
	r := &reader{names: names, labels: c.Labels}
	var err error
	if r.spec, err = spec.Filled(); err != nil {
		return nil, err
	}
	if r.head, err = r.spec.Head(len(c.Labels)); err != nil {
		return nil, err
	}
	if err := r.head.Check(shapes, picture); err != nil {
		return nil, fmt.Errorf("the decoder %s does not fit the model %s: %w; the outputs %q have the shapes %v, and %s%s",
			r.spec.Decoder, c.Name, err, r.names, shapes, fitting(detect.Fitting(shapes, picture, len(c.Labels))), butForLabels(c, shapes, picture))
	}
	return r, nil
}

func fitting(names []string) string {
	if len(names) == 0 {
		var all []string
		for _, d := range detect.All() {
			all = append(all, d.Name)
		}
		return "no decoder fits them as they stand; there are " + strings.Join(all, ", ")
	}
	return "the decoders that fit them are " + strings.Join(names, ", ")
}

func shapesOf(m source.Model, input []int, names []string) ([][]int, error) {
	layers, err := m.Layers(input, "")
	if err != nil {
		return nil, err
	}
	var out [][]int
	for _, name := range names {
		l, err := source.Resolve(layers, name)
		if err != nil {
			return nil, fmt.Errorf("the detector reads a tensor that is not there: %w", err)
		}
		out = append(out, l.Shape)
	}
	return out, nil
}

// find runs the model and keeps what is sure enough and not found twice.
func (s *session) find(b *backend, read *reader, in input) (*detected, error) {
	c := s.model.Card()
	picture := plan{input: in.dims}.size(c.Layout)
	decode := func(scope *model.Scope, x *Node) detect.Candidates {
		outputs := s.model.Build(scope, x, nil, read.names).Outputs
		var nodes []*Node
		for _, name := range read.names {
			nodes = append(nodes, outputs[name])
		}
		return read.head.Decode(nodes, picture)
	}
	out, err := s.once(b, fmt.Sprintf("detect %s %v", read.key(), in.dims), func(scope *model.Scope, inputs []*Node) []*Node {
		c := decode(scope, inputs[0])
		nodes := []*Node{c.Boxes, c.Scores, c.Confidence()}
		if c.Objectness != nil {
			nodes = append(nodes, c.Objectness)
		} else {
			nodes = append(nodes, OnesLike(nodes[2]))
		}
		if c.Points != nil {
			nodes = append(nodes, c.Points)
		}
		return nodes
	}, tensors.FromFlatDataAndDimensions(in.values, in.dims...))
	if err != nil {
		return nil, err
	}
	decoder, err := detect.ByName(read.spec.Decoder)
	if err != nil {
		return nil, err
	}
	d := &detected{reader: read, frames: in.frames, classes: out[1].dims[2], masks: decoder.Masks}
	for i := range in.dims[0] {
		var all candidates
		for _, o := range out {
			all = append(all, row(o.values, i, in.dims[0]))
		}
		if err := all.sense(read.spec, picture, c.Told != "" && c.Detector != nil && read.spec.Decoder == c.Detector.Decoder); err != nil {
			return nil, err
		}
		keep := all.keep(read.spec)
		d.kept, d.all = append(d.kept, keep), append(d.all, all)
		d.best = append(d.best, slices.Max(all[2]))
		var found []heatmap.Detection
		for _, k := range keep {
			found = append(found, all.detection(k, in.frames[i], read.labels))
		}
		d.found = append(d.found, found)
	}
	if !d.masks {
		return d, nil
	}
	return d, s.masks(b, d, in, decode)
}

// masks fills in the instance masks of what was found.
func (s *session) masks(b *backend, d *detected, in input, decode func(*model.Scope, *Node) detect.Candidates) error {
	most := 0
	for _, k := range d.kept {
		most = max(most, len(k))
	}
	if most == 0 {
		return nil
	}
	most = (most + 15) / 16 * 16 // few programs for many numbers of detections
	chosen := make([]int32, in.dims[0]*most)
	for i, k := range d.kept {
		for j, at := range k {
			chosen[i*most+j] = int32(at)
		}
	}
	out, err := s.once(b, fmt.Sprintf("masks %d %s %v", most, d.reader.key(), in.dims), func(scope *model.Scope, inputs []*Node) []*Node {
		return []*Node{decode(scope, inputs[0]).Mask(inputs[1])}
	}, tensors.FromFlatDataAndDimensions(in.values, in.dims...), tensors.FromFlatDataAndDimensions(chosen, in.dims[0], most))
	if err != nil {
		return err
	}
	h, w := out[0].dims[2], out[0].dims[3]
	for i := range d.found {
		for j := range d.found[i] {
			at := (i*most + j) * h * w
			d.found[i][j].Mask = heatmap.Grid{W: w, H: h, Values: slices.Clone(out[0].values[at : at+h*w])}
		}
	}
	return nil
}

// array is a tensor's shape and values.
type array struct {
	dims   []int
	values []float32
}

// once calls the program of a key and takes its outputs.
func (s *session) once(b *backend, key string, graph func(*model.Scope, []*Node) []*Node, inputs ...*tensors.Tensor) ([]array, error) {
	prog, err := s.kept(key, func() (*program, error) { return s.newProgram(b, graph) })
	if err != nil {
		return nil, err
	}
	inputs = append(s.values.Tensors(), inputs...)
	for _, t := range inputs {
		defer t.MustFinalizeAll()
	}
	out, err := prog.pass(asArguments(inputs))
	if err != nil {
		return nil, device.Wrap(err, "running %s on %s", s.model.Card().Name, b.Name)
	}
	var arrays []array
	for _, t := range out {
		defer t.MustFinalizeAll()
		values, err := tensors.CopyFlatData[float32](t)
		if err != nil {
			return nil, fmt.Errorf("reading the results: %w", err)
		}
		arrays = append(arrays, array{t.Shape().Dimensions, values})
	}
	return arrays, nil
}

// candidates are one picture's boxes, class scores, confidences, objectness and, where
// there are any, landmarks, each laid flat.
type candidates [][]float32

func (c candidates) box(k int) heatmap.Box {
	v := c[0][4*k : 4*k+4]
	return heatmap.Box{float64(v[0]), float64(v[1]), float64(v[2]), float64(v[3])}
}

func (c candidates) scores(k int) []float32 {
	n := len(c[1]) / len(c[2])
	return c[1][n*k : n*(k+1)]
}

func (c candidates) class(k int) int {
	s := c.scores(k)
	return slices.Index(s, slices.Max(s))
}

// mostFound is the number of detections of a picture that are kept.
const mostFound = 300

// keep is the candidates above the threshold, the surest first, without those that
// overlap a surer one of their class by the IoU of the spec or more (greedy
// non-maximum suppression).
func (c candidates) keep(spec detect.Spec) []int {
	var order, kept []int
	for k, v := range c[2] {
		if float64(v) > spec.Threshold { // a NaN is not
			order = append(order, k)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(c[2][b], c[2][a]) })
	for _, k := range order {
		twice := spec.NMS < 1 && slices.ContainsFunc(kept, func(o int) bool {
			return c.class(o) == c.class(k) && c.box(o).IoU(c.box(k)) >= spec.NMS
		})
		if !twice {
			kept = append(kept, k)
		}
		if len(kept) == mostFound {
			break
		}
	}
	return kept
}

// clipped is a box as far as it lies in the picture.
func clipped(b heatmap.Box, f imgio.Frame) heatmap.Box {
	w, h := float64(f.PictureW), float64(f.PictureH)
	return heatmap.Box{min(max(b[0], 0), w), min(max(b[1], 0), h), min(max(b[2], 0), w), min(max(b[3], 0), h)}
}

func (c candidates) detection(k int, f imgio.Frame, labels []string) heatmap.Detection {
	d := heatmap.Detection{
		Box: clipped(toPicture(f, c.box(k)), f), Class: c.class(k), Label: label(labels, c.class(k)),
		Score: c[2][k], Scores: slices.Clone(c.scores(k)), Objectness: c[3][k], Frame: f,
	}
	if len(c) > 4 {
		n := len(c[4]) / len(c[2])
		for p := c[4][n*k : n*(k+1)]; len(p) > 0; p = p[2:] {
			x, y := f.ToPicture(float64(p[0]), float64(p[1]))
			d.Points = append(d.Points, [2]float64{x, y})
		}
	}
	return d
}

// hasMasks tells whether a model's detections are known to have instance masks.
func hasMasks(c source.Card) bool {
	if c.Detector == nil {
		return false
	}
	d, err := detect.ByName(c.Detector.Decoder)
	return err == nil && d.Masks
}
