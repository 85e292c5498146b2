package detections

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// rowOrders are orders of the numbers of rows that a model's own suppression leaves.
var rowOrders = []string{
	"x0 y0 x1 y1 score class", "x0 y0 x1 y1 class score", "class score x0 y0 x1 y1", "score class x0 y0 x1 y1",
	"picture x0 y0 x1 y1 score class", "picture x0 y0 x1 y1 class score", "picture class score x0 y0 x1 y1",
	"picture score class x0 y0 x1 y1", "x0 y0 x1 y1 objectness score class", "x0 y0 x1 y1 class score picture",
	"x0 y0 x1 y1 score class picture",
}

// try returns the specs of readings that nobody asked for, and that make sense of the picture and find something: of
// the outputs in another order, or of fewer of them, or of rows whose numbers have another order. It runs the model
// once.
func (s Search) try(names []string, shapes [][]int) ([]detect.Spec, error) {
	specs := s.possible(names, shapes)
	if len(specs) == 0 {
		return nil, nil
	}
	outputs, err := s.Run(fmt.Sprintf("outputs %q %v", names, s.Input.Dims), func(scope *model.Scope, inputs []*Node) []*Node {
		built := s.Model.Build(scope, inputs[0], nil, names).Outputs
		var nodes []*Node
		for _, name := range names {
			nodes = append(nodes, built[name])
		}
		return nodes
	}, tensors.FromFlatDataAndDimensions(s.Input.Values, s.Input.Dims...))
	if err != nil {
		return nil, err
	}
	var found []detect.Spec
	var known []*Findings
	for len(specs) > 0 {
		spec := specs[0]
		specs = specs[1:]
		d, mended, err := s.tryOne(spec, names, shapes, outputs)
		switch {
		case err != nil:
			return nil, err
		case mended != nil:
			specs = append(specs, *mended)
		case d != nil && d.isLikely() && !slices.ContainsFunc(known, d.isSame):
			found, known = append(found, spec), append(known, d)
		}
	}
	return found, nil
}

// tryOne returns what a spec finds in the outputs of the model; nil if it cannot read them, or if that makes no sense.
// If boxes of the unit square may be why, it returns the spec that says so.
func (s Search) tryOne(spec detect.Spec, names []string, shapes [][]int, outputs []device.Array) (
	d *Findings, mended *detect.Spec, err error) {
	c := s.Model.Card()
	picture := c.Layout.Size(s.Input.Dims)
	wanted := names
	if spec.Outputs != nil {
		wanted = spec.Outputs
	}
	read, unfit := newReader(c, spec, wanted, order(shapes, names, wanted), picture)
	if unfit != nil || !isOnePicture(spec.Numbers, outputs[0]) {
		return nil, nil, nil //nolint:nilerr // a spec that cannot read the outputs is only not taken
	}
	var given []*tensors.Tensor
	for _, o := range outputs {
		given = append(given, tensors.FromFlatDataAndDimensions(o.Values, o.Dims...))
	}
	out, err := s.Run(fmt.Sprintf("try %s %v", read.Key(), shapes), func(_ *model.Scope, inputs []*Node) []*Node {
		named := map[string]*Node{}
		for i, name := range names {
			named[name] = inputs[i]
		}
		return listNodes(read.Decode(named, picture))
	}, given...)
	if err != nil {
		return nil, nil, err
	}
	d, err = s.judge(read, out)
	var no nonsense
	if !errors.As(err, &no) {
		return d, nil, err
	}
	if no.numbers["unit"] == true {
		if m, ok := (fault{read, no}).mend(len(c.Labels), order(shapes, names, wanted), picture); ok {
			return nil, &m, nil
		}
	}
	return nil, nil, nil
}

