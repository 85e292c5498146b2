package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/internal/place"
)

// Input is an input of a model besides the picture: a second picture, numbers about the picture, or a constant that the
// export has turned into an input.
type Input struct {
	Name string // as in the file
	Type string // "float32", "int64", "bool", ...
	Dims []int  // -1 if a dimension is free
	Read bool   // the answer needs it; an input that nothing reads needs no value

	// Batched tells that its first axis counts the pictures. A value for one picture then goes for all of them.
	Batched bool

	Default *Value // the sidecar's value; nil if it has none
}

func (i Input) String() string {
	return onnxnorm.Input{Name: i.Name, Type: i.Type, Dims: i.Dims}.String()
}

func (i Input) float() bool { return onnxnorm.Input{Type: i.Type}.Float() }

// Value is the value of an input.
type Value struct {
	Dims   []int     // shape
	Values []float32 // row by row
}

// UnmarshalJSON reads a number, or lists of numbers within lists of the same length.
func (v *Value) UnmarshalJSON(data []byte) error {
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		return fmt.Errorf("reading the value of an input: %w", err)
	}
	*v = Value{}
	return v.add(tree, 0)
}

func (v *Value) add(tree any, depth int) error {
	switch t := tree.(type) {
	case float64:
		if depth != len(v.Dims) {
			return errors.New("the lists of numbers of an input's value are not equally deep")
		}
		v.Values = append(v.Values, float32(t))
		return nil
	case []any:
		if depth == len(v.Dims) && len(v.Values) == 0 {
			v.Dims = append(v.Dims, len(t))
		}
		if depth >= len(v.Dims) || v.Dims[depth] != len(t) {
			return errors.New("the lists of numbers of an input's value are not equally long")
		}
		for _, e := range t {
			if err := v.add(e, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("the value of an input is a number or a list of numbers, and not %v", tree)
}

// everyInteger is the bound below which float32 holds every whole number: 2^24 + 1 is the first that it does not hold.
const everyInteger = 1 << 24

// fits brings a value to the declared shape. The axis of the pictures may be missing, and so may axes of length 1 if
// the value is one number.
func (i Input) fits(v Value, pictures int) (Value, error) {
	wrong := func(why string) (Value, error) {
		return Value{}, fmt.Errorf("the model's input %s is given the shape %v: %s", i, v.Dims, why)
	}
	n := 1
	for _, d := range v.Dims {
		n *= d
	}
	if n != len(v.Values) || n == 0 {
		return wrong(fmt.Sprintf("it is empty, or does not hold its %d values", len(v.Values)))
	}
	dims := i.fillShape(v.Dims, n)
	if len(dims) != len(i.Dims) {
		return wrong(fmt.Sprintf("it needs %d axes", len(i.Dims)))
	}
	for axis, want := range i.Dims {
		switch {
		case !i.Batched || axis > 0:
			if want >= 0 && dims[axis] != want {
				return wrong("they differ")
			}
		case dims[0] != 1 && dims[0] != pictures:
			why := fmt.Sprintf("that is %d values for %d pictures; give one, or one for each picture", dims[0], pictures)
			if pictures == OfSeries {
				why = fmt.Sprintf("that is %d values, and the pictures are explained in several batches: give one value for all", dims[0])
			}
			return wrong(why)
		}
	}
	if err := i.checkWhole(v.Values); err != nil {
		return Value{}, err
	}
	return Value{dims, v.Values}, nil
}

// fillShape returns the shape of a value of n numbers, with the axes that may be missing.
func (i Input) fillShape(dims []int, n int) []int {
	switch {
	case i.Batched && len(dims) == len(i.Dims)-1:
		return append([]int{1}, dims...)
	case n == 1 && len(dims) <= 1:
		return slices.Repeat([]int{1}, len(i.Dims))
	}
	return dims
}

// checkWhole returns an error if an input of whole numbers is given other numbers.
func (i Input) checkWhole(values []float32) error {
	if i.float() {
		return nil
	}
	for _, x := range values {
		if x >= everyInteger || x <= -everyInteger {
			return fmt.Errorf("the model's input %s is given a number of %.9g or near it: values are float32, which holds every whole number only below 2^24 = %d, so it may not be the number that was meant; write larger ones into the model file as a constant", i, x, everyInteger)
		}
		if x != float32(math.Trunc(float64(x))) {
			return fmt.Errorf("the model's input %s takes whole numbers and is given %g", i, x)
		}
		if i.Type == "bool" && x != 0 && x != 1 {
			return fmt.Errorf("the model's input %s takes truth values, 0 or 1, and is given %g", i, x)
		}
	}
	return nil
}

// row returns the part of a value that belongs to one picture.
func (i Input) row(v Value, picture int) Value {
	if !i.Batched || v.Dims[0] <= 1 || len(v.Values)%v.Dims[0] != 0 {
		return v
	}
	n := len(v.Values) / v.Dims[0]
	dims := slices.Clone(v.Dims)
	dims[0] = 1
	return Value{dims, v.Values[picture*n : (picture+1)*n]}
}

// bindableModel is a model that can be given values besides the picture. Integers are built into the graph. The graph
// finds floats by [InputAlias].
type bindableModel interface {
	bind(map[string]onnxnorm.GivenInput) Model
}

// BoundModel is a model together with values for its inputs besides the picture.
type BoundModel struct {
	Model
	Key string // differs between values that need different programs

	whole  Model // the model without values
	values map[string]Value
}

// OfSeries stands for the number of pictures that are explained in several batches. A value holds for all of them.
const OfSeries = -1

// Feed gives a model's inputs besides the picture their values, or those of the sidecar if there are none. A value may
// have one row for each picture, unless these are [OfSeries].
func Feed(m Model, values map[string]Value, pictures int) (BoundModel, error) {
	c := m.Card()
	all := map[string]Value{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		at := slices.IndexFunc(c.Inputs, func(i Input) bool { return i.Name == name })
		if at < 0 {
			return BoundModel{}, fmt.Errorf("the model %s has no input %q besides the picture; it has %s", c.Name, name,
				inputNames(c.Inputs))
		}
		v, err := c.Inputs[at].fits(values[name], pictures)
		if err != nil {
			return BoundModel{}, fmt.Errorf("model %s: %w", c.Name, err)
		}
		all[name] = v
	}
	for _, i := range c.Inputs {
		if _, ok := all[i.Name]; ok {
			continue
		}
		switch {
		case i.Default != nil:
			v, err := i.fits(*i.Default, pictures)
			if err != nil {
				return BoundModel{}, fmt.Errorf("model %s, in its sidecar: %w", c.Name, err)
			}
			all[i.Name] = v
		case i.Read:
			return BoundModel{}, fmt.Errorf(
				"the model %s takes the input %s besides the picture, and nothing gives it: give it with %s, or as one of the \"inputs\" in the sidecar", c.Name, i, place.Words(fmt.Sprintf("gradcamnb.Input(%q, ...)", i.Name), "--input "+i.Name+"=VALUES"))
		}
	}
	return feed(m, all), nil
}

// FeedForListing is like [Feed], for uses in which only shapes count. Floats of a known shape that are not given are
// zeros, and of values of many pictures it takes those of the first.
func FeedForListing(m Model, values map[string]Value) (BoundModel, error) {
	all := map[string]Value{}
	maps.Copy(all, values)
	for _, i := range m.Card().Inputs {
		dims := slices.Clone(i.Dims)
		if i.Batched {
			dims[0] = 1
		}
		if v, ok := all[i.Name]; ok && len(v.Dims) == len(dims) {
			all[i.Name] = i.row(v, 0)
		}
		if _, ok := all[i.Name]; ok || i.Default != nil || !i.float() || slices.Contains(dims, -1) {
			continue
		}
		const most = 1 << 24 // numbers of an input, more than any real one has; a damaged file may ask for any
		n := 1
		for _, d := range dims {
			if n *= max(0, min(d, most+1)); n > most {
				break
			}
		}
		if n <= most {
			all[i.Name] = Value{dims, make([]float32, n)}
		}
	}
	return Feed(m, all, 1)
}

func feed(m Model, values map[string]Value) BoundModel {
	f := BoundModel{Model: m, whole: m, values: values}
	if len(values) == 0 {
		return f
	}
	given := map[string]onnxnorm.GivenInput{}
	for _, i := range m.Card().Inputs {
		v, ok := values[i.Name]
		if !ok {
			continue
		}
		g := onnxnorm.GivenInput{Dims: v.Dims}
		if !i.float() {
			g.Ints = make([]int64, len(v.Values))
			for k, x := range v.Values {
				g.Ints[k] = int64(x)
			}
		}
		given[i.Name] = g
		f.Key += fmt.Sprintf("input %q %v %v ", i.Name, g.Dims, g.Ints)
	}
	f.Model = m.(bindableModel).bind(given)
	return f
}

// ForPicture returns the model with the values of one of the pictures.
func (f BoundModel) ForPicture(i int) BoundModel {
	if len(f.values) == 0 {
		return f
	}
	rows := map[string]Value{}
	for _, in := range f.Card().Inputs {
		if v, ok := f.values[in.Name]; ok {
			rows[in.Name] = in.row(v, i)
		}
	}
	return feed(f.whole, rows)
}

// Floats returns the names of the inputs whose values the programs take, in the order of [BoundModel.Tensors].
func (f BoundModel) Floats() []string {
	var names []string
	for _, i := range f.Card().Inputs {
		if _, ok := f.values[i.Name]; ok && i.float() {
			names = append(names, i.Name)
		}
	}
	return names
}

// Tensors returns new tensors of the values that the programs take.
func (f BoundModel) Tensors() []*tensors.Tensor {
	var out []*tensors.Tensor
	for _, name := range f.Floats() {
		v := f.values[name]
		out = append(out, tensors.FromFlatDataAndDimensions(v.Values, v.Dims...))
	}
	return out
}

// Values returns the values of the inputs by name, with an axis for the pictures.
func (f BoundModel) Values() map[string]Value { return f.values }

// InputAlias returns the alias of the node that holds the values of an input, in a graph that a [BoundModel] is built
// in.
func InputAlias(name string) string { return "/\x00input/" + name }

// inputNode returns the node of an input's values. Its one row is repeated if the model is built for more pictures.
func inputNode(g *graph.Graph, model, name string, dims []int) *graph.Node {
	n := g.GetNodeByAlias(InputAlias(name))
	if n == nil {
		panic(fmt.Errorf("model %s: its input %q was not put into the graph", model, name))
	}
	return graph.BroadcastToDims(n, dims...)
}

func inputNames(inputs []Input) string {
	var words []string
	for _, i := range inputs {
		words = append(words, i.String())
	}
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}
