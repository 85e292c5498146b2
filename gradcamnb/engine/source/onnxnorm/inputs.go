package onnxnorm

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/compute-onnx/support/protos"
)

// Input is an input of a model, as the file declares it.
type Input struct {
	Name string // name in the file
	Type string // "float32", "int64", ...
	Dims []int  // -1 if a dimension is free
	Read bool   // a node reads it

	Batched bool // its first axis counts the pictures

	kind protos.TensorProto_DataType
}

// GivenInput is the value of an input besides the picture. If the input has one row for each picture, the value's first
// axis may be 1; the row then goes for all pictures.
type GivenInput struct {
	Dims []int // shape

	// Ints are the values if the input holds integers or truth values. They become a constant of the rewritten graph,
	// because shapes may be computed from them. For an input of floats, which becomes an input of the rewritten graph,
	// it is nil.
	Ints []int64
}

// Float tells whether the values of the input are floating-point numbers.
func (i Input) Float() bool { return strings.Contains(i.Type, "float") }

// Numeric tells whether the input's values can be those of a picture, which are numbers of any type. They are given as
// float32, and the model is computed in float32.
func (i Input) Numeric() bool {
	switch i.kind {
	case protos.TensorProto_UNDEFINED, protos.TensorProto_STRING, protos.TensorProto_BOOL, protos.TensorProto_COMPLEX64,
		protos.TensorProto_COMPLEX128:
		return false
	}
	return true
}

// String returns the input in words, e.g. `"size" (int64, [any 2])`.
func (i Input) String() string {
	var words []string
	for _, d := range i.Dims {
		if d < 0 {
			words = append(words, "any")
			continue
		}
		words = append(words, strconv.Itoa(d))
	}
	return fmt.Sprintf("%q (%s, %v)", i.Name, i.Type, words)
}

// Inputs returns the inputs of a model, the picture's first, then the others in the file's order. picture names it; if
// it is empty, only one input may be able to take a picture.
func Inputs(m *protos.ModelProto, picture string) ([]Input, error) {
	all := listInputs(m.GetGraph())
	at, err := findPicture(all, picture)
	if err != nil {
		return nil, err
	}
	p := all[at]
	out := append([]Input{p}, slices.Delete(slices.Clone(all), at, at+1)...)
	for i := range out[1:] {
		o := &out[i+1]
		o.Batched = len(o.Dims) > 0 && (o.Dims[0] < 0 || len(o.Dims) > 1 && len(p.Dims) > 0 && o.Dims[0] == p.Dims[0])
	}
	return out, nil
}

// listInputs returns the inputs without the weights, which older files list among them.
func listInputs(g *protos.GraphProto) []Input {
	weights, read := map[string]bool{}, map[string]bool{}
	for _, p := range g.GetInitializer() {
		weights[p.Name] = true
	}
	for _, n := range g.GetNode() {
		for _, name := range n.Input {
			read[name] = true
		}
	}
	var out []Input
	for _, in := range Declarations(g.GetInput()) {
		if in.Read = read[in.Name]; !weights[in.Name] {
			out = append(out, in)
		}
	}
	return out
}

// Declarations returns the tensors that a graph declares as its inputs or outputs; -1 stands for a free or missing
// dimension.
func Declarations(values []*protos.ValueInfoProto) []Input {
	var out []Input
	for _, v := range values {
		t := v.GetType().GetTensorType()
		in := Input{Name: v.Name, Type: typeName(protos.TensorProto_DataType(t.GetElemType())),
			kind: protos.TensorProto_DataType(t.GetElemType())}
		for _, d := range t.GetShape().GetDim() {
			n := -1
			if v, ok := d.Value.(*protos.TensorShapeProto_Dimension_DimValue); ok && v.DimValue > 0 &&
				v.DimValue < math.MaxInt32 {
				n = int(v.DimValue)
			}
			in.Dims = append(in.Dims, n)
		}
		out = append(out, in)
	}
	return out
}