// possible returns the specs that [Search.try] tries.
func (s Search) possible(names []string, shapes [][]int) []detect.Spec {
	var out []detect.Spec
	if len(names) == 1 && len(shapes[0]) == 3 {
		for _, columns := range rowOrders {
			numbers, _ := json.Marshal(map[string]any{"columns": columns}) // of words
			if len(strings.Fields(columns)) == shapes[0][2] {
				out = append(out, detect.Spec{Decoder: detect.EndToEnd.Name, Numbers: numbers})
			}
		}
		return out
	}
	c := s.Model.Card()
	picture := c.Layout.Size(s.Input.Dims)
	for _, named := range ordersOf(names) {
		if len(out) > 0 && len(named) < len(out[0].Outputs) {
			break // the more outputs are read, the better
		}
		of := order(shapes, names, named)
		fit := detect.FindFitting(of, picture, len(c.Labels))
		if len(fit) == 0 {
			fit = detect.FindFitting(foldAll(of), picture, len(c.Labels))
		}
		for _, decoder := range fit {
			out = append(out, detect.Spec{Decoder: decoder, Outputs: named})
		}
	}
	return out
}

// ordersOf returns some names in every other order, and then fewer of them in every order; none if there are many.
func ordersOf(names []string) (out [][]string) {
	const most = 4
	if len(names) > most {
		return nil
	}
	known := map[string]bool{fmt.Sprintf("%q", names): true}
	for n := len(names); n > 0; n-- {
		for _, all := range permute(names) {
			if key := fmt.Sprintf("%q", all[:n]); !known[key] {
				known[key] = true
				out = append(out, all[:n])
			}
		}
	}
	return out
}

// isOnePicture tells whether a decoder's numbers name no column of rows for the picture, or whether that column has the
// same whole number in all rows.
func isOnePicture(numbers json.RawMessage, rows device.Array) bool {
	var named struct{ Columns string }
	if len(numbers) == 0 || json.Unmarshal(numbers, &named) != nil {
		return true
	}
	columns := strings.Fields(named.Columns)
	at := slices.Index(columns, "picture")
	for i := at; at >= 0 && i < len(rows.Values); i += len(columns) {
		if v := rows.Values[i]; v != rows.Values[at] || v != float32(int(v)) || v < 0 {
			return false
		}
	}
	return true
}

// order returns the shapes of some of the outputs, which are named.
func order(shapes [][]int, names, wanted []string) [][]int {
	var out [][]int
	for _, name := range wanted {
		out = append(out, shapes[slices.Index(names, name)])
	}
	return out
}

// isSame tells whether a decoder found the same in another order of the outputs.
func (d *Findings) isSame(other *Findings) bool {
	return d.read.spec.Decoder == other.read.spec.Decoder && reflect.DeepEqual(d.found, other.found)
}

// isLikely tells whether something is found in a picture, and not in most of its candidates, unless these are few.
func (d *Findings) isLikely() bool {
	const few = 100
	some := false
	for i, c := range d.all {
		sure := 0
		for _, confidence := range c[2] {
			if float64(confidence) > d.read.spec.Threshold {
				sure++
			}
		}
		some = some || len(d.found[i]) > 0
		if len(c[2]) > few && 2*sure > len(c[2]) {
			return false
		}
	}
	return some
}

// describeTried returns words on readings that make sense; empty if there are none.
func describeTried(c source.Card, specs []detect.Spec) string {
	var words []string
	for _, spec := range specs {
		words = append(words, spelled(c, spec))
	}
	if len(words) == 0 {
		return ""
	}
	return fmt.Sprintf(", and make sense if you write %s in %s", strings.Join(words, " or "), specPlace(c))
}

// UnfitError is the error of outputs that no decoder fits as they stand.
type UnfitError struct {
	error

	names  []string
	shapes [][]int
}

// Explain returns the error of outputs that no decoder fits as they stand. If they make sense of the picture in another
// order, it says which.
func (s Search) Explain(unfit *UnfitError) error {
	found, err := s.try(unfit.names, unfit.shapes)
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return unfit
	}
	c := s.Model.Card()
	return fmt.Errorf("nothing says how the detections of the model %s are read: its outputs %q have the shapes %v%s", c.Name,
		unfit.names, unfit.shapes, describeTried(c, found))
}
