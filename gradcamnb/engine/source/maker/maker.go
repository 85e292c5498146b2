// Package maker reads what the makers of models leave in a file and in the files next to it: how pictures are prepared,
// the labels, how detections are read, and the values of inputs other than the picture. Each maker has a file of its
// own.
package maker

import (
	"cmp"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/registry"
)

// File is what a maker gets to see of a model's file.
type File struct {
	Props   map[string]string // the file's metadata_props
	Inputs  []Tensor          // the picture first, with an axis for the batch
	Outputs []Tensor          // in the file's order
	Layout  imgio.Layout      // layout of the picture; empty if nothing tells it
	Ops     map[string]bool   // operators of the graph
	Plugins []Plugin          // nodes that only TensorRT runs

	ReadNeighbour func(name string) []byte // reads a file in the same folder; nil if there is none
}

// Tensor is an input or output of the file.
type Tensor struct {
	Name string // name in the file
	Type string // as in "float32"
	Dims []int  // -1 if a dimension is free or not stated
}

// Plugin is a node of an operator that is a runtime's own.
type Plugin struct {
	Op      string             // name of the operator
	Inputs  []string           // names of the tensors that it reads
	Numbers map[string]float64 // attributes that are one number
}

// number returns an attribute, or the given value if the node has none of that name.
func (p Plugin) number(name string, otherwise float64) float64 {
	if v, ok := p.Numbers[name]; ok {
		return v
	}
	return otherwise
}

// Metadata is what a maker's tools wrote about a model.
type Metadata struct {
	By       string           // who wrote it and where, in words that follow the file's name
	Prep     *imgio.Prep      // how pictures are prepared; nil if nothing says so
	Labels   []string         // names of the classes; nil if there are none
	Detector *detect.Spec     // how detections are read; nil if nothing says so
	Ended    bool             // the file contains its own suppression or choice of boxes
	Inputs   map[string]Value // values of the inputs other than the picture
}

// Value is the value of an input.
type Value struct {
	Dims   []int     // shape
	Values []float32 // values in row-major order
}

// Place is where a maker's tools leave their words. A place nearer to the weights counts before one further away.
type Place int

// The places, the nearest first.
const (
	InFile      Place = iota // in the metadata of the file itself
	InNeighbour              // in a file in the same folder
	InNames                  // nowhere: the names and shapes of inputs and outputs are those of one maker's exporter
)

// Maker reads what one maker's tools leave.
type Maker struct {
	Name  string // name of the tools
	Place Place  // where the tools leave their words
	// Tell returns what the tools wrote; nil if the file is not theirs. With an error it may return what can be followed
	// all the same.
	Tell func(File) (*Metadata, error)
}

var all = registry.New("maker", func(m Maker) []string { return []string{m.Name} }, nil)

func register(m Maker) Maker { return all.Add(m) }

// All returns every maker, those that write nearest to the weights first.
func All() []Maker {
	return slices.SortedStableFunc(slices.Values(all.All()), func(a, b Maker) int { return cmp.Compare(a.Place, b.Place) })
}

// size returns the height and width of the pictures that the file takes; -1 if they are free.
func (f File) size() (height, width int) {
	_, h, w := f.Layout.Axes()
	if f.Layout == "" || len(f.Inputs[0].Dims) != 4 {
		return -1, -1
	}
	return f.Inputs[0].Dims[h], f.Inputs[0].Dims[w]
}

// prepOfSize returns the preprocessing with the file's size, or with the usual size if the file's is free. If usual is
// 0, a picture keeps its own size.
func (f File) prepOfSize(p imgio.Prep, usual int) *imgio.Prep {
	p.Height, p.Width = f.size()
	switch {
	case p.Height > 0 && p.Width > 0:
	case usual > 0:
		p.Height, p.Width = usual, usual
	default:
		p.Height, p.Width, p.Fit = 0, 0, imgio.Edges
	}
	return &p
}

// hasInputs tells whether the inputs have exactly these names, in this order. The picture comes first.
func (f File) hasInputs(names ...string) bool { return sameNames(f.Inputs, names) }

// hasOutputs tells whether the outputs have exactly these names, in this order.
func (f File) hasOutputs(names ...string) bool { return sameNames(f.Outputs, names) }

func sameNames(tensors []Tensor, names []string) bool {
	return slices.EqualFunc(tensors, names, func(t Tensor, name string) bool { return t.Name == name })
}

// output returns the output with a name; ok is false if there is none.
func (f File) output(name string) (t Tensor, ok bool) {
	at := slices.IndexFunc(f.Outputs, func(t Tensor) bool { return t.Name == name })
	if at < 0 {
		return Tensor{}, false
	}
	return f.Outputs[at], true
}

// rows returns the number of rows and of columns of an output [batch, rows, columns]; ok is false if it has another
// shape.
func (t Tensor) rows() (rows, columns int, ok bool) {
	if len(t.Dims) != 3 || t.Dims[1] < 1 || t.Dims[2] < 1 {
		return 0, 0, false
	}
	return t.Dims[1], t.Dims[2], true
}

// cells returns the number of cells that grids of these strides have over the file's pictures; -1 if their size is
// free.
func (f File) cells(strides ...int) int {
	h, w := f.size()
	if h < 1 || w < 1 {
		return -1
	}
	n := 0
	for _, s := range strides {
		n += ((h + s - 1) / s) * ((w + s - 1) / s)
	}
	return n
}

func each(v float32) [3]float32 { return [3]float32{v, v, v} }

// imagenetMean and imagenetScale are the mean and the standard deviation of ImageNet's colours, red first, in 0..255.
var imagenetMean, imagenetScale = [3]float32{123.675, 116.28, 103.53}, [3]float32{58.395, 57.12, 57.375}

// exporterWords says that the names of the inputs and outputs are those of a maker's exporter.
func exporterWords(who string) string {
	return "whose inputs and outputs have the names and shapes that " + who + " gives them, is taken as its tools do"
}