// typeName returns the type as users write it, "float32" for FLOAT.
func typeName(t protos.TensorProto_DataType) string {
	switch t {
	case protos.TensorProto_FLOAT:
		return "float32"
	case protos.TensorProto_DOUBLE:
		return "float64"
	}
	return strings.ToLower(t.String())
}

// findPicture returns the place of the picture's input.
func findPicture(all []Input, name string) (int, error) {
	var words []string
	var read, like []int
	for i, in := range all {
		words = append(words, in.String())
		if in.Read {
			read = append(read, i)
			if in.couldBePicture() {
				like = append(like, i)
			}
		}
	}
	list := strings.Join(words, ", ")
	switch {
	case name != "":
		if i := slices.IndexFunc(all, func(in Input) bool { return in.Name == name }); i >= 0 {
			return i, nil
		}
		return 0, fmt.Errorf("the model has no input %q that could be the picture; its inputs are %s", name, list)
	case len(all) == 0:
		return 0, errors.New("the model has no input: the file is damaged")
	case len(all) == 1:
		return 0, nil
	case len(read) == 1:
		return read[0], nil
	case len(like) == 1:
		return like[0], nil
	case len(like) == 0:
		return 0, fmt.Errorf("the model has %d inputs and none has the shape of a picture, float32 with 4 axes and 1, 3 or 4 channels; they are %s: name the one that is the picture behind the file, model.onnx#%s, or as \"picture\" in the sidecar", len(all), list, all[0].Name)
	}
	return 0, fmt.Errorf("the model has %d inputs and %d could be the picture; they are %s: name the one that is explained behind the file, model.onnx#%s, or as \"picture\" in the sidecar", len(all), len(like), list, all[like[0]].Name)
}

// couldBePicture tells whether the input's type and shape could be those of a picture.
func (i Input) couldBePicture() bool {
	channels := func(n int) bool { return n == 1 || n == 3 || n == 4 }
	types := []string{"float32", "float16", "bfloat16", "float64", "uint8"}
	return slices.Contains(types, i.Type) && len(i.Dims) == 4 && (channels(i.Dims[1]) || channels(i.Dims[3]))
}

// inputs declares the initializers, the picture and the values of the other inputs. It returns the picture's name and
// the other inputs of the rewritten graph.
func (w *walk) inputs(m *protos.ModelProto, dims []int, o Options) (picture string, others []ref, err error) {
	for _, p := range m.Graph.Initializer {
		raw, ok := o.Stored[p.Name]
		if !ok {
			raw = rawData(p)
		}
		t, err := decode(p, raw)
		if err != nil {
			return "", nil, err
		}
		w.values[p.Name] = &value{name: p.Name, dims: t.dims, konst: t}
	}
	all, err := Inputs(m, o.Picture)
	if err != nil {
		return "", nil, err
	}
	picture = all[0].Name
	w.values[picture] = &value{name: picture, typ: all[0].kind, dims: dims, plain: ref{picture, dims},
		field: &Field{Hi: [2]float64{1, 1}, Step: [2]float64{1, 1}}}
	w.taken[picture] = true
	if slices.Contains(w.cuts, picture) { // a gradient may go down to the picture
		w.b.differentiable = true
	}
	for _, in := range all[1:] {
		given, ok := o.Given[in.Name]
		switch {
		case !ok && in.Read:
			return "", nil, fmt.Errorf("the model's input %s is not given", in)
		case !ok:
			continue
		}
		d := slices.Clone(given.Dims)
		if in.Batched && d[0] == 1 {
			d[0] = dims[0]
		}
		if in.Batched && d[0] != dims[0] {
			return "", nil, fmt.Errorf("the model's input %s is given for %d pictures, and there are %d", in, d[0], dims[0])
		}
		v := &value{name: in.Name, dims: d}
		if in.Float() {
			v.plain, v.typ = ref{in.Name, d}, in.kind
			w.taken[in.Name] = true
			others = append(others, v.plain)
		} else {
			v.konst = intTensor(d, broadcastValues(given.Ints, given.Dims, d))
			v.konst.kind, v.konst.varies = in.kind, true
		}
		w.values[in.Name] = v
	}
	return picture, others, nil
}
