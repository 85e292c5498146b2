// Package maker knows what makers of models leave in their files and beside them: how pictures are prepared, the
// labels, how detections are read, and the values of inputs beside the picture. One maker a file.
package maker

import (
	"cmp"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/registry"
)

// File is what a model's file shows.
type File struct {
	Props   map[string]string // its metadata_props
	Inputs  []Tensor          // the picture first, with an axis for the batch
	Outputs []Tensor          // in the file's order
	Layout  imgio.Layout      // of the picture; empty if nothing tells it
	Ops     map[string]bool   // operators of its graph

	Beside func(name string) []byte // a file beside it; nil if there is none
}

// Tensor is an input or output.
type Tensor struct {
	Name string // in the file
	Type string // as "float32"
	Dims []int  // -1 where a dimension is free or not said
}

// Metadata is what a maker's file says of itself.
type Metadata struct {
	By       string           // who says it and where, in words that follow the file's name
	Prep     *imgio.Prep      // how pictures are prepared; nil if it is not said
	Labels   []string         // nil if they are not said
	Detector *detect.Spec     // how detections are read; nil if it is not said
	Ended    bool             // the file makes its own suppression or choice of boxes
	Inputs   map[string]Value // beside the picture
}

// Value is what an input is given.
type Value struct {
	Dims   []int     // its shape
	Values []float32 // laid flat
}

// Place is where a maker says it. What is said nearer to the weights counts before what is said further off.
type Place int

// The places.
const (
	InFile      Place = iota // in the file's own words
	InNeighbour              // in a file beside it
	InNames                  // the names and shapes of its inputs and outputs are those of one maker's exporter
)

// Maker reads what one maker's tools leave.
type Maker struct {
	Name  string                        // of the tools
	Place Place                         // where they say it
	Tell  func(File) (*Metadata, error) // nil if the file is not theirs
}

var all = registry.New("maker", func(m Maker) []string { return []string{m.Name} })

func register(m Maker) Maker { return all.Add(m) }

// All returns every maker, those that say it nearest to the weights first.
func All() []Maker {
	return slices.SortedStableFunc(slices.Values(all.All()), func(a, b Maker) int { return cmp.Compare(a.Place, b.Place) })
}

// size returns the height and width of the pictures that the file takes; -1 where they are free.
func (f File) size() (height, width int) {
	_, h, w := f.Layout.Axes()
	if f.Layout == "" || len(f.Inputs[0].Dims) != 4 {
		return -1, -1
	}
	return f.Inputs[0].Dims[h], f.Inputs[0].Dims[w]
}

// prepOfSize gives a preprocessing the file's size, or if that is free the usual one; without a usual one a picture
// keeps its own.
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

// hasInputs tells whether the inputs have these names, the picture's first.
func (f File) hasInputs(names ...string) bool { return sameNames(f.Inputs, names) }

// hasOutputs tells whether the outputs have these names, in this order.
func (f File) hasOutputs(names ...string) bool { return sameNames(f.Outputs, names) }

func sameNames(tensors []Tensor, names []string) bool {
	return slices.EqualFunc(tensors, names, func(t Tensor, name string) bool { return t.Name == name })
}

// output returns the output of a name, and whether there is one.
func (f File) output(name string) (Tensor, bool) {
	at := slices.IndexFunc(f.Outputs, func(t Tensor) bool { return t.Name == name })
	if at < 0 {
		return Tensor{}, false
	}
	return f.Outputs[at], true
}

// rows returns the number of rows and of columns of an output [batch, rows, columns]; ok is false if it is none.
func (t Tensor) rows() (rows, columns int, ok bool) {
	if len(t.Dims) != 3 || t.Dims[1] < 1 || t.Dims[2] < 1 {
		return 0, 0, false
	}
	return t.Dims[1], t.Dims[2], true
}

// cells returns the number of cells of grids of these strides over the file's pictures; -1 where their size is free.
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

// imagenet is mean and standard deviation of ImageNet's colours, red first, in 0..255.
var imagenetMean, imagenetScale = [3]float32{123.675, 116.28, 103.53}, [3]float32{58.395, 57.12, 57.375}

// exporterWords says that the names of the inputs and outputs are those of a maker's exporter.
func exporterWords(who string) string {
	return "whose inputs and outputs have the names and shapes that " + who + " gives them, is taken as its tools do"
}
